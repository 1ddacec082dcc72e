// SPDX-License-Identifier: Apache-2.0
// The document of a router's routes, and that none of them can be forgotten.
#include "proto/http/openapi.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json.hpp>

#include "proto/http/exchange.h"
#include "proto/http/request_front.h"
#include "proto/types/errc.h"

namespace shoal::http {
namespace {

namespace bj = boost::json;

constexpr std::string_view kThings = R"({
  "schemas": {
    "Thing": {"type": "object", "required": "*",
              "properties": {"id": {"type": "string"}, "of": "#Part"}},
    "Part": {"type": "string", "maxLength": "@part_max"},
    "Unused": {"type": "string"}
  },
  "routes": {
    "GET /v1/things/{id}": {"summary": "One thing", "path": {"id": "#Part"}, "answers": {"200": "#Thing"},
                            "problems": [404]},
    "PUT /v1/things/{id}": {"summary": "Change it", "path": {"id": "#Part"}, "query": {"how!": {"type": "string"}},
                            "body": "#Thing", "answers": {"204": "changed"}}
  }
})";

Result<Response> nothing(const Request&) { return Response::nothing(); }

Router things() {
  Router router;
  router.add("GET", "/v1/things/{id}", nothing, {.open = true});
  router.add("PUT", "/v1/things/{id}", nothing, {.body_max = 77});
  return router;
}

ApiTexts texts() {
  return {.title = "things",
          .summary = "some",
          .version = "1",
          .texts = {kThings},
          .limits = {{"part_max", 12}},
          .tokens = true};
}

Result<std::string> described(const Router& router, ApiTexts api = texts()) {
  for (const auto common : openapi_common()) api.texts.push_back(common);
  api.whole = false;
  return describe(router, api);
}

std::string why(const Result<std::string>& made) { return made ? "" : made.error().why; }

TEST(OpenApi, SaysWhatTheTableOfRoutesAndTheTextsSay) {
  const auto made = described(things());
  ASSERT_TRUE(made) << why(made);
  const bj::value document = bj::parse(*made);
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  const auto& item = document.at("paths").at("/v1/things/{id}");
  EXPECT_EQ(item.at("get").at("security").as_array().size(), 0U) << "it is open";
  EXPECT_EQ(item.at("put").at("security").as_array().size(), 1U);
  EXPECT_TRUE(item.at("put").at("responses").as_object().contains("401"));
  EXPECT_TRUE(item.at("get").at("responses").as_object().contains("404"));
  EXPECT_FALSE(item.at("put").at("responses").as_object().contains("404"));
  EXPECT_EQ(item.at("put").at("requestBody").at("description").as_string(),
            "At most 77 bytes; longer: 413.");
  const auto& how = item.at("put").at("parameters").at(1);
  EXPECT_EQ(how.at("name").as_string(), "how");
  EXPECT_TRUE(how.at("required").as_bool());
  const auto& schemas = document.at("components").at("schemas").as_object();
  EXPECT_EQ(schemas.at("Part").at("maxLength").as_int64(), 12);
  EXPECT_EQ(bj::serialize(schemas.at("Thing").at("required")), R"(["id","of"])");
  EXPECT_EQ(schemas.at("Thing").at("properties").at("of").at("$ref").as_string(),
            "#/components/schemas/Part");
  EXPECT_FALSE(schemas.contains("Unused"));
}

TEST(OpenApi, NamesARouteThatNobodyDescribed) {
  Router router = things();
  router.add("DELETE", "/v1/things/{id}", nothing);
  EXPECT_EQ(why(described(router)), "DELETE /v1/things/{id}: has no description");
  EXPECT_FALSE(add_openapi(router, texts()));
}

TEST(OpenApi, NamesADescriptionWithoutItsRoute) {
  Router router;
  router.add("GET", "/v1/things/{id}", nothing);
  ApiTexts api = texts();
  const auto made = add_openapi(router, api);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().why, "PUT /v1/things/{id}: there is no such route");
  // A port with fewer routes takes of the texts what it has.
  Router fewer;
  fewer.add("GET", "/v1/things/{id}", nothing);
  api.whole = false;
  EXPECT_TRUE(add_openapi(fewer, api));
}

