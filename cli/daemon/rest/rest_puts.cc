// SPDX-License-Identifier: Apache-2.0
// Files that are put into friends' inboxes.
#include <tuple>

#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/rest/rest_follow.h"
#include "cli/daemon/transfers/inbox_desk.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::PutState;
using transfer::PutStatus;

bool over(const PutStatus& put) { return put.state >= PutState::kDone; }

bj::object to_json(const RestContext& context, const PutStatus& put, std::string_view schema) {
  bj::object out{{"schema", schema},
                 {"id", std::to_string(put.id)},
                 {"to", shoal::to_text(put.peer)},
                 {"to_name", scrub(context.friends.name_of(put.peer))},
                 {"path", scrub(put.path)},
                 {"name", scrub(put.name)},
                 {"content", ""},
                 {"size", put.content.length},
                 {"state", to_text(put.state)},
                 {"bytes_done", put.bytes_done},
                 {"bytes_found", put.bytes_found},
                 {"fate", ""},
                 {"error", nullptr}};
  if (put.content.root != Hash256{}) out["content"] = shoal::to_text(put.content);
  if (put.fate) out["fate"] = to_text(*put.fate);
  if (put.error) out["error"] = json::to_json(*put.error);
  return out;
}

Result<PutStatus> status_of(const RestContext& context, const http::Request& request) {
  const auto id = number_in(request, {"", "a put", "shoal puts"});
  if (!id) return tl::unexpected(id.error());
  return context.inbox.puts().status(*id);
}

Result<http::Response> start(const RestContext& context, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string path;
  std::string to;
  std::string name;
  json::ObjectReader in(*body, "the put");
  in.required("path", path).required("to", to).optional("name", name);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto started = context.inbox.put(path, to, name);
  if (!started) return tl::unexpected(started.error());
  auto answer = json_answer(to_json(context, *started, json::schema::kPut), 201);
  answer.headers.emplace_back("Location", "/v1/puts/" + std::to_string(started->id));
  return answer;
}

Result<void> follow(const RestContext& context, const http::Request& request,
                    http::StreamWriter& writer) {
  const auto shown = [](const PutStatus& s) {
    return std::tuple(s.state, s.bytes_done, s.error ? s.error->why : std::string());
  };
  return daemon::follow(
      writer, [&] { return status_of(context, request); }, shown, over,
      [&](const PutStatus& status, bool last) {
        return bj::serialize(
            to_json(context, status, last ? json::schema::kPutDone : json::schema::kPutProgress));
      });
}

Result<http::Response> list(const RestContext& context) {
  bj::array items;
  for (const auto& put : context.inbox.puts().list()) {
    items.push_back(to_json(context, put, json::schema::kPut));
  }
  return list_answer("shoal/puts/1", std::move(items));
}

}  // namespace

void add_put_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/puts", [&](const http::Request&) { return list(context); });
  router.add("POST", "/v1/puts",
             [&](const http::Request& request) { return start(context, request); });
  router.add("GET", "/v1/puts/{id}", [&](const http::Request& request) -> Result<http::Response> {
    const auto status = status_of(context, request);
    if (!status) return tl::unexpected(status.error());
    return json_answer(to_json(context, *status, json::schema::kPut));
  });
  router.add_stream("GET", "/v1/puts/{id}/events",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return follow(context, request, writer);
                    });
  router.add("DELETE", "/v1/puts/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto status = status_of(context, request);
               if (!status) return tl::unexpected(status.error());
               if (auto gone = context.inbox.puts().cancel(status->id); !gone) {
                 return tl::unexpected(gone.error());
               }
               return http::Response::nothing();
             });
}

}  // namespace shoal::daemon
