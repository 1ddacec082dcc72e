// SPDX-License-Identifier: Apache-2.0
#include "proto/http/alias.h"

#include <gtest/gtest.h>

namespace shoal::http {
namespace {

Router things() {
  Router router;
  router.add("POST", "/v1/things",
             [](const Request& request) -> Result<Response> {
               return Response::json(request.path + " " + request.body, 201);
             },
             {.body_max = 77, .open = true, .heavy = true});
  return router;
}

Result<Response> ask(const Router& router, Request request) {
  const auto match = router.match(request.method, request.path);
  return std::get<Handler>(match.route->handler)(request);
}

TEST(Alias, IsAnsweredByTheRouteAfterItsWordsWereChanged) {
  Router router = things();
  add_alias(router, {"PUT", "/old"}, {"POST", "/v1/things"}, [](Request& request) {
    request.body += " respelled";
    return Result<void>();
  });
  Request request;
  request.method = "PUT";
  request.path = "/old";
  request.body = "words";
  const auto answer = ask(router, request);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 201);
  EXPECT_EQ(answer->body, "/old words respelled");
}

TEST(Alias, KeepsTheOptionsOfTheRoute) {
  Router router = things();
  add_alias(router, {"PUT", "/old"}, {"POST", "/v1/things"});
  const auto options = router.match("PUT", "/old").route->options;
  EXPECT_EQ(options.body_max, 77U);
  EXPECT_TRUE(options.open);
  EXPECT_TRUE(options.heavy);
  EXPECT_EQ(router.match("POST", "/old").route, nullptr);
}

TEST(Alias, AnswersWithTheErrorOfItsWords) {
  Router router = things();
  add_alias(router, {"PUT", "/old"}, {"POST", "/v1/things"},
            [](Request&) -> Result<void> { return fail(Errc::kInvalidArgument, "no such words"); });
  Request request;
  request.method = "PUT";
  request.path = "/old";
  const auto answer = ask(router, request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().what, "no such words");
}

TEST(Alias, OfAnUploadIsAnUpload) {
  Router router;
  router.add_upload("POST", "/v1/uploads",
                    [](const Request&, BodyReader& body) -> Result<Response> {
                      return Response::json(std::to_string(body.length()));
                    },
                    {.body_max = 5});
  add_alias(router, {"POST", "/upload"}, {"POST", "/v1/uploads"});
  const auto* const route = router.match("POST", "/upload").route;
  EXPECT_TRUE(std::holds_alternative<UploadHandler>(route->handler));
  EXPECT_EQ(route->options.body_max, 5U);
}

}  // namespace
}  // namespace shoal::http
