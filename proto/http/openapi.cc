// SPDX-License-Identifier: Apache-2.0
#include "proto/http/openapi.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "proto/http/answer_text.h"
#include "proto/http/ascii.h"
#include "proto/http/openapi_words.h"
#include "proto/http/request_front.h"
#include "proto/json/reader.h"

namespace shoal::http {
namespace {

namespace bj = boost::json;

/// What a server itself may answer on any route (server.h, guard.h), beside what its front refuses.
constexpr std::array kAnywhere{403, 416, 421, 429, 500, 503};

std::optional<int> status_in(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  const bool is_one = error == std::errc{} && end == text.data() + text.size();
  return is_one && status >= 100 && status <= 599 ? std::optional(status) : std::nullopt;
}

/// One document in the making.
class Description {
 public:
  Description(const Router& router, const ApiTexts& api)
      : router_(router), api_(api), words_(api.limits) {}

  Result<std::string> make() {
    for (const auto text : api_.texts) {
      if (auto read = take(text); !read) return tl::unexpected(read.error());
    }
    for (const auto& [name, value] : routes_) {
      const auto* const said = value.if_object();
      if (said == nullptr) return undescribed(name, "its description is no object");
      if (auto done = describe(name, *said); !done) return tl::unexpected(done.error());
    }
    for (const Route& route : router_.routes()) {
      if (done_.contains(&route)) continue;
      return undescribed(route.method + " " + route.pattern(), "has no description");
    }
    route_ = "a problem";
    if (auto problem = expanded("#Problem"); !problem) return tl::unexpected(problem.error());
    auto schemas = words_.used_schemas();
    if (!schemas) return tl::unexpected(schemas.error());
    return bj::serialize(document(std::move(*schemas)));
  }

 private:
  Result<void> take(std::string_view text) {
    const auto value = json::parse(text);
    if (!value) return undescribed("a text", value.error().what + ": " + value.error().why);
    route_ = "a text";
    if (!value->is_object()) return undescribed(route_, "it is no object");
    const auto schemas = part(value->get_object(), "schemas", Need::kMust);
    if (!schemas) return tl::unexpected(schemas.error());
    const auto routes = part(value->get_object(), "routes", Need::kMust);
    if (!routes) return tl::unexpected(routes.error());
    for (const auto& [name, schema] : **schemas) words_.add_schema(name, schema);
    for (const auto& [name, route] : **routes) routes_[name] = route;
    return {};
  }

  enum class Need { kMay, kMust };
  // An object in what is being described; null: it is not there, and need not be.
  Result<const bj::object*> part(const bj::object& said, std::string_view name, Need need) const {
    const auto* const found = said.if_contains(name);
    if (found == nullptr && need == Need::kMay) return nullptr;
    if (found == nullptr) return undescribed(route_, "it has no " + std::string(name));
    if (const auto* const object = found->if_object()) return object;
    return undescribed(route_, "its " + std::string(name) + " are no object");
  }

  Result<bj::value> expanded(const bj::value& value) { return words_.expanded(route_, value); }

  Result<void> describe(std::string_view name, const bj::object& said) {
    const auto space = name.find(' ');
    const std::string_view method = name.substr(0, space);
    const std::string_view path = name.substr(space + 1);
    const auto route = std::ranges::find_if(router_.routes(), [&](const Route& each) {
      return each.method == method && each.pattern() == path;
    });
    if (route == router_.routes().end()) {
      if (!api_.whole) return {};
      return undescribed(name, "there is no such route");
    }
    done_.insert(&*route);
    route_ = name;
    auto operation = operation_of(*route, said);
    if (!operation) return tl::unexpected(operation.error());
    auto& item = paths_[path];
    if (!item.is_object()) item.emplace_object();
    item.get_object()[to_lower(method)] = std::move(*operation);
    return {};
  }

