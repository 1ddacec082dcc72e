// SPDX-License-Identifier: Apache-2.0
#include "proto/http/router.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/http/percent.h"

namespace shoal::http {
namespace {

Handler nothing() {
  return [](const Request&) -> Result<Response> { return Response::nothing(); };
}

Router some() {
  Router router;
  router.add("GET", "/v1/peers/{id}", nothing(), {.body_max = 1});
  router.add("GET", "/v1/peers/suggestion", nothing(), {.body_max = 2});
  router.add("PUT", "/v1/peers/{id}", nothing(), {.body_max = 3});
  router.add("GET", "/v1/searches/{id}/events", nothing(), {.body_max = 4});
  router.add("GET", "/", nothing(), {.body_max = 5});
  return router;
}

std::size_t which(std::string_view method, std::string_view path) {
  static const Router router = some();
  const auto match = router.match(method, path);
  return match.route == nullptr ? 0 : match.route->options.body_max;
}

TEST(Router, PrefersTheExactSegment) {
  EXPECT_EQ(which("GET", "/v1/peers/suggestion"), 2U);
  EXPECT_EQ(which("GET", "/v1/peers/suggestions"), 1U);
  EXPECT_EQ(which("PUT", "/v1/peers/suggestion"), 3U);
  EXPECT_EQ(which("GET", "/v1/searches/7/events"), 4U);
  EXPECT_EQ(which("GET", "/"), 5U);
  EXPECT_EQ(which("HEAD", "/"), 5U);
}

TEST(Router, MatchesWholePathsOnly) {
  for (const char* path : {"/v1/peers", "/v1/peers/", "/v1/peers/a/b", "/v1//a", "v1/peers/a", "",
                           "//", "/v1/peers/%", "/v1/searches//events", "/V1/peers/a"}) {
    EXPECT_EQ(which("GET", path), 0U) << path;
  }
}

TEST(Router, NamesTheMethodsOfAKnownPath) {
  const Router router = some();
  EXPECT_EQ(router.match("DELETE", "/v1/peers/x").other_methods, "GET, PUT");
  EXPECT_EQ(router.match("DELETE", "/v1/nothing").other_methods, "");
}

RC_GTEST_PROP(Router, GivesBackAnyEncodedSegment, ()) {
  auto id = *rc::gen::nonEmpty(rc::gen::arbitrary<std::string>()).as("id");
  std::erase(id, '\0');
  RC_PRE(!id.empty() && id != "suggestion");
  static const Router router = some();
  const auto match = router.match("GET", "/v1/peers/" + encode_segment(id));
  RC_ASSERT(match.route != nullptr);
  RC_ASSERT(match.params == (Request::Pairs{{"id", id}}));
}

RC_GTEST_PROP(Percent, DecodesWhatItEncodes, ()) {
  auto text = *rc::gen::arbitrary<std::string>().as("text");
  std::erase(text, '\0');
  RC_ASSERT(decode_segment(encode_segment(text)) == text);
}

TEST(Percent, RefusesHalvesAndNul) {
  for (const char* text : {"%", "%4", "%4g", "a%00", "%%41"}) {
    EXPECT_EQ(decode_segment(text), std::nullopt) << text;
  }
  EXPECT_EQ(decode_segment("a+b%2B"), "a+b+");
  EXPECT_EQ(encode_query("q", "a b&c"), "q=a%20b%26c");
}

TEST(Request, ReadsNumbersAndKnownNamesOfItsQuery) {
  Request request;
  request.query = {{"limit", "50"}, {"bad", "5x"}};
  EXPECT_EQ(request.query_number("limit", 1, 1, 200), 50U);
  EXPECT_EQ(request.query_number("other", 7, 1, 200), 7U);
  EXPECT_FALSE(request.query_number("limit", 1, 1, 49));
  EXPECT_FALSE(request.query_number("bad", 1, 1, 49));
  EXPECT_TRUE(request.only_query({"limit", "bad"}));
  EXPECT_NE(request.only_query({"limit"}).error().why.find("\"bad\""), std::string::npos);
}

}  // namespace
}  // namespace shoal::http