TEST(OpenApi, NamesWhatTheTextsDoNotSay) {
  const auto with = [](std::string_view route) {
    ApiTexts api = texts();
    const std::string text =
        R"({"schemas": {}, "routes": {"GET /v1/x/{id}": )" + std::string(route) + "}}";
    api.texts = {text};
    Router router;
    router.add("GET", "/v1/x/{id}", nothing);
    return why(described(router, api));
  };
  EXPECT_EQ(with(R"({"summary": "x", "answers": {}})"), "GET /v1/x/{id}: nothing is said of {id}");
  EXPECT_EQ(with(R"({"summary": "x", "path": {"id": "#Lost"}, "answers": {}})"),
            "GET /v1/x/{id}: there is no schema Lost");
  EXPECT_EQ(with(R"({"summary": "x", "path": {"id": {"maxLength": "@lost"}}, "answers": {}})"),
            "GET /v1/x/{id}: there is no limit lost");
  EXPECT_EQ(with(R"({"summary": "x", "path": {"id": {}}, "answers": {"200": "#PeerId"}})"), "");
}

// Texts are files of ours, and a bad one ends no program without a word.
TEST(OpenApi, NamesTextsAndRoutesThatAreNotDescriptions) {
  const auto of_text = [](std::string_view text) {
    ApiTexts api = texts();
    api.texts = {text};
    return why(described(Router(), api));
  };
  EXPECT_EQ(of_text("[]"), "a text: it is no object");
  EXPECT_EQ(of_text(R"({"routes": {}})"), "a text: it has no schemas");
  EXPECT_EQ(of_text(R"({"schemas": {}})"), "a text: it has no routes");
  EXPECT_EQ(of_text(R"({"schemas": [], "routes": {}})"), "a text: its schemas are no object");
  const std::vector<std::pair<std::string_view, std::string>> routes = {
      {R"("x")", "its description is no object"},
      {R"({"answers": {}})", "has no summary"},
      {R"({"summary": 1, "answers": {}})", "has no summary"},
      {R"({"summary": "x"})", "it has no answers"},
      {R"({"summary": "x", "answers": []})", "its answers are no object"},
      {R"({"summary": "x", "answers": {"2xx": ""}})", "2xx is no status"},
      {R"({"summary": "x", "answers": {"99999999999": ""}})", "99999999999 is no status"},
      {R"({"summary": "x", "answers": {"20": ""}})", "20 is no status"},
      {R"({"summary": "x", "answers": {}, "problems": 404})", "its problems are no list"},
      {R"({"summary": "x", "answers": {}, "problems": ["404"]})",
       "\"404\" is no status of a problem"},
      {R"({"summary": "x", "answers": {}, "query": "x"})", "its query are no object"},
      {R"({"summary": "x", "answers": {"200": {"type": 1}}})", "the type of an answer is no text"},
      {R"({"summary": "x", "answers": {"200": {"body": {"required": "*"}}}})",
       "all properties are required where there are none"},
      {R"({"summary": "x", "answers": {"200": {"body": {"$ref": "Problem"}}}})",
       "$ref names no schema"},
  };
  for (const auto& [said, expected] : routes) {
    Router router;
    router.add("GET", "/v1/x", nothing);
    ApiTexts api = texts();
    const std::string text =
        R"({"schemas": {}, "routes": {"GET /v1/x": )" + std::string(said) + "}}";
    api.texts = {text};
    EXPECT_EQ(why(described(router, api)), "GET /v1/x: " + expected);
  }
}

TEST(OpenApi, HasATagBesideTheOtherHeadersOfAnAnswer) {
  ApiTexts api = texts();
  api.texts = {R"({"schemas": {}, "routes": {"GET /v1/x": {"summary": "x", "answers":
      {"200": {"means": "a page", "headers": {"Link": {"schema": {"type": "string"}}}}}}}})"};
  Router router;
  router.add("GET", "/v1/x", nothing, {.etag = true});
  const auto made = described(router, api);
  ASSERT_TRUE(made) << why(made);
  const bj::value document = bj::parse(*made);
  const auto& answers = document.at("paths").at("/v1/x").at("get").at("responses");
  const auto& headers = answers.at("200").at("headers").as_object();
  EXPECT_TRUE(headers.contains("Link"));
  EXPECT_TRUE(headers.at("ETag").at("required").as_bool());
  EXPECT_TRUE(answers.at("304").at("headers").as_object().contains("ETag"));
}

