// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/settings.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <system_error>

#include "proto/yaml/nearest.h"

namespace shoal::bootstrap {
namespace {

using std::chrono::milliseconds;
using yaml::Item;
using Wrong = std::optional<yaml::Trouble>;

constexpr std::size_t kNamesMax = 16;

bool is_numeric(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1;
}

// "500ms", "90s" or "2m".
std::optional<milliseconds> duration_of(std::string_view text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit == "ms") return milliseconds(number);
  if (unit == "s") return std::chrono::seconds(number);
  if (unit == "m") return std::chrono::minutes(number);
  return std::nullopt;
}

Wrong want_text(const Item& value) {
  if (value.kind == Item::Kind::kScalar && !value.text.empty()) return std::nullopt;
  return value.trouble(value.kind == Item::Kind::kNull || value.text.empty()
                           ? "a value is missing"
                           : "one value is expected here");
}

// What undoes a variable or a line of a file, where the built-in value is none.
bool is_nothing(const Item& value) {
  return value.kind == Item::Kind::kScalar && value.text.empty();
}

Wrong set_listen(const Item& value, Config& config) {
  if (auto wrong = want_text(value)) return wrong;
  const auto listen = parse_listen(value.text);
  if (!listen) return value.trouble(listen.error().why, listen.error().next);
  config.listen = *listen;
  return std::nullopt;
}

Wrong set_data(const Item& value, Config& config) {
  if (auto wrong = want_text(value); wrong && !is_nothing(value)) return wrong;
  config.data = value.text;
  return std::nullopt;
}

Wrong set_store(const Item& value, Config& config) {
  config.store.clear();
  if (is_nothing(value)) return std::nullopt;
  if (auto wrong = want_text(value)) return wrong;
  const auto store = parse_store(value.text);
  if (!store) return value.trouble(store.error().why, store.error().next);
  config.store = *store;
  return std::nullopt;
}

Wrong set_names(const Item& value, std::vector<std::string>& out) {
  out.clear();
  if (value.kind == Item::Kind::kNull) return std::nullopt;  // all its lines may be comments
  if (value.kind != Item::Kind::kList || value.items.size() > kNamesMax) {
    return value.trouble("it is no list of up to " + std::to_string(kNamesMax) + " names");
  }
  for (const auto& item : value.items) {
    if (auto wrong = want_text(item)) return wrong;
    out.push_back(item.text);
  }
  return std::nullopt;
}

Wrong set_hosts(const Item& value, Config& config) { return set_names(value, config.hosts); }

Wrong set_proxies(const Item& value, Config& config) {
  if (auto wrong = set_names(value, config.proxies)) return wrong;
  for (const auto& item : value.items) {
    if (!is_numeric(item.text)) return item.trouble("\"" + item.text + "\" is no numeric address");
  }
  return std::nullopt;
}

Wrong set_lease(const Item& value, Config& config) {
  if (auto wrong = want_text(value)) return wrong;
  const auto lease = duration_of(value.text);
  if (!lease || *lease < limits::kLeaseTimeMin || *lease > milliseconds(limits::kLeaseTime)) {
    return value.trouble("it is no time from 500ms to 90s, such as 90s");
  }
  config.lease = *lease;
  return std::nullopt;
}

Wrong set_index(const Item& value, Config& config) {
  if (auto wrong = want_text(value)) return wrong;
  const bool on = value.text == "true" || value.text == "on";
  if (!on && value.text != "false" && value.text != "off") {
    return value.trouble("it is neither true nor false");
  }
  config.index = on;
  return std::nullopt;
}

Wrong set_log(const Item& value, Config& config) {
  const std::vector<std::string> levels{"trace", "debug", "info", "warn", "error", "off"};
  if (auto wrong = want_text(value)) return wrong;
  if (std::ranges::find(levels, value.text) == levels.end()) {
    const std::string near = yaml::nearest(value.text, levels);
    return value.trouble("it is none of trace, debug, info, warn, error, off",
                         near.empty() ? "" : "did you mean " + near + "?");
  }
  config.log = value.text;
  return std::nullopt;
}

constexpr std::array kSettings{
    Setting{"listen", false, set_listen},  Setting{"data", false, set_data},
    Setting{"store", false, set_store},    Setting{"hosts", true, set_hosts},
    Setting{"proxies", true, set_proxies}, Setting{"lease", false, set_lease},
    Setting{"index", false, set_index},    Setting{"log", false, set_log},
};

}  // namespace

std::span<const Setting> settings() { return kSettings; }

const Setting* setting_of(std::string_view key) {
  const auto* const found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : found;
}

Result<Listen> parse_listen(std::string_view text) {
  const auto bad = [&](std::string why) {
    return fail(Errc::kInvalidArgument, "cannot listen on \"" + std::string(text) + "\"",
                std::move(why), "for example 127.0.0.1:7400, or port 0 for any free one");
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad("it is not host:port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  if (brackets) host = host.substr(1, host.size() - 2);
  Listen listen{std::string(host), 0};
  const bool v6 = host.find(':') != std::string_view::npos;
  if (!is_numeric(listen.address) || v6 != brackets) {
    return bad("\"" + std::string(host) + "\" is no numeric address");
  }
  const char* const end = port.data() + port.size();
  const auto [at, error] = std::from_chars(port.data(), end, listen.port);
  if (error != std::errc{} || at != end) return bad("its port is no number from 0 to 65535");
  return listen;
}

Result<std::string> parse_store(const std::string& text) {
  if (text.starts_with("postgresql://") || text.starts_with("postgres://")) return text;
  return fail(Errc::kInvalidArgument, "cannot use that store", "it is no postgresql:// URL",
              "leave it out to keep all in a file below --data");
}

}  // namespace shoal::bootstrap
