// SPDX-License-Identifier: Apache-2.0
#include "proto/json/problem.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/errc.h"
#include "proto/types/utf8.h"

namespace shoal::json {
namespace {

Error any_error() {
  const auto code = *rc::gen::inRange(0, static_cast<int>(Errc::kInternal) + 1).as("code");
  return {static_cast<Errc>(code), *rc::gen::arbitrary<std::string>().as("what"),
          *rc::gen::arbitrary<std::string>().as("why"),
          *rc::gen::arbitrary<std::string>().as("next")};
}

void expect_same(const Error& read, const Error& written) {
  RC_ASSERT(read.code == written.code);
  RC_ASSERT(read.what == scrub(written.what));
  RC_ASSERT(read.why == scrub(written.why));
  RC_ASSERT(read.next == scrub(written.next));
}

RC_GTEST_PROP(Problem, KeepsWhatWhyAndNext, ()) {
  const Error error = any_error();
  const int status = info(error.code).http;
  const auto body = boost::json::serialize(problem(error, status, "/v1/x", "42"));
  expect_same(error_from_problem(status, body), error);
}

RC_GTEST_PROP(ErrorObject, KeepsWhatWhyAndNext, ()) {
  const Error error = any_error();
  const auto read = error_from_json(to_json(error));
  RC_ASSERT(read.has_value());
  expect_same(*read, error);
}

TEST(Problem, HasTheMembersOfRfc9457AndOurs) {
  const Error error{Errc::kNotFound, "no such peer", "it left", "look later"};
  EXPECT_EQ(boost::json::serialize(problem(error, 404, "/v1/peers/x", "r1")),
            R"({"type":"urn:shoal:problem:not_found","title":"no such peer","status":404,)"
            R"("detail":"it left","instance":"/v1/peers/x","code":"not_found","next":"look later",)"
            R"("request_id":"r1"})");
}

TEST(Problem, OfAnotherBodyIsMadeFromTheStatus) {
  EXPECT_EQ(error_from_problem(404, "<html>").code, Errc::kNotFound);
  EXPECT_EQ(error_from_problem(503, "").code, Errc::kUnreachable);
  EXPECT_EQ(error_from_problem(500, "{}").code, Errc::kInternal);
  EXPECT_FALSE(error_from_problem(418, "[]").what.empty());
}

TEST(Problem, OfANewerProgramKeepsItsWords) {
  const auto error =
      error_from_problem(409, R"({"title":"t","code":"not_invented_yet","extra":1})");
  EXPECT_EQ(error.code, Errc::kInternal);
  EXPECT_EQ(error.what, "t");
}

}  // namespace
}  // namespace shoal::json
