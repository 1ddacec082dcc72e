// SPDX-License-Identifier: Apache-2.0
#include <tuple>

#include "cli/daemon/rest/rest.h"
#include "cli/daemon/rest/rest_follow.h"
#include "cli/daemon/rest/rest_wanted.h"
#include "cli/daemon/transfers/transfer_desk.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::FolderStatus;

bool over(const FolderStatus& folder) { return is_over(folder.state); }

// As a transfer, with more to it.
bj::object to_json(const FolderStatus& folder, std::string_view schema) {
  bj::object out{{"schema", schema},
                 {"kind", "folder"},
                 {"id", "f" + std::to_string(folder.id)},
                 {"content", shoal::to_text(folder.content)},
                 {"name", scrub(folder.name) + "/"},
                 {"folder", scrub(folder.folder)},
                 {"state", transfer::to_text(folder.state)},
                 {"paused_by", paused_by(folder.state)},
                 {"list_only", folder.list_only},
                 {"listed", folder.listed},
                 {"files_total", folder.files_total},
                 {"files_selected", folder.files_selected},
                 {"files_done", folder.files_done},
                 {"files_waiting", folder.files_waiting},
                 {"names_changed", folder.names_changed},
                 {"size", folder.bytes_total},
                 {"bytes_done", folder.bytes_done},
                 {"bytes_found", folder.bytes_found},
                 {"sources", folder.sources},
                 {"rate", folder.rate},
                 {"path", scrub(folder.path)},
                 {"error", nullptr}};
  if (folder.error) out["error"] = json::to_json(*folder.error);
  return out;
}

Result<std::uint64_t> id_of(const http::Request& request) {
  return number_in(request, {"f", "a folder", "shoal transfers"});
}

Result<FolderStatus> status_of(const RestContext& context, const http::Request& request) {
  const auto id = id_of(request);
  if (!id) return tl::unexpected(id.error());
  return context.transfers.folders().status(*id);
}

// Changes a download and answers with what it is then.
Result<http::Response> change(const RestContext& context, const http::Request& request,
                              Result<void> (transfer::FolderManager::*how)(std::uint64_t)) {
  const auto id = id_of(request);
  if (!id) return tl::unexpected(id.error());
  auto& folders = context.transfers.folders();
  if (auto done = (folders.*how)(*id); !done) return tl::unexpected(done.error());
  const auto status = folders.status(*id);
  if (!status) return tl::unexpected(status.error());
  return json_answer(to_json(*status, json::schema::kFolder));
}

Result<http::Response> start(const RestContext& context, const http::Request& request) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  WantedWords words;
  std::vector<std::string> only;
  bool list_only = false;
  json::ObjectReader in(*body, "the folder");
  words.read(in);
  in.optional("only", only).optional("list_only", list_only);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  auto wanted = std::move(words).request();
  if (!wanted) return tl::unexpected(wanted.error());
  const auto started =
      context.transfers.start_folder(std::move(*wanted), std::move(only), list_only);
  if (!started) return tl::unexpected(started.error());
  auto answer = json_answer(to_json(*started, json::schema::kFolder), 201);
  answer.headers.emplace_back("Location", "/v1/folders/f" + std::to_string(started->id));
  return answer;
}

Result<void> follow(const RestContext& context, const http::Request& request,
                    http::StreamWriter& writer) {
  const auto shown = [](const FolderStatus& s) {
    return std::tuple(s.state, s.listed, s.bytes_done, s.files_done, s.files_waiting, s.sources,
                      s.error ? s.error->what + s.error->why : std::string());
  };
  return daemon::follow(
      writer, [&] { return status_of(context, request); }, shown, over,
      [](const FolderStatus& status, bool last) {
        return bj::serialize(
            to_json(status, last ? json::schema::kTransferDone : json::schema::kTransferProgress));
      });
}

Result<http::Response> files(const RestContext& context, const http::Request& request) {
  if (auto known = request.only_query({"limit", "cursor"}); !known) {
    return tl::unexpected(known.error());
  }
  const auto limit = request.query_number("limit", limits::kFilesPage, 1, limits::kFilesPageMax);
  if (!limit) return tl::unexpected(limit.error());
  const auto from = request.query_number("cursor", 0, 0, UINT32_MAX);
  if (!from) return tl::unexpected(from.error());
  const auto id = id_of(request);
  if (!id) return tl::unexpected(id.error());
  const auto found = context.transfers.folders().files(*id, *from, *limit);
  if (!found) return tl::unexpected(found.error());
  bj::array items;
  for (const auto& file : *found) {
    bj::object item{{"path", scrub(file.path) + (file.content ? "" : "/")},
                    {"kind", file.content ? "file" : "folder"},
                    {"size", file.content ? file.content->length : 0},
                    {"content", nullptr},
                    {"selected", file.selected}};
    if (file.content) item["content"] = shoal::to_text(*file.content);
    items.push_back(std::move(item));
  }
  bj::object out{
      {"schema", json::schema::kFolderFiles}, {"items", std::move(items)}, {"next_cursor", ""}};
  if (found->size() == *limit) out["next_cursor"] = std::to_string(*from + *limit);
  return json_answer(out);
}

Result<http::Response> list(const RestContext& context) {
  bj::array items;
  for (const auto& folder : context.transfers.folders().list()) {
    items.push_back(to_json(folder, json::schema::kFolder));
  }
  return list_answer("shoal/folders/1", std::move(items));
}

}  // namespace

void add_folder_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/folders", [&](const http::Request&) { return list(context); });
  router.add("POST", "/v1/folders",
             [&](const http::Request& request) { return start(context, request); });
  router.add("GET", "/v1/folders/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto status = status_of(context, request);
               if (!status) return tl::unexpected(status.error());
               return json_answer(to_json(*status, json::schema::kFolder));
             });
  router.add("POST", "/v1/folders/{id}/pause", [&](const http::Request& request) {
    return change(context, request, &transfer::FolderManager::pause);
  });
  router.add("POST", "/v1/folders/{id}/resume", [&](const http::Request& request) {
    return change(context, request, &transfer::FolderManager::go_on);
  });
  router.add("GET", "/v1/folders/{id}/files",
             [&](const http::Request& request) { return files(context, request); });
  router.add_stream("GET", "/v1/folders/{id}/events",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return follow(context, request, writer);
                    });
  router.add("DELETE", "/v1/folders/{id}",
             [&](const http::Request& request) -> Result<http::Response> {
               const auto status = status_of(context, request);
               if (!status) return tl::unexpected(status.error());
               if (auto gone = context.transfers.folders().cancel(status->id); !gone) {
                 return tl::unexpected(gone.error());
               }
               return http::Response::nothing();
             });
}

}  // namespace shoal::daemon
