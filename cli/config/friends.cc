// SPDX-License-Identifier: Apache-2.0
// friends: by URL, or by the place where whoever answers first is meant.
#include <array>

#include "cli/config/values.h"
#include "proto/types/place.h"

namespace shoal::config {
namespace {

constexpr std::array kRoles{Word<Role>{"primary", Role::kPrimary},
                            Word<Role>{"secondary", Role::kSecondary},
                            Word<Role>{"friend", Role::kFriend}};

Wrong set_url(const Item& url, ListedFriend& listed) {
  const auto place = place_in(url.text);
  if (!place) {
    auto parsed = rpc::parse_friend_url(url.text);
    if (!parsed)
      return url.trouble(parsed.error().what + ": " + parsed.error().why, parsed.error().next);
    listed.url = std::move(*parsed);
    return std::nullopt;
  }
  listed.place = *place;
  if (split_place(*place) && is_without_path(url.text)) return std::nullopt;
  return url.trouble("\"" + url.text.substr(0, 80) + "\" is no http://host:port");
}

Wrong set_friend(const Item& item, Config& config) {
  ListedFriend listed;
  const Item* url = &item;
  if (item.kind == Item::Kind::kMap) {
    url = nullptr;
    for (const auto& [key, value] : item.entries) {
      if (key.text == "url") {
        url = &value;
      } else if (key.text == "role") {
        if (auto wrong = set_word(value, listed.role, kRoles)) return wrong;
      } else if (key.text == "upload_rate") {
        if (auto wrong = set_rate(value, listed.upload_rate.emplace())) return wrong;
      } else {
        return key.trouble("a friend has no \"" + key.text + "\"",
                           "it has url, role and upload_rate");
      }
    }
    if (url == nullptr) return item.trouble("this friend has no url");
  }
  if (auto wrong = want_scalar(*url)) return wrong;
  if (auto wrong = set_url(*url, listed)) return wrong;
  for (const auto& other : config.friends) {
    if (other.url.id == listed.url.id && other.place == listed.place) {
      return url->trouble("this friend is listed twice");
    }
    if (listed.role != Role::kFriend && other.role == listed.role) {
      return item.trouble("there is a " + show_word(listed.role, kRoles) + " already",
                          "list this one as friend");
    }
  }
  config.friends.push_back(std::move(listed));
  return std::nullopt;
}

}  // namespace

Wrong set_friends(const Item& value, Config& config) {
  config.friends.clear();
  return each(value, limits::kConfigFriendsMax,
              [&](const Item& item) { return set_friend(item, config); });
}

std::string show_friends(const Config& config) {
  std::string out = "[";
  for (const auto& listed : config.friends) {
    out += std::string(out.size() > 1 ? ", " : "") + "{url: " +
           quoted(listed.place.empty() ? rpc::to_text(listed.url) : "http://" + listed.place) +
           ", role: " + show_word(listed.role, kRoles) +
           (listed.upload_rate ? ", upload_rate: " + rate_text(*listed.upload_rate) : "") + "}";
  }
  return out + "]";
}

}  // namespace shoal::config
