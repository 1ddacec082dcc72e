// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/transfer_record.h"

#include <array>
#include <boost/json.hpp>

#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::DownloadState;
using transfer::DownloadStatus;
using transfer::SourceStatus;

constexpr std::array kEnded{DownloadState::kDone, DownloadState::kFailed,
                            DownloadState::kCancelled};
constexpr std::array kSourceStates{SourceStatus::State::kDialled, SourceStatus::State::kQueued,
                                   SourceStatus::State::kUp, SourceStatus::State::kLost,
                                   SourceStatus::State::kSetAside};

// A path is bytes, JSON is text.
std::string hex(const std::string& bytes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}
bool from_hex_text(const std::string& text, std::string& bytes) {
  bytes.resize(text.size() / 2);
  return from_hex(text, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
}

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
  bool known = false;
  for (const auto one : kEnded) {
    if (to_text(one) != state) continue;
    out.state = one;
    known = true;
  }
  if (!known || from->size() > limits::kSourcesKnown) return std::nullopt;
  for (const auto& one : *from) {
    if (!read_source(one, out.from.emplace_back())) return std::nullopt;
  }
  if (error != nullptr) {
    if (auto read = json::error_from_json(*error)) out.error = std::move(*read);
  }
  return out;
}

}  // namespace shoal::daemon
