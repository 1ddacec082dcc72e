// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/put_record.h"

#include <array>
#include <boost/json.hpp>

#include "cli/daemon/state/record_text.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::PutRequest;
using transfer::PutState;
using transfer::PutStatus;

constexpr std::array kEnded{PutState::kDone, PutState::kFailed, PutState::kCancelled};
constexpr std::array kFates{transfer::Fate::kWaiting, transfer::Fate::kShared,
                            transfer::Fate::kHere};

bool read(const bj::value& value, PutRequest& into) {
  std::string peer;
  std::string path;
  std::string name;
  transfer::PutStamp stamp;
  json::ObjectReader in(value, "a put");
  in.required("to", peer).required("path", path).required("name", name);
  in.required("size", stamp.size).required("mtime_ns", stamp.mtime_ns);
  if (!in.ignore_others().finish()) return false;
  const auto id = parse_peer_id(peer);
  if (!id || !from_hex_text(path, into.path) || !from_hex_text(name, into.name)) return false;
  into.peer = *id;
  into.stamp = stamp;
  return into.path.starts_with('/') && into.name.size() <= limits::kOfferName;
}

}  // namespace

std::string to_record(const std::vector<PutRequest>& puts) {
  if (puts.empty()) return {};
  bj::array out;
  for (const PutRequest& put : puts) {
    const transfer::PutStamp stamp = put.stamp.value_or(transfer::PutStamp{});
    out.push_back({{"to", to_text(put.peer)},
                   {"path", hex(put.path)},
                   {"name", hex(put.name)},
                   {"size", stamp.size},
                   {"mtime_ns", stamp.mtime_ns}});
  }
  return bj::serialize(out);
}

std::vector<PutRequest> puts_from_record(std::string_view text) {
  std::vector<PutRequest> puts;
  const auto value = json::parse(text);
  if (!value || !value->is_array()) return puts;
  for (const auto& item : value->get_array()) {
    PutRequest put;
    if (puts.size() < limits::kPutsMax && read(item, put)) puts.push_back(std::move(put));
  }
  return puts;
}

std::string ended_to_record(const PutStatus& put) {
  bj::object out{{"id", put.id},
                 {"to", to_text(put.peer)},
                 {"path", hex(put.path)},
                 {"name", hex(put.name)},
                 {"content", to_text(put.content)},
                 {"state", to_text(put.state)},
                 {"bytes_done", put.bytes_done},
                 {"bytes_found", put.bytes_found},
                 {"fate", put.fate ? to_text(*put.fate) : ""}};
  if (put.error) out["error"] = json::to_json(*put.error);
  return bj::serialize(out);
}

std::optional<PutStatus> ended_put_from_record(std::string_view text) {
  const auto value = json::parse(text);
  if (!value) return std::nullopt;
  PutStatus out;
  std::string peer;
  std::string path;
  std::string name;
  std::string content;
  std::string state;
  std::string fate;
  const bj::object* error = nullptr;
  json::ObjectReader in(*value, "an ended put");
  in.required("id", out.id).required("to", peer).required("path", path).required("name", name);
  in.required("content", content).required("state", state).required("fate", fate);
  in.required("bytes_done", out.bytes_done).required("bytes_found", out.bytes_found);
  in.optional("error", error);
  if (!in.ignore_others().finish()) return std::nullopt;
  const auto id = parse_content_id(content);
  const auto to = parse_peer_id(peer);
  if (!id || id->length > limits::kFileBytesMax || !to) return std::nullopt;
  if (!from_hex_text(path, out.path) || !from_hex_text(name, out.name)) return std::nullopt;
  out.content = *id;
  out.peer = *to;
  bool known = false;
  for (const auto one : kEnded) {
    if (to_text(one) != state) continue;
    out.state = one;
    known = true;
  }
  for (const auto one : kFates) {
    if (to_text(one) == fate) out.fate = one;
  }
  if (!known) return std::nullopt;
  if (error != nullptr) {
    if (auto read = json::error_from_json(*error)) out.error = std::move(*read);
  }
  return out;
}

}  // namespace shoal::daemon
