// SPDX-License-Identifier: Apache-2.0
// What friends put here: /v1/inbox, and uploads into it: /v1/uploads.
#include <array>

#include "cli/daemon/rest/rest.h"
#include "cli/daemon/transfers/inbox_desk.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::Fate;
using transfer::InboxEntry;

bj::object to_json(const InboxDesk& desk, const InboxEntry& entry) {
  const bool whole = !entry.path.empty();
  const bool by_rest = InboxDesk::is_upload(entry.giver);
  return {{"schema", json::schema::kInboxFile},
          {"id", entry.id},
          {"from", by_rest ? std::string() : entry.giver},
          {"from_name", scrub(desk.name_of(entry.giver))},
          {"content", entry.content.root == Hash256{} ? std::string() : to_text(entry.content)},
          {"name", scrub(entry.name)},
          {"size", entry.content.length},
          {"bytes_done", entry.bytes},
          {"state", whole          ? "waiting"
                    : entry.moving ? "coming"
                                   : "broken off"},
          {"since_unix", entry.since_unix},
          {"path", scrub(entry.path)}};
}

bj::object moved(const InboxDesk& desk, const InboxEntry& entry, std::string_view state,
                 const std::string& path) {
  auto out = to_json(desk, entry);
  out["state"] = state;
  out["path"] = scrub(path);
  return out;
}

Result<http::Response> list(const RestContext& context) {
  bj::array items;
  for (const auto& entry : context.inbox.inbox().list()) {
    items.push_back(to_json(context.inbox, entry));
  }
  return list_answer("shoal/inbox/1", std::move(items));
}

Result<http::Response> upload(const RestContext& context, const http::Request& request,
                              http::BodyReader& body) {
  if (auto known = request.only_query({"name", "content", "accept"}); !known) {
    return tl::unexpected(known.error());
  }
  const std::string name = request.query_value("name").value_or("");
  if (name.empty() || name.size() > limits::kOfferName) {
    return fail(
        Errc::kInvalidArgument, "what is the upload called?",
        "the query needs a name of at most " + std::to_string(limits::kOfferName) + " bytes",
        "/v1/uploads?name=holiday.jpg");
  }
  std::optional<ContentId> wanted;
  if (const auto text = request.query_value("content")) {
    const auto id = parse_content_id(*text);
    if (!id) return tl::unexpected(id.error());
    if (id->length != body.length()) {
      return fail(Errc::kInvalidArgument, "the upload is not what was announced",
                  "its length is not that of the content id");
    }
    wanted = *id;
  }
  const std::string accept = request.query_value("accept").value_or("no");
  if (accept != "yes" && accept != "no") {
    return fail(Errc::kInvalidArgument, "accept is yes or no", accept.substr(0, 40));
  }
  const Asker asker = context.asker(request);
  if (auto may = asker.may_choose("accept", accept == "yes", "the upload"); !may) {
    return tl::unexpected(may.error());
  }
  if (auto known = asker.still_known(); !known) return tl::unexpected(known.error());
  auto taken = context.inbox.upload(asker.token(), name, body.length());
  if (!taken) return tl::unexpected(taken.error());
  std::vector<std::uint8_t> bytes(limits::kUploadReadBytes);
  while (true) {
    const auto got = body.read(bytes);
    if (!got) return tl::unexpected(got.error());
    if (*got == 0) break;
    if (context.stopping()) return fail(Errc::kCancelled, "the upload stopped", "the peer stops");
    if (auto written = (*taken)->write({bytes.data(), *got}); !written) {
      return tl::unexpected(written.error());
    }
  }
  const auto entry = (*taken)->finish(wanted);
  if (!entry) return tl::unexpected(entry.error());
  context.inbox.remember(entry->path, (*taken)->tree());
  const auto [fate, path] = context.inbox.received(*entry, accept == "yes");
  const std::string where = fate == Fate::kWaiting ? entry->path : path;
  // Where things are on the owner's disk is nobody else's business.
  const bool owner = asker.is_owner();
  auto answer =
      json_answer(moved(context.inbox, *entry, to_text(fate), owner ? where : std::string()), 201);
  if (fate == Fate::kWaiting && owner) {
    answer.headers.emplace_back("Location", "/v1/inbox/" + entry->id);
  }
  return answer;
}

}  // namespace

void add_inbox_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/inbox", [&](const http::Request&) { return list(context); });
  router.add("GET", "/v1/inbox/{id}", [&](const http::Request& request) -> Result<http::Response> {
    const auto entry = context.inbox.inbox().find(request.param("id"));
    if (!entry) return tl::unexpected(entry.error());
    return json_answer(to_json(context.inbox, *entry));
  });
  router.add("POST", "/v1/inbox/{id}/accept",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto done = context.inbox.accept(request.param("id"));
               if (!done) return tl::unexpected(done.error());
               return json_answer(moved(context.inbox, done->entry, "shared", done->path));
             });
  router.add("DELETE", "/v1/inbox/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto gone = context.inbox.reject(request.param("id"));
               if (!gone) return tl::unexpected(gone.error());
               return json_answer(moved(context.inbox, *gone, "rejected", {}));
             });
}

void add_upload_routes(http::Router& router, const RestContext& context) {
  router.add_upload("POST", "/v1/uploads",
                    [&](const http::Request& request, http::BodyReader& body) {
                      return upload(context, request, body);
                    },
                    {.body_max = limits::kFileBytesMax});
}

}  // namespace shoal::daemon
