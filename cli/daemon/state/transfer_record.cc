// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/transfer_record.h"

#include <array>
#include <boost/json.hpp>

#include "cli/daemon/state/record_text.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::DownloadState;
using transfer::DownloadStatus;
using transfer::FolderStatus;
using transfer::SourceStatus;

constexpr std::array kEnded{DownloadState::kDone, DownloadState::kFailed,
                            DownloadState::kCancelled};
constexpr std::array kSourceStates{SourceStatus::State::kDialled,  SourceStatus::State::kQueued,
                                   SourceStatus::State::kUp,       SourceStatus::State::kLost,
                                   SourceStatus::State::kSetAside, SourceStatus::State::kStalled};

bool read_source(const bj::value& value, SourceStatus& into) {
  std::string peer;
  std::string state;
  json::ObjectReader in(value, "a source");
  in.required("peer", peer).required("state", state).required("bytes", into.bytes);
  in.optional("why", into.why);
  const auto id = parse_peer_id(peer);
  if (!in.ignore_others().finish() || !id) return false;
  into.peer = *id;
  for (const auto one : kSourceStates) {
    if (to_text(one) == state) into.state = one;
  }
  return true;
}

// False: none that ended.
bool read_state(const std::string& text, DownloadState& into) {
  for (const auto one : kEnded) {
    if (to_text(one) != text) continue;
    into = one;
    return true;
  }
  return false;
}

void read_error(const bj::object* error, std::optional<Error>& into) {
  if (error == nullptr) return;
  if (auto read = json::error_from_json(*error)) into = std::move(*read);
}

}  // namespace

std::string to_record(const DownloadStatus& status) {
  bj::array from;
  for (const SourceStatus& one : status.from) {
    from.push_back({{"peer", to_text(one.peer)},
                    {"state", to_text(one.state)},
                    {"bytes", one.bytes},
                    {"why", scrub(one.why)}});
  }
  bj::object out{{"id", status.id},
                 {"content", to_text(status.content)},
                 {"state", to_text(status.state)},
                 {"name", hex(status.name)},
                 {"folder", hex(status.folder)},
                 {"path", hex(status.path)},
                 {"bytes_done", status.bytes_done},
                 {"bytes_found", status.bytes_found},
                 {"bytes_wasted", status.bytes_wasted},
                 {"began", status.began},
                 {"busy_ms", status.busy_ms},
                 {"from", std::move(from)}};
  if (status.error) out["error"] = json::to_json(*status.error);
  return bj::serialize(out);
}

std::optional<DownloadStatus> from_record(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  DownloadStatus out;
  std::string content;
  std::string state;
  std::string name;
  std::string folder;
  std::string path;
  const bj::array* from = nullptr;
  const bj::object* error = nullptr;
  json::ObjectReader in(*value, "an ended transfer");
  in.required("id", out.id).required("content", content).required("state", state);
  in.required("name", name).required("folder", folder).required("path", path);
  in.required("bytes_done", out.bytes_done).required("bytes_found", out.bytes_found);
  in.required("bytes_wasted", out.bytes_wasted).required("began", out.began);
  in.required("busy_ms", out.busy_ms).required("from", from).optional("error", error);
  if (!in.ignore_others().finish()) return std::nullopt;
  const auto id = parse_content_id(content);
  if (!id || id->length > limits::kFileBytesMax) return std::nullopt;
  out.content = *id;
  if (!from_hex_text(name, out.name) || !from_hex_text(folder, out.folder) ||
      !from_hex_text(path, out.path)) {
    return std::nullopt;
  }
  if (!read_state(state, out.state) || from->size() > limits::kSourcesKnown) return std::nullopt;
  for (const auto& one : *from) {
    if (!read_source(one, out.from.emplace_back())) return std::nullopt;
  }
  read_error(error, out.error);
  return out;
}

std::string to_record(const FolderStatus& folder) {
  bj::object out{{"id", folder.id},
                 {"content", to_text(folder.content)},
                 {"state", to_text(folder.state)},
                 {"name", hex(folder.name)},
                 {"folder", hex(folder.folder)},
                 {"path", hex(folder.path)},
                 {"listed", folder.listed},
                 {"files_total", folder.files_total},
                 {"files_selected", folder.files_selected},
                 {"files_done", folder.files_done},
                 {"names_changed", folder.names_changed},
                 {"bytes_total", folder.bytes_total},
                 {"bytes_done", folder.bytes_done},
                 {"bytes_found", folder.bytes_found}};
  if (folder.error) out["error"] = json::to_json(*folder.error);
  return bj::serialize(out);
}

std::optional<FolderStatus> ended_folder_from_record(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  FolderStatus out;
  std::string content;
  std::string state;
  std::string name;
  std::string folder;
  std::string path;
  const bj::object* error = nullptr;
  json::ObjectReader in(*value, "an ended folder");
  in.required("id", out.id).required("content", content).required("state", state);
  in.required("name", name).required("folder", folder).required("path", path);
  in.required("listed", out.listed).required("files_total", out.files_total);
  in.required("files_selected", out.files_selected).required("files_done", out.files_done);
  in.required("names_changed", out.names_changed).required("bytes_total", out.bytes_total);
  in.required("bytes_done", out.bytes_done).required("bytes_found", out.bytes_found);
  in.optional("error", error);
  if (!in.ignore_others().finish()) return std::nullopt;
  const auto id = parse_content_id(content);
  if (!id || id->length > limits::kListingBytes) return std::nullopt;
  out.content = *id;
  if (!from_hex_text(name, out.name) || !from_hex_text(folder, out.folder) ||
      !from_hex_text(path, out.path) || !read_state(state, out.state)) {
    return std::nullopt;
  }
  read_error(error, out.error);
  return out;
}

}  // namespace shoal::daemon
