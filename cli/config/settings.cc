// SPDX-License-Identifier: Apache-2.0
#include "cli/config/settings.h"

#include <algorithm>
#include <array>

#include "broker/url.h"
#include "cli/config/values.h"
#include "proto/rpc/endpoint.h"
#include "proto/types/limits_broker.h"
#include "proto/types/limits_join.h"

namespace shoal::config {
namespace {

constexpr std::array kPolicies{Word<AcceptPolicy>{"listed", AcceptPolicy::kListed},
                               Word<AcceptPolicy>{"directory", AcceptPolicy::kDirectory},
                               Word<AcceptPolicy>{"anyone", AcceptPolicy::kAnyone}};
constexpr std::array kTrust{Word<bool>{"first-contact", false}, Word<bool>{"pinned-only", true}};
constexpr std::array kRules{Word<DuplicateRule>{"deepest", DuplicateRule::kDeepest},
                            Word<DuplicateRule>{"classic", DuplicateRule::kClassic}};
/// What is on or off; shown as the first two.
constexpr std::array kSwitch{Word<bool>{"on", true}, Word<bool>{"off", false},
                             Word<bool>{"true", true}, Word<bool>{"false", false}};
constexpr std::array kModes{Word<bool>{"friends", false}, Word<bool>{"open", true}};
constexpr std::array kMemberships{
    Word<MembershipChoice>{"friends", MembershipChoice::kFriends},
    Word<MembershipChoice>{"hyparview", MembershipChoice::kHyParView}};
constexpr std::array kInboxPolicies{Word<InboxPolicy>{"ask", InboxPolicy::kAsk},
                                    Word<InboxPolicy>{"share", InboxPolicy::kShare},
                                    Word<InboxPolicy>{"off", InboxPolicy::kOff}};
constexpr std::array kFormats{Word<LogFormat>{"auto", LogFormat::kAuto},
                              Word<LogFormat>{"text", LogFormat::kText},
                              Word<LogFormat>{"json", LogFormat::kJson}};
constexpr std::array<std::string_view, 5> kLevels{"debug", "info", "warning", "error", "off"};

Wrong set_record(const Item& value, Config& config) {
  if (value.kind != Item::Kind::kScalar || !value.text.empty()) {
    return set_path(value, config.record_file);
  }
  config.record_file.clear();
  return std::nullopt;
}

Wrong set_announce(const Item& value, Config& config) {
  config.announce.clear();
  return each(value, limits::kEndpointsMax, [&](const Item& item) -> Wrong {
    std::string text;
    if (auto wrong = set_text(item, text, kTextMax)) return wrong;
    if (!rpc::is_endpoint(text) && !rpc::is_endpoint(text + ":1")) {
      return item.trouble("\"" + text + "\" is neither a host nor host:port");
    }
    config.announce.push_back(text);
    return std::nullopt;
  });
}

Wrong set_directory(const Item& value, Config& config) {
  std::string text;
  if (auto wrong = set_text(value, text, kTextMax, true)) return wrong;
  while (text.ends_with('/') && text.size() > 8) text.pop_back();
  const std::string host = text.starts_with("http://") ? text.substr(7) : "";
  if (!text.empty() && !rpc::is_endpoint(host)) {
    return value.trouble("\"" + text + "\" is no http://host:port");
  }
  config.directory_url = text;
  return std::nullopt;
}

Wrong set_broker(const Item& value, Config& config) {
  std::string text;
  if (auto wrong = set_text(value, text, limits::kBrokerUrl, true)) return wrong;
  if (!text.empty()) {
    if (const auto url = broker::parse_url(text); !url) {
      return value.trouble(url.error().what + ": " + url.error().why, url.error().next);
    }
  }
  config.broker_url = text;
  return std::nullopt;
}

// Never with its password.
std::string show_broker(const Config& config) {
  const auto url = broker::parse_url(config.broker_url);
  return url ? url->shown() : std::string();
}

Wrong set_level(const Item& value, Config& config) {
  if (auto wrong = want_scalar(value)) return wrong;
  if (std::ranges::find(kLevels, value.text) == kLevels.end()) {
    return value.trouble("\"" + value.text.substr(0, 40) +
                         "\" is none of debug, info, warning, error, off");
  }
  config.log_level = value.text;
  return std::nullopt;
}

Wrong set_shares(const Item& value, Config& config) {
  config.shares.clear();
  return each(value, limits::kConfigSharesMax,
              [&](const Item& item) { return set_path(item, config.shares.emplace_back()); });
}

Wrong set_overlays(const Item& value, Config& config) {
  config.overlays.clear();
  return each(value, limits::kConfigOverlaysMax, [&](const Item& item) {
    return set_text(item, config.overlays.emplace_back(), kTextMax);
  });
}

std::string show_list(const std::vector<std::string>& list) {
  std::string out = "[";
  for (const auto& item : list) out += (out.size() > 1 ? ", " : "") + quoted(item);
  return out + "]";
}

using C = Config;
using I = Item;

constexpr std::array kSettings{
    Setting{"config_version", false,
            [](const I& v, C&) {
              unsigned version = 0;
              return set_number(v, version, 1, 1);
            },
            [](const C&) { return std::string("1"); }},
    Setting{"name", false,
            [](const I& v, C& c) { return set_text(v, c.name, limits::kPeerNameMax); },
            [](const C& c) { return c.name; }},
    Setting{"listen.address", false,
            [](const I& v, C& c) { return set_address(v, c.listen_address); },
            [](const C& c) { return c.listen_address; }},
    Setting{"listen.port", false,
            [](const I& v, C& c) { return set_number(v, c.listen_port, 0, 65535); },
            [](const C& c) { return std::to_string(c.listen_port); }},
    Setting{"listen.announce", true, set_announce,
            [](const C& c) { return show_list(c.announce); }},
    Setting{"rest", false, [](const I& v, C& c) { return set_word(v, c.rest_on, kSwitch); },
            [](const C& c) { return show_word(c.rest_on, kSwitch); }},
    Setting{"rest.address", false, [](const I& v, C& c) { return set_address(v, c.rest_address); },
            [](const C& c) { return c.rest_address; }},
    Setting{"rest.port", false,
            [](const I& v, C& c) { return set_number(v, c.rest_port, 0, 65535); },
            [](const C& c) { return std::to_string(c.rest_port); }},
    Setting{"rest.public", false,
            [](const I& v, C& c) { return set_word(v, c.rest_public, kSwitch); },
            [](const C& c) { return show_word(c.rest_public, kSwitch); }},
    Setting{"network", false, [](const I& v, C& c) { return set_text(v, c.network, 64); },
            [](const C& c) { return c.network; }},
    Setting{"network.name", false, [](const I& v, C& c) { return set_text(v, c.network, 64); },
            [](const C& c) { return c.network; }},
    Setting{"network.mode", false, [](const I& v, C& c) { return set_word(v, c.open, kModes); },
            [](const C& c) { return show_word(c.open, kModes); }},
    Setting{"network.membership", false,
            [](const I& v, C& c) { return set_word(v, c.membership, kMemberships); },
            [](const C& c) { return show_word(c.membership, kMemberships); }},
    Setting{"network.join", true, set_join, show_join},
    Setting{"network.active", false,
            [](const I& v, C& c) { return set_number(v, c.active, 1, limits::kConfigActiveMax); },
            [](const C& c) { return std::to_string(c.active); }},
    Setting{"network.passive", false,
            [](const I& v, C& c) { return set_number(v, c.passive, 0, limits::kPassiveViewMax); },
            [](const C& c) { return std::to_string(c.passive); }},
    Setting{"network.cycle", false, set_cycle, [](const C& c) { return to_text(c.cycle); }},
    Setting{"network.overlays", true, set_overlays,
            [](const C& c) { return show_list(c.overlays); }},
    Setting{"friends", true, set_friends, show_friends},
    Setting{"trust", false, [](const I& v, C& c) { return set_word(v, c.pinned_only, kTrust); },
            [](const C& c) { return show_word(c.pinned_only, kTrust); }},
    Setting{"accept", false, [](const I& v, C& c) { return set_word(v, c.accept, kPolicies); },
            [](const C& c) { return show_word(c.accept, kPolicies); }},
    Setting{"directory.url", false, set_directory, [](const C& c) { return c.directory_url; }},
    Setting{"directory.index", false,
            [](const I& v, C& c) { return set_word(v, c.directory_index, kSwitch); },
            [](const C& c) { return show_word(c.directory_index, kSwitch); }},
    Setting{"broker.url", false, set_broker, show_broker},
    Setting{"search.via", false,
            [](const I& v, C& c) { return set_text(v, c.search_via, kTextMax); },
            [](const C& c) { return c.search_via; }},
    Setting{"search.ttl", false,
            [](const I& v, C& c) { return set_number(v, c.search_ttl, 1, limits::kTtlLimit); },
            [](const C& c) { return std::to_string(c.search_ttl); }},
    Setting{"search.budget", false,
            [](const I& v, C& c) { return set_duration(v, c.search_budget); },
            [](const C& c) { return to_text(c.search_budget); }},
    Setting{"search.rule", false,
            [](const I& v, C& c) { return set_word(v, c.search_rule, kRules); },
            [](const C& c) { return show_word(c.search_rule, kRules); }},
    Setting{"download.folder", false,
            [](const I& v, C& c) { return set_path(v, c.download_folder); },
            [](const C& c) { return c.download_folder; }},
    Setting{"download.keep_free", false,
            [](const I& v, C& c) { return set_size(v, c.download_keep_free); },
            [](const C& c) { return size_text(c.download_keep_free); }},
    Setting{"upload.rate", false, [](const I& v, C& c) { return set_rate(v, c.upload_rate); },
            [](const C& c) { return rate_text(c.upload_rate); }},
    Setting{"upload.rate_per_friend", false,
            [](const I& v, C& c) { return set_rate(v, c.upload_rate_per_friend); },
            [](const C& c) { return rate_text(c.upload_rate_per_friend); }},
    Setting{
        "upload.slots", false,
        [](const I& v, C& c) { return set_number(v, c.upload_slots, 1, limits::kUploadSlotsMax); },
        [](const C& c) { return std::to_string(c.upload_slots); }},
    Setting{"upload.slots_per_friend", false,
            [](const I& v, C& c) {
              return set_number(v, c.upload_slots_per_friend, 1, limits::kUploadSlotsMax);
            },
            [](const C& c) { return std::to_string(c.upload_slots_per_friend); }},
    Setting{"inbox.accept", false,
            [](const I& v, C& c) { return set_word(v, c.inbox_accept, kInboxPolicies); },
            [](const C& c) { return show_word(c.inbox_accept, kInboxPolicies); }},
    Setting{"inbox.folder", false, [](const I& v, C& c) { return set_path(v, c.inbox_folder); },
            [](const C& c) { return c.inbox_folder; }},
    Setting{"inbox.quota", false, [](const I& v, C& c) { return set_size(v, c.inbox_quota); },
            [](const C& c) { return size_text(c.inbox_quota); }},
    Setting{"inbox.friend_quota", false,
            [](const I& v, C& c) { return set_size(v, c.inbox_friend_quota); },
            [](const C& c) { return size_text(c.inbox_friend_quota); }},
    Setting{"shares", true, set_shares, [](const C& c) { return show_list(c.shares); }},
    Setting{"rescan.interval", false, [](const I& v, C& c) { return set_duration(v, c.rescan); },
            [](const C& c) { return to_text(c.rescan); }},
    Setting{"record.file", false, set_record, [](const C& c) { return c.record_file; }},
    Setting{"log.level", false, set_level, [](const C& c) { return c.log_level; }},
    Setting{"log.format", false,
            [](const I& v, C& c) { return set_word(v, c.log_format, kFormats); },
            [](const C& c) { return show_word(c.log_format, kFormats); }},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* setting_of(std::string_view key) {
  const auto found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : &*found;
}

}  // namespace shoal::config