TEST(OpenApi, ListsWhatTheFrontRefusesOnEveryRoute) {
  const auto made = described(things());
  ASSERT_TRUE(made) << why(made);
  const bj::value document = bj::parse(*made);
  const auto& item = document.at("paths").at("/v1/things/{id}");
  for (const std::string method : {"get", "put"}) {
    const auto& answers = item.at(method).at("responses").as_object();
    for (const int status : RequestFront::kRefusals) {
      EXPECT_TRUE(answers.contains(std::to_string(status))) << method << " " << status;
    }
    EXPECT_EQ(answers.contains("411"), method == "put");
    EXPECT_FALSE(answers.contains("408")) << "who is too slow hears nothing";
  }
}

TEST(OpenApi, NamesEveryCodeOfAProblem) {
  const auto made = described(things());
  ASSERT_TRUE(made) << why(made);
  std::vector<std::string> codes;
  for (int code = 0; code <= static_cast<int>(Errc::kInternal); ++code) {
    codes.emplace_back(info(static_cast<Errc>(code)).name);
  }
  const bj::value document = bj::parse(*made);
  std::vector<std::string> told;
  for (const auto& code :
       document.at("components").at("schemas").at("Code").at("enum").as_array()) {
    told.emplace_back(code.as_string());
  }
  std::ranges::sort(codes);
  std::ranges::sort(told);
  EXPECT_EQ(told, codes);
}

struct Sent {
  int status = 0;
  std::string bytes;
};

Sent send(const Router& router, const std::string& headers) {
  RequestFront front([](auto, auto) { return limits::kHttpBody; });
  front.feed("GET /v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
  const std::vector<std::string> hosts;
  const std::function<bool(std::string_view)> token = [](auto) { return false; };
  const ExchangeContext context{router, hosts, token, {"127.0.0.1", {}}, "127.0.0.1"};
  auto outcome = exchange(context, {front.head(), front.take_body(), false, front.range()});
  return {outcome.status, std::move(outcome.bytes)};
}

TEST(OpenApi, IsServedToAnybodyOnceAndThenByItsTag) {
  Router router = things();
  const auto added = add_openapi(router, texts());
  ASSERT_TRUE(added) << added.error().why;
  const Sent whole = send(router, "");
  ASSERT_EQ(whole.status, 200);
  const auto at = whole.bytes.find("ETag: ");
  ASSERT_NE(at, std::string::npos);
  const std::string tag = whole.bytes.substr(at + 6, whole.bytes.find("\r\n", at) - at - 6);
  EXPECT_NE(whole.bytes.find("\r\n\r\n{\"openapi\":\"3.1.0\""), std::string::npos);
  EXPECT_NE(whole.bytes.find("/v1/openapi.json"), std::string::npos) << "itself is in it";
  const Sent again = send(router, "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.bytes.ends_with("\r\n\r\n")) << "no body: " << again.bytes;
  EXPECT_NE(again.bytes.find("ETag: " + tag), std::string::npos);
  EXPECT_EQ(again.bytes.find("Content-Length"), std::string::npos) << again.bytes;
  EXPECT_EQ(send(router, "If-None-Match: \"another\"\r\n").status, 200);
}

}  // namespace
}  // namespace shoal::http
