// SPDX-License-Identifier: Apache-2.0
// network.join, by whom an open network is joined, and how often its views are shuffled.
#include <algorithm>

#include "cli/config/settings.h"
#include "proto/rpc/endpoint.h"
#include "proto/types/limits_join.h"

namespace shoal::config {
namespace {

std::optional<Trouble> add_place(const Item& item, std::vector<JoinPlace>& out) {
  if (item.kind != Item::Kind::kScalar) return item.trouble("one value is expected here");
  JoinPlace place;
  if (item.text.starts_with("shoal://")) {
    auto url = rpc::parse_friend_url(item.text);
    if (!url) return item.trouble(url.error().what + ": " + url.error().why, url.error().next);
    place.url = std::move(*url);
  } else {
    place.place = item.text.starts_with("http://") ? item.text.substr(7) : item.text;
    while (place.place.ends_with('/')) place.place.pop_back();
    if (!rpc::is_endpoint(place.place)) {
      return item.trouble(
          "\"" + item.text.substr(0, 80) + "\" is neither a peer's URL nor host:port",
          "`shoal status` prints a peer's URL");
    }
  }
  if (std::ranges::find(out, place) != out.end()) return item.trouble("it is listed twice");
  out.push_back(std::move(place));
  return std::nullopt;
}

}  // namespace

std::optional<Trouble> set_join(const Item& value, Config& config) {
  config.join.clear();
  if (value.kind == Item::Kind::kNull) return std::nullopt;  // all its lines are commented out
  if (value.kind != Item::Kind::kList) return value.trouble("a list is expected here");
  if (value.items.size() > limits::kConfigJoinMax) {
    return value.trouble("it has more than " + std::to_string(limits::kConfigJoinMax) + " entries");
  }
  for (const Item& item : value.items) {
    if (auto wrong = add_place(item, config.join)) return wrong;
  }
  return std::nullopt;
}

std::string show_join(const Config& config) {
  std::string out = "[";
  for (const JoinPlace& place : config.join) {
    const std::string text = place.url ? rpc::to_text(*place.url) : place.place;
    out += (out.size() > 1 ? ", \"" : "\"") + text + "\"";
  }
  return out + "]";
}

std::optional<Trouble> set_cycle(const Item& value, Config& config) {
  if (value.kind != Item::Kind::kScalar) return value.trouble("one value is expected here");
  const auto cycle = parse_duration(value.text);
  if (!cycle) return value.trouble(cycle.error().what, cycle.error().next);
  if (*cycle < std::chrono::milliseconds(100)) return value.trouble("it is shorter than 100ms");
  config.cycle = *cycle;
  return std::nullopt;
}

}  // namespace shoal::config
