// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/rest/rest_follow.h"
#include "cli/daemon/rest/rest_wanted.h"
#include "cli/daemon/transfers/transfer_desk.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::DownloadStatus;

bool over(const DownloadStatus& download) { return is_over(download.state); }

bj::value place_of(const transfer::SourceStatus& source) {
  if (!source.place) return nullptr;
  return bj::object{{"position", source.place->position}, {"eta_ms", source.place->eta_ms}};
}

bj::value stall_of(const transfer::SourceStatus& source) {
  if (!source.stall) return nullptr;
  return bj::object{{"silent_ms", source.stall->silent_ms}, {"again_ms", source.stall->again_ms}};
}

// The best place among those that let us wait.
bj::value queue_of(const DownloadStatus& download) {
  const transfer::SourceStatus* best = nullptr;
  for (const auto& one : download.from) {
    if (!one.place || one.place->position == 0) continue;
    if (best == nullptr || one.place->position < best->place->position) best = &one;
  }
  return best == nullptr ? bj::value(nullptr) : place_of(*best);
}

bj::object to_json(const DownloadStatus& download, std::string_view schema, bool owner) {
  bj::object out{{"schema", schema},
                 {"id", std::to_string(download.id)},
                 {"content", shoal::to_text(download.content)},
                 {"name", scrub(download.name)},
                 {"folder", scrub(download.folder)},
                 {"state", to_text(download.state)},
                 {"paused_by", paused_by(download.state)},
                 {"size", download.content.length},
                 {"bytes_done", download.bytes_done},
                 {"bytes_found", download.bytes_found},
                 {"bytes_wasted", download.bytes_wasted},
                 {"sources", download.sources},
                 {"rate", download.rate},
                 {"queue", queue_of(download)},
                 {"began", download.began},
                 {"busy_ms", download.busy_ms},
                 {"path", scrub(download.path)},
                 {"error", nullptr}};
  if (download.error) out["error"] = json::to_json(*download.error);
  // Where things are on the owner's disk is nobody else's business.
  if (!owner) {
    out["folder"] = "";
    out["path"] = "";
    if (download.error) out["error"] = json::to_json({download.error->code, "it failed", {}, {}});
  }
  return out;
}

bj::array sources_of(const RestContext& context, const DownloadStatus& download) {
  bj::array out;
  for (const auto& one : download.from) {
    out.push_back({{"peer", to_text(one.peer)},
                   {"name", scrub(context.friends.name_of(one.peer))},
                   {"state", to_text(one.state)},
                   {"bytes", one.bytes},
                   {"rate", one.rate},
                   {"pieces", one.pieces},
                   {"queue", place_of(one)},
                   {"stall", stall_of(one)},
                   {"why", scrub(one.why)}});
  }
  return out;
}

bj::object with_sources(const RestContext& context, const DownloadStatus& download,
                        std::string_view schema) {
  auto out = to_json(download, schema, !context.for_guests);
  out["from"] = sources_of(context, download);
  return out;
}

// A map as it travels between peers: one bit a piece, most significant first.
std::string map_text(const transfer::PieceMap& map) {
  const std::string bytes = map.pack();
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

bj::object to_json(const RestContext& context, const transfer::DownloadDetails& details) {
  auto out = with_sources(context, details.status, json::schema::kTransfer);
  out["pieces"] = {{"count", details.here.size()},
                   {"bytes", details.piece_length},
                   {"here", details.here.count()},
                   {"map", map_text(details.here)}};
  auto& from = out["from"].get_array();
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto& map = details.maps.at(i);
    from[i].get_object()["map"] = map ? bj::value(map_text(*map)) : bj::value(nullptr);
  }
  return out;
}

Result<DownloadStatus> status_of(const RestContext& context, const http::Request& request) {
  const auto id = number_in(request, {"", "a transfer", "shoal transfers"});
  if (!id) return tl::unexpected(id.error());
  auto found = context.transfers.downloads().status(*id);
  if (found && !context.asker(request).sees(*id, found->content)) {
    return fail(Errc::kNotFound, "no such download");  // as if there were none
  }
  return found;
}

Result<http::Response> details(const RestContext& context, const http::Request& request) {
  const auto status = status_of(context, request);
  if (!status) return tl::unexpected(status.error());
  const auto found = context.transfers.downloads().details(status->id);
  if (!found) return tl::unexpected(found.error());
  return json_answer(to_json(context, *found));
}