  Result<bj::object> operation_of(const Route& route, const bj::object& said) {
    const auto* const summary = said.if_contains("summary");
    if (summary == nullptr || !summary->is_string()) return undescribed(route_, "has no summary");
    bj::object out{{"summary", *summary}, {"operationId", operation_id(route)}};
    if (const auto* const more = said.if_contains("description")) out["description"] = *more;
    const bool own_token = said.contains("token");
    const bool token = own_token || (api_.tokens && !route.options.open);
    out["security"] = token ? bj::array{bj::object{{"token", bj::array()}}} : bj::array();
    auto parameters = parameters_of(route, said);
    if (!parameters) return tl::unexpected(parameters.error());
    if (!parameters->empty()) out["parameters"] = std::move(*parameters);
    if (auto done = add_body(route, said, out); !done) return tl::unexpected(done.error());
    auto answers = answers_of(route, said, token);
    if (!answers) return tl::unexpected(answers.error());
    out["responses"] = std::move(*answers);
    return out;
  }

  static std::string operation_id(const Route& route) {
    std::string out = to_lower(route.method);
    for (const auto& segment : route.segments) {
      out += '_';
      for (const char c : segment) {
        if (c != '{' && c != '}') out += c == '.' || c == '-' ? '_' : c;
      }
    }
    return out;
  }

  Result<bj::array> parameters_of(const Route& route, const bj::object& said) {
    bj::array out;
    for (const auto& segment : route.segments) {
      if (!segment.starts_with('{')) continue;
      const std::string name = segment.substr(1, segment.size() - 2);
      const auto path = part(said, "path", Need::kMay);
      if (!path) return tl::unexpected(path.error());
      const auto* const said_of_it = *path == nullptr ? nullptr : (*path)->if_contains(name);
      if (said_of_it == nullptr) return undescribed(route_, "nothing is said of {" + name + "}");
      auto schema = expanded(*said_of_it);
      if (!schema) return tl::unexpected(schema.error());
      out.push_back(
          bj::object{{"name", name}, {"in", "path"}, {"required", true}, {"schema", *schema}});
    }
    for (const char* const place : {"query", "header"}) {
      const auto given = part(said, place, Need::kMay);
      if (!given) return tl::unexpected(given.error());
      if (*given == nullptr) continue;
      for (const auto& [name, value] : **given) {
        // "name!" must be there.
        const bool needed = name.ends_with('!');
        const std::string bare(name.substr(0, name.size() - (needed ? 1 : 0)));
        auto schema = expanded(value);
        if (!schema) return tl::unexpected(schema.error());
        out.push_back(
            bj::object{{"name", bare}, {"in", place}, {"required", needed}, {"schema", *schema}});
      }
    }
    return out;
  }

  Result<void> add_body(const Route& route, const bj::object& said, bj::object& to) {
    const auto* const body = said.if_contains("body");
    const bool upload = std::holds_alternative<UploadHandler>(route.handler);
    if (body == nullptr && !upload) return {};
    const std::string most =
        "At most " + std::to_string(route.options.body_max) + " bytes; longer: 413.";
    bj::object content;
    if (upload) {
      content["application/octet-stream"] = bj::object();
    } else {
      auto schema = expanded(*body);
      if (!schema) return tl::unexpected(schema.error());
      content["application/json"] = bj::object{{"schema", std::move(*schema)}};
    }
    to["requestBody"] = bj::object{
        {"description", most}, {"required", !said.contains("may_be_empty")}, {"content", content}};
    return {};
  }

  Result<bj::object> answers_of(const Route& route, const bj::object& said, bool token) {
    bj::object out;
    const auto answers = part(said, "answers", Need::kMust);
    if (!answers) return tl::unexpected(answers.error());
    for (const auto& [status, value] : **answers) {
      const auto number = status_in(status);
      if (!number) return undescribed(route_, std::string(status) + " is no status");
      auto answer = answer_of(*number, value);
      if (!answer) return tl::unexpected(answer.error());
      if (route.options.etag && status == "200") add_etag(*answer);
      out[status] = std::move(*answer);
    }
    if (route.options.etag) {
      out["304"] = bj::object{{"description", "as If-None-Match says, you have it"}};
      add_etag(out["304"].get_object());
    }
    auto problems = problems_of(route, said);
    if (!problems) return tl::unexpected(problems.error());
    if (token) problems->insert(401);
    for (const int status : *problems) {
      const std::string text = std::to_string(status);
      if (out.contains(text)) continue;
      out[text] = bj::object{{"$ref", "#/components/responses/Problem"}};
    }
    return out;
  }

