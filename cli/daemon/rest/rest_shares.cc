// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <mutex>

#include "cli/daemon/rest/rest.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"
#include "transfer/library/library.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::Library;

bj::object to_json(const transfer::ShareInfo& share) {
  return {{"schema", json::schema::kShare}, {"path", scrub(share.path)},
          {"files", share.files},           {"bytes", share.bytes},
          {"state", to_text(share.state)},  {"errors", share.errors}};
}

bj::object to_json(const transfer::ScanSummary& summary) {
  auto out = to_json(summary.share);
  out["hashed"] = summary.hashed;
  out["forgotten"] = summary.forgotten;
  out["duplicates"] = summary.duplicates;
  out["changing"] = summary.changing;
  return out;
}

// Tells how a scan goes, ten times a second, and stops it when the client goes away.
transfer::OnProgress progress_to(http::StreamWriter& writer, const RestContext& context) {
  return [&, last = std::chrono::steady_clock::time_point()](
             const transfer::ScanProgress& progress) mutable {
    if (writer.closed() || context.stopping()) return false;
    const auto now = std::chrono::steady_clock::now();
    if (now - last < limits::kProgressEvery) return true;
    last = now;
    return writer.write(bj::serialize(bj::object{{"schema", json::schema::kShareProgress},
                                                 {"share", scrub(progress.share)},
                                                 {"files_done", progress.files},
                                                 {"files_total", progress.files_total},
                                                 {"bytes_done", progress.bytes},
                                                 {"bytes_total", progress.bytes_total}}));
  };
}

Result<void> share(const RestContext& context, const http::Request& request,
                   http::StreamWriter& writer) {
  auto body = body_of(request);
  if (!body) return tl::unexpected(body.error());
  std::string path;
  json::ObjectReader in(*body, "the share");
  in.required("path", path);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  if (!path.starts_with('/')) {
    return fail(Errc::kInvalidArgument, "cannot share " + path, "it is no absolute path");
  }
  auto summary = context.library.add_share(path, progress_to(writer, context));
  context.shares_changed();
  if (!summary) return tl::unexpected(summary.error());
  writer.write(bj::serialize(to_json(*summary)));
  return {};
}

Result<void> rescan(const RestContext& context, http::StreamWriter& writer) {
  writer.open();
  auto summaries = context.library.rescan(progress_to(writer, context));
  context.shares_changed();
  if (!summaries) return tl::unexpected(summaries.error());
  for (const auto& summary : *summaries) writer.write(bj::serialize(to_json(summary)));
  return {};
}

Result<http::Response> list(const RestContext& context) {
  const auto shares = context.library.shares();
  if (!shares) return tl::unexpected(shares.error());
  bj::array items;
  for (const auto& entry : *shares) items.push_back(to_json(entry));
  return list_answer("shoal/shares/1", std::move(items));
}

Result<http::Response> remove(const RestContext& context, const http::Request& request) {
  const auto path = request.query_value("path");
  if (!path) return fail(Errc::kInvalidArgument, "which share?", "the query has no path");
  if (auto gone = context.library.remove_share(*path); !gone) return tl::unexpected(gone.error());
  context.shares_changed();
  return http::Response::nothing();
}

Result<http::Response> files(const RestContext& context, const http::Request& request) {
  if (auto known = request.only_query({"q", "limit", "cursor"}); !known) {
    return tl::unexpected(known.error());
  }
  const auto limit = request.query_number("limit", limits::kFilesPage, 1, limits::kFilesPageMax);
  if (!limit) return tl::unexpected(limit.error());
  const auto after = request.query_number("cursor", 0, 0, INT64_MAX);
  if (!after) return tl::unexpected(after.error());
  const auto found = context.library.files(request.query_value("q").value_or(""), *limit,
                                           static_cast<std::int64_t>(*after));
  if (!found) return tl::unexpected(found.error());
  bj::array items;
  for (const auto& file : *found) {
    items.push_back(bj::object{{"content", shoal::to_text(file.content)},
                               {"name", scrub(file.name)},
                               {"size", file.content.length},
                               {"path", scrub(file.path)}});
  }
  bj::object out{{"schema", "shoal/files/1"}, {"items", std::move(items)}, {"next_cursor", ""}};
  if (found->size() == *limit) out["next_cursor"] = std::to_string(found->back().number);
  return json_answer(out);
}

Result<http::Response> errors(const RestContext& context) {
  const auto found = context.library.errors();
  if (!found) return tl::unexpected(found.error());
  bj::array items;
  for (const auto& error : *found) {
    items.push_back(bj::object{
        {"share", scrub(error.share)}, {"path", scrub(error.path)}, {"why", scrub(error.why)}});
  }
  return list_answer("shoal/share.errors/1", std::move(items));
}

}  // namespace

void add_share_routes(http::Router& router, const RestContext& context) {
  router.add("GET", "/v1/shares", [&](const http::Request&) { return list(context); });
  router.add_stream("POST", "/v1/shares",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return share(context, request, writer);
                    });
  router.add("DELETE", "/v1/shares",
             [&](const http::Request& request) { return remove(context, request); });
  router.add_stream(
      "POST", "/v1/shares/rescan",
      [&](const http::Request&, http::StreamWriter& writer) { return rescan(context, writer); });
  router.add("GET", "/v1/shares/files",
             [&](const http::Request& request) { return files(context, request); }, {.etag = true});
  router.add("GET", "/v1/shares/errors", [&](const http::Request&) { return errors(context); });
}

}  // namespace shoal::daemon