// Changes a download and answers with what it is then.
Result<http::Response> change(const RestContext& context, const http::Request& request,
                              Result<void> (transfer::DownloadManager::*how)(std::uint64_t)) {
  const auto status = status_of(context, request);
  if (!status) return tl::unexpected(status.error());
  if (auto done = (context.transfers.downloads().*how)(status->id); !done) {
    return tl::unexpected(done.error());
  }
  return details(context, request);
}

Result<TransferDesk::Request> wanted_by(const Asker& asker, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  WantedWords words;
  json::ObjectReader in(*body, "the transfer");
  words.read(in);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  constexpr const char* kWhat = "the download";
  if (auto may = asker.may_choose("folder", !words.folder.empty(), kWhat); !may) {
    return tl::unexpected(may.error());
  }
  // They are dialled by this peer, in its name, wherever they are.
  if (auto may = asker.may_choose("sources", !words.sources.empty(), kWhat); !may) {
    return tl::unexpected(may.error());
  }
  auto wanted = std::move(words).request();
  if (wanted && !asker.is_owner()) {
    wanted->may_join = [asker](const DownloadStatus& known) {
      return asker.sees(known.id, known.content);
    };
  }
  return wanted;
}

Result<http::Response> start(const RestContext& context, const http::Request& request) {
  const Asker asker = context.asker(request);
  auto wanted = wanted_by(asker, request);
  if (!wanted) return tl::unexpected(wanted.error());
  const ContentId content = wanted->content;
  Result<DownloadStatus> started = DownloadStatus{};
  const auto begin = [&](const GuestDesk::MayBegin& may_begin) -> Result<std::uint64_t> {
    wanted->may_begin = may_begin;
    started = context.transfers.start(std::move(*wanted));
    if (!started) return tl::unexpected(started.error());
    return started->id;
  };
  const auto id = asker.begin(content, unix_now(), begin);
  if (!id) return tl::unexpected(id.error());
  auto answer = json_answer(to_json(*started, json::schema::kTransfer, asker.is_owner()), 201);
  answer.headers.emplace_back("Location", "/v1/transfers/" + std::to_string(*id));
  return answer;
}

Result<void> follow(const RestContext& context, const http::Request& request,
                    http::StreamWriter& writer) {
  const auto shown = [](const DownloadStatus& s) {
    return std::tuple(s.state, s.bytes_done, s.sources, s.error ? s.error->what : std::string(),
                      s.error ? s.error->why : std::string(), bj::serialize(queue_of(s)));
  };
  return daemon::follow(
      writer, [&] { return status_of(context, request); }, shown, over,
      [&](const DownloadStatus& status, bool last) {
        return bj::serialize(with_sources(
            context, status, last ? json::schema::kTransferDone : json::schema::kTransferProgress));
      });
}

Result<http::Response> list(const RestContext& context, const http::Request& request) {
  const Asker asker = context.asker(request);
  bj::array items;
  for (const auto& download : context.transfers.downloads().list()) {
    if (!asker.sees(download.id, download.content)) continue;
    items.push_back(to_json(download, json::schema::kTransfer, asker.is_owner()));
  }
  return list_answer("shoal/transfers/1", std::move(items));
}

}  // namespace

void add_transfer_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/transfers",
             [&](const http::Request& request) { return list(context, request); });
  router.add("POST", "/v1/transfers",
             [&](const http::Request& request) { return start(context, request); });
  router.add("GET", "/v1/transfers/{id}",
             [&](const http::Request& request) { return details(context, request); });
  router.add_stream("GET", "/v1/transfers/{id}/events",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return follow(context, request, writer);
                    });
}

void add_transfer_changes(http::Router& router, const RestContext& context) {
  router.add("POST", "/v1/transfers/{id}/pause", [&](const http::Request& request) {
    return change(context, request, &transfer::DownloadManager::pause);
  });
  router.add("POST", "/v1/transfers/{id}/resume", [&](const http::Request& request) {
    return change(context, request, &transfer::DownloadManager::go_on);
  });
  router.add("DELETE", "/v1/transfers/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto status = status_of(context, request);
               if (!status) return tl::unexpected(status.error());
               if (auto gone = context.transfers.downloads().cancel(status->id); !gone) {
                 return tl::unexpected(gone.error());
               }
               return http::Response::nothing();
             });
}

}  // namespace shoal::daemon
