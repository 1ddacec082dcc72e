// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/lease_request.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/http/percent.h"
#include "proto/types/limits.h"
#include "tests/bootstrap/http/requests.h"

namespace shoal::bootstrap {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

// One key for all cases: making keys is slow, and they know nothing of each other.
const rpc::Identity& ana() {
  static const rpc::Identity identity = rpc::Identity::generate();
  return identity;
}

Errc code_of(const PeerId& id, const LeaseRequest& request) {
  const auto opened = open_lease(id, request, kNow);
  EXPECT_FALSE(opened);
  if (opened) return Errc::kInternal;
  EXPECT_FALSE(opened.error().what.empty());
  EXPECT_FALSE(opened.error().why.empty());
  return opened.error().code;
}

TEST(LeaseRequest, OpensWhenItIsByThePeerItNames) {
  const auto request = lease_of(ana(), 5, kNow, 3);
  const auto card = open_lease(ana().id(), request, kNow);
  ASSERT_TRUE(card);
  EXPECT_EQ(card->id, ana().id());
  EXPECT_EQ(card->sequence, 3U);
}

TEST(LeaseRequest, IsDeniedWhenForged) {
  const auto luis = rpc::Identity::generate();
  const auto honest = lease_of(ana(), 5, kNow);
  EXPECT_EQ(code_of(luis.id(), honest), Errc::kDenied);  // another peer's card

  auto stamp_raised = honest;
  ++stamp_raised.stamp;
  EXPECT_EQ(code_of(ana().id(), stamp_raised), Errc::kDenied);

  auto by_another_key = honest;  // a public card, and a signature of who found it
  by_another_key.signature = luis.sign(rpc::context::kLease, lease_bytes(5, honest.card));
  EXPECT_EQ(code_of(ana().id(), by_another_key), Errc::kDenied);

  auto of_another_kind = honest;
  of_another_kind.signature = ana().sign(rpc::context::kLeave, lease_bytes(5, honest.card));
  EXPECT_EQ(code_of(ana().id(), of_another_kind), Errc::kDenied);

  auto unsigned_one = honest;
  unsigned_one.signature.clear();
  EXPECT_EQ(code_of(ana().id(), unsigned_one), Errc::kDenied);
}

TEST(LeaseRequest, NeedsACardOfTheseHours) {
  EXPECT_EQ(code_of(ana().id(), lease_of(ana(), 5, kNow - 7201)), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(ana().id(), lease_of(ana(), 5, kNow + 7201)), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(ana().id(), LeaseRequest{"no card", 5, "x"}), Errc::kInvalidArgument);
  EXPECT_EQ(code_of(ana().id(), LeaseRequest{std::string(5000, 'x'), 5, "x"}), Errc::kTooLarge);
}

RC_GTEST_PROP(LeaseRequest, DoesNotSurviveAnyChangedByte, ()) {
  const auto request = lease_of(ana(), *rc::gen::inRange<std::uint64_t>(1, 1000).as("stamp"), kNow);
  auto changed = request;
  auto& part = *rc::gen::arbitrary<bool>().as("in the card") ? changed.card : changed.signature;
  const auto at = *rc::gen::inRange<std::size_t>(0, part.size()).as("at");
  const auto flip = *rc::gen::inRange(1, 256).as("flip");
  part[at] = static_cast<char>(static_cast<unsigned char>(part[at]) ^ flip);
  RC_ASSERT(open_lease(ana().id(), request, kNow).has_value());
  RC_ASSERT(!open_lease(ana().id(), changed, kNow).has_value());
}

TEST(LeaveRequest, IsDeniedToOthers) {
  const auto luis = rpc::Identity::generate();
  EXPECT_TRUE(check_leave(ana().id(), leave_of(ana(), 5)));
  EXPECT_EQ(check_leave(ana().id(), leave_of(luis, 5)).error().code, Errc::kDenied);
  auto forged = leave_of(luis, 5);
  forged.public_key = ana().public_key();
  EXPECT_EQ(check_leave(ana().id(), forged).error().code, Errc::kDenied);
  auto raised = leave_of(ana(), 5);
  raised.stamp = 6;
  EXPECT_EQ(check_leave(ana().id(), raised).error().code, Errc::kDenied);
  EXPECT_EQ(check_leave(ana().id(), LeaveRequest{}).error().code, Errc::kDenied);
}

RC_GTEST_PROP(LeaseRequest, IsReadAsItWasWritten, ()) {
  LeaseRequest request;
  request.card = *rc::gen::arbitrary<std::string>().as("card");
  request.stamp = *rc::gen::inRange<std::uint64_t>(1, limits::kStampMax).as("stamp");
  request.signature = *rc::gen::arbitrary<std::string>().as("signature");
  const auto read = lease_from_body(to_body(request));
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->card == request.card);
  RC_ASSERT(read->stamp == request.stamp);
  RC_ASSERT(read->signature == request.signature);
}

RC_GTEST_PROP(LeaveRequest, IsReadAsItWasWritten, ()) {
  const auto bytes = rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  LeaveRequest leave;
  leave.public_key = (*bytes.as("key")).substr(0, 64);
  leave.stamp = *rc::gen::inRange<std::uint64_t>(1, limits::kStampMax).as("stamp");
  leave.signature = (*bytes.as("signature")).substr(0, 64);
  http::Request request;
  std::string query = to_query(leave);
  for (std::size_t begin = 0; begin < query.size();) {
    const auto end = std::min(query.find('&', begin), query.size());
    const std::string pair = query.substr(begin, end - begin);
    const auto equals = pair.find('=');
    request.query.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    begin = end + 1;
  }
  const auto read = leave_from_query(request);
  RC_ASSERT(read.has_value());
  RC_ASSERT(read->public_key == leave.public_key);
  RC_ASSERT(read->stamp == leave.stamp);
  RC_ASSERT(read->signature == leave.signature);
}

TEST(LeaseRequest, IsReadStrictly) {
  const std::vector<std::string> bad = {
      "",
      "[]",
      "{}",
      R"({"card":"","stamp":1})",
      R"({"card":"!","stamp":1,"signature":""})",
      R"({"card":"","stamp":0,"signature":""})",
      R"({"card":"","stamp":9007199254740992,"signature":""})",
      R"({"card":"","stamp":-1,"signature":""})",
      R"({"card":"","stamp":1,"signature":"","more":1})",
      R"({"schema":"shoal/share/1","card":"","stamp":1,"signature":""})",
  };
  for (const auto& body : bad) {
    const auto read = lease_from_body(body);
    ASSERT_FALSE(read) << body;
    EXPECT_EQ(read.error().code, Errc::kInvalidArgument) << body;
  }
}

}  // namespace
}  // namespace shoal::bootstrap
