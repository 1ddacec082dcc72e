// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/put_record.h"

#include <boost/json.hpp>

#include "proto/json/reader.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using transfer::PutRequest;

// A path is bytes, JSON is text.
std::string hex(const std::string& bytes) {
  return to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}
bool from_hex_text(const std::string& text, std::string& bytes) {
  bytes.resize(text.size() / 2);
  return from_hex(text, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
}

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

}  // namespace shoal::daemon
