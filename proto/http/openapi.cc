// SPDX-License-Identifier: Apache-2.0
#include "proto/http/openapi.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <memory>
#include <set>
#include <utility>

#include "proto/http/answer_text.h"
#include "proto/json/reader.h"

namespace shoal::http {
namespace {

namespace bj = boost::json;

constexpr std::string_view kSchemas = "#/components/schemas/";
/// What the server itself may answer on any route: see server.h and guard.h.
constexpr std::array kAnywhere{400, 403, 408, 413, 415, 416, 421, 429, 431, 500, 503};

tl::unexpected<Error> undescribed(std::string_view route, std::string why) {
  return fail(Errc::kInvalidArgument, "the routes are not described",
              std::string(route) + ": " + std::move(why), "see proto/http/openapi/README.md");
}

bj::object ref_to(std::string_view schema) {
  return {{"$ref", std::string(kSchemas) + std::string(schema)}};
}

/// One document in the making.
class Description {
 public:
  Description(const Router& router, const ApiTexts& api) : router_(router), api_(api) {}

  Result<std::string> make() {
    for (const auto text : api_.texts) {
      if (auto read = take(text); !read) return tl::unexpected(read.error());
    }
    for (const auto& [name, value] : routes_) {
      if (auto done = describe(name, value.get_object()); !done) {
        return tl::unexpected(done.error());
      }
    }
    for (const Route& route : router_.routes()) {
      if (done_.contains(&route)) continue;
      return undescribed(route.method + " " + route.pattern(), "has no description");
    }
    auto schemas = used_schemas();
    if (!schemas) return tl::unexpected(schemas.error());
    return bj::serialize(document(std::move(*schemas)));
  }

 private:
  Result<void> take(std::string_view text) {
    const auto value = json::parse(text);
    if (!value) return undescribed("a text", value.error().what + ": " + value.error().why);
    for (const auto& [name, schema] : value->at("schemas").as_object()) schemas_[name] = schema;
    for (const auto& [name, route] : value->at("routes").as_object()) routes_[name] = route;
    return {};
  }

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
    std::string verb(method);
    std::ranges::transform(verb, verb.begin(), [](char c) { return static_cast<char>(c | 32); });
    auto& item = paths_[path];
    if (!item.is_object()) item.emplace_object();
    item.get_object()[verb] = std::move(*operation);
    return {};
  }

  Result<bj::object> operation_of(const Route& route, const bj::object& said) {
    bj::object out{{"summary", said.at("summary")}, {"operationId", operation_id(route)}};
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
    std::string out(route.method);
    std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(c | 32); });
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
      const auto* const path = said.if_contains("path");
      if (path == nullptr || !path->as_object().contains(name)) {
        return undescribed(route_, "nothing is said of {" + name + "}");
      }
      auto schema = expanded(path->as_object().at(name));
      if (!schema) return tl::unexpected(schema.error());
      out.push_back(
          bj::object{{"name", name}, {"in", "path"}, {"required", true}, {"schema", *schema}});
    }
    for (const char* const place : {"query", "header"}) {
      const auto* const given = said.if_contains(place);
      if (given == nullptr) continue;
      for (const auto& [name, value] : given->as_object()) {
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
    for (const auto& [status, value] : said.at("answers").as_object()) {
      auto answer = answer_of(std::stoi(status), value);
      if (!answer) return tl::unexpected(answer.error());
      if (route.options.etag && status == "200") add_etag(*answer);
      out[status] = std::move(*answer);
    }
    if (route.options.etag) {
      out["304"] = bj::object{{"description", "as If-None-Match says, you have it"}};
      add_etag(out["304"].get_object());
    }
    std::set<int> problems(kAnywhere.begin(), kAnywhere.end());
    if (const auto* const own = said.if_contains("problems")) {
      for (const auto& status : own->as_array())
        problems.insert(static_cast<int>(status.as_int64()));
    }
    if (token) problems.insert(401);
    for (const int status : problems) {
      const std::string text = std::to_string(status);
      if (out.contains(text)) continue;
      out[text] = bj::object{{"$ref", "#/components/responses/Problem"}};
    }
    return out;
  }

  static void add_etag(bj::object& answer) {
    answer["headers"] = bj::object{{"ETag",
                                    {{"description", "of this very answer"},
                                     {"required", true},
                                     {"schema", {{"type", "string"}}}}}};
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
        type = of_type->as_string();
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

  // "#Name" is a schema's, "@name" a limit, "required": "*" all properties.
  Result<bj::value> expanded(const bj::value& value) {
    if (value.is_string()) return expanded_text(value.get_string());
    if (value.is_array()) {
      bj::array out;
      for (const auto& each : value.get_array()) {
        auto made = expanded(each);
        if (!made) return made;
        out.push_back(std::move(*made));
      }
      return out;
    }
    if (!value.is_object()) return value;
    bj::object out;
    for (const auto& [name, each] : value.get_object()) {
      if (name == "required" && each.is_string()) {
        bj::array all;
        for (const auto& [property, of] : value.at("properties").as_object()) {
          all.emplace_back(property);
        }
        out[name] = std::move(all);
        continue;
      }
      auto made = expanded(each);
      if (!made) return made;
      // A reference beside other words, which 3.1 allows.
      out[name] = name == "$ref" ? made->at("$ref") : std::move(*made);
    }
    return out;
  }

  Result<bj::value> expanded_text(std::string_view text) {
    if (text.starts_with('#')) {
      if (!schemas_.contains(text.substr(1))) {
        return undescribed(route_, "there is no schema " + std::string(text.substr(1)));
      }
      if (used_.insert(std::string(text.substr(1))).second) {
        waiting_.emplace_back(text.substr(1));
      }
      return bj::value(ref_to(text.substr(1)));
    }
    if (text.starts_with('@')) {
      const auto limit = std::ranges::find(api_.limits, text.substr(1), &NamedLimit::name);
      if (limit != api_.limits.end()) return bj::value(limit->value);
      return undescribed(route_, "there is no limit " + std::string(text.substr(1)));
    }
    return bj::value(text);
  }

  // Those that routes name, and those that these name.
  Result<bj::object> used_schemas() {
    route_ = "a schema";
    if (auto problem = expanded("#Problem"); !problem) return tl::unexpected(problem.error());
    bj::object out;
    while (!waiting_.empty()) {
      const std::string name = std::move(waiting_.back());
      waiting_.pop_back();
      auto schema = expanded(schemas_.at(name));
      if (!schema) return tl::unexpected(schema.error());
      out[name] = std::move(*schema);
    }
    return out;
  }

  bj::object document(bj::object schemas) {
    bj::object components{
        {"schemas", std::move(schemas)},
        {"responses",
         {{"Problem",
           {{"description", "what went wrong, and what to do next"},
            {"content", {{"application/problem+json", {{"schema", ref_to("Problem")}}}}}}}}},
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
  bj::object schemas_;
  bj::object routes_;
  bj::object paths_;
  std::set<const Route*> done_;
  std::set<std::string> used_;
  std::vector<std::string> waiting_;
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
