// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/index_request.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/limits.h"
#include "tests/bootstrap/http/index_requests.h"

namespace shoal::bootstrap {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

TEST(IndexRequest, IsThePeersThatSignedIt) {
  const auto ana = rpc::Identity::generate();
  const auto request = files_of(ana, 7, kNow, {entry(1, "a")});
  const auto opened = open_update(request, kNow);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->owner, ana.id());
  EXPECT_EQ(opened->sealed.update, request.update);
  EXPECT_TRUE(rpc::verify(ana.public_key(), rpc::context::kIndex, opened->sealed.seal,
                          opened->sealed.signature));
  EXPECT_TRUE(open_update(request, kNow + 7200));
  EXPECT_EQ(open_update(request, kNow + 7201).error().code, Errc::kInvalidArgument);
  EXPECT_EQ(open_update(request, kNow - 7201).error().code, Errc::kInvalidArgument);
  auto as_change = request;
  as_change.update.kind = IndexUpdate::Kind::kChange;
  EXPECT_EQ(open_update(as_change, kNow).error().code, Errc::kDenied);
  auto no_key = request;
  no_key.public_key = "x";
  EXPECT_EQ(open_update(no_key, kNow).error().code, Errc::kDenied);
}

TEST(IndexRequest, NamesWhatIsMissingInABody) {
  const std::pair<const char*, const char*> table[] = {
      {"{", "JSON"},
      {R"({"sequence":1,"issued":1,"files":[],"signature":""})", "key"},
      {R"({"key":"","issued":1,"files":[],"signature":""})", "sequence"},
      {R"({"key":"","sequence":1,"issued":1,"signature":""})", "files"},
      {R"({"key":"","sequence":1,"issued":1,"files":[{"name":"a"}],"signature":""})", "content"},
      {R"({"key":"","sequence":1,"issued":1,"files":[],"signature":"","more":1})", "more"},
      {R"({"key":"?","sequence":1,"issued":1,"files":[],"signature":""})", "base64"}};
  for (const auto& [body, word] : table) {
    const auto read = index_from_body(body, IndexUpdate::Kind::kReplace);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument) << body;
    EXPECT_NE((read.error().what + read.error().why).find(word), std::string::npos)
        << body << ": " << read.error().what << ": " << read.error().why;
  }
}

TEST(IndexRequest, FitsIntoABodyAtItsBoundAndIsRefusedAboveIt) {
  const auto ana = rpc::Identity::generate();
  std::vector<IndexEntry> files;
  for (unsigned at = 0; at < limits::kIndexUpdate; ++at) {
    files.push_back(entry(at, std::string(limits::kFileNameMax, '"')));
  }
  const std::string body = to_body(files_of(ana, 7, kNow, files));
  EXPECT_LE(body.size(), limits::kIndexBody);
  EXPECT_TRUE(index_from_body(body, IndexUpdate::Kind::kReplace));
  files.push_back(entry(9999, "one more"));
  const auto over =
      index_from_body(to_body(files_of(ana, 7, kNow, files)), IndexUpdate::Kind::kReplace);
  EXPECT_EQ(over.error().code, Errc::kTooLarge);
}

RC_GTEST_PROP(IndexRequest, IsReadAsItWasWritten, ()) {
  static const auto kAna = rpc::Identity::generate();
  IndexUpdate update = draw_update(9, *rc::gen::inRange<std::uint64_t>(1, 1000).as("sequence"));
  update.issued_unix = kNow;
  const auto request = sign_update(kAna, update);
  const auto read = index_from_body(to_body(request), update.kind);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->update == update);
  RC_ASSERT(open_update(*read, kNow)->owner == kAna.id());
}

}  // namespace
}  // namespace shoal::bootstrap