  Result<std::set<int>> problems_of(const Route& route, const bj::object& said) const {
    std::set<int> out(kAnywhere.begin(), kAnywhere.end());
    out.insert(RequestFront::kRefusals.begin(), RequestFront::kRefusals.end());
    if (RequestFront::takes_body(route.method)) out.insert(RequestFront::kNoLength);
    const auto* const own = said.if_contains("problems");
    if (own == nullptr) return out;
    if (!own->is_array()) return undescribed(route_, "its problems are no list");
    for (const auto& each : own->get_array()) {
      const auto* const status = each.if_int64();
      if (status == nullptr || *status < 400 || *status > 599) {
        return undescribed(route_, bj::serialize(each) + " is no status of a problem");
      }
      out.insert(static_cast<int>(*status));
    }
    return out;
  }

  static void add_etag(bj::object& answer) {
    auto& headers = answer["headers"];
    if (!headers.is_object()) headers.emplace_object();
    headers.get_object()["ETag"] = bj::object{{"description", "of this very answer"},
                                              {"required", true},
                                              {"schema", {{"type", "string"}}}};
  }

  // "#Schema": JSON. A text: no body. {means, body | lines | type, headers}: as it says.
  Result<bj::object> answer_of(int status, const bj::value& said) {
    if (said.is_string() && !said.get_string().starts_with('#')) {
      return bj::object{{"description", said}};
    }
    const std::string usual(reason(status).empty() ? "done" : reason(status));
    bj::object out{{"description", usual}};
    bj::value body = said;
    std::string type = "application/json";
    if (said.is_object()) {
      const bj::object& object = said.get_object();
      if (const auto* const means = object.if_contains("means")) out["description"] = *means;
      if (const auto* const headers = object.if_contains("headers")) {
        auto made = expanded(*headers);
        if (!made) return tl::unexpected(made.error());
        out["headers"] = std::move(*made);
      }
      if (const auto* const lines = object.if_contains("lines")) {
        type = "application/x-ndjson";
        body = *lines;
      } else if (const auto* const of_type = object.if_contains("type")) {
        if (!of_type->is_string()) return undescribed(route_, "the type of an answer is no text");
        type = of_type->get_string();
        body = nullptr;
      } else {
        body = object.contains("body") ? object.at("body") : bj::value(nullptr);
        if (body.is_null()) return out;
      }
    }
    bj::object content;
    if (!body.is_null()) {
      auto schema = expanded(body);
      if (!schema) return tl::unexpected(schema.error());
      content["schema"] = std::move(*schema);
    }
    out["content"] = bj::object{{type, std::move(content)}};
    return out;
  }

  bj::object document(bj::object schemas) {
    bj::object components{
        {"schemas", std::move(schemas)},
        {"responses",
         {{"Problem",
           {{"description", "what went wrong, and what to do next"},
            {"content", {{"application/problem+json", {{"schema", reference_to("Problem")}}}}}}}}},
        {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}};
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", api_.title},
              {"summary", api_.summary},
              {"version", api_.version},
              {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
            {"servers", bj::array{bj::object{{"url", "/"}}}},
            {"paths", std::move(paths_)},
            {"components", std::move(components)}};
  }

  const Router& router_;
  const ApiTexts& api_;
  ApiWords words_;
  bj::object routes_;
  bj::object paths_;
  std::set<const Route*> done_;
  std::string route_;  // which is being described
};

}  // namespace

Result<std::string> describe(const Router& router, const ApiTexts& api) {
  return Description(router, api).make();
}

Result<void> add_openapi(Router& router, ApiTexts api) {
  const auto text = std::make_shared<std::string>();
  RouteOptions options;
  options.open = true;
  options.etag = true;
  router.add(
      "GET", "/v1/openapi.json",
      [text](const Request& request) -> Result<Response> {
        if (auto known = request.only_query({}); !known) return tl::unexpected(known.error());
        return Response::json(*text);
      },
      options);
  for (const auto common : openapi_common()) api.texts.push_back(common);
  auto made = describe(router, api);
  if (!made) return tl::unexpected(made.error());
  *text = std::move(*made);
  return {};
}

}  // namespace shoal::http
