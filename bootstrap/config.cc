// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/config.h"

#include <arpa/inet.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <system_error>
#include <utility>

namespace shoal::bootstrap {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 6> kLogLevels = {"trace", "debug", "info",
                                                        "warn",  "error", "off"};
constexpr std::size_t kHostsMax = 16;

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

std::string home() {
  const char* const value = std::getenv("HOME");
  return value == nullptr ? "" : value;
}

// Reads the one mapping of a file. The first error sticks.
class Reader {
 public:
  explicit Reader(const std::string& file) : file_(file) {}

  Result<Config> read(const YAML::Node& root) {
    if (root.IsNull()) return config_;
    if (!root.IsMap()) return error_at(root.Mark(), "the file is no mapping of keys to values");
    std::set<std::string> seen;
    for (const auto& pair : root) {
      if (!pair.first.IsScalar()) return error_at(pair.first.Mark(), "a key is no text");
      const std::string& key = pair.first.Scalar();
      if (!seen.insert(key).second)
        return error_at(pair.first.Mark(), "\"" + key + "\" stands twice");
      const std::string wrong = take(key, pair.second);
      if (wrong == kUnknown) {
        return error_at(pair.first.Mark(), "unknown key \"" + key + "\"",
                        "known keys: listen, data, store, hosts, proxies, lease, index, log");
      }
      // What is not there has no place of its own.
      const YAML::Node& culprit = pair.second.IsNull() ? pair.first : pair.second;
      if (!wrong.empty()) return error_at(culprit.Mark(), key + ": " + wrong);
    }
    return config_;
  }

  [[nodiscard]] tl::unexpected<Error> error_at(const YAML::Mark& mark, std::string why,
                                               std::string next = {}) const {
    const std::string place = mark.is_null() ? file_
                                             : file_ + ":" + std::to_string(mark.line + 1) + ":" +
                                                   std::to_string(mark.column + 1);
    if (next.empty()) next = "configs/directory.yaml explains every key";
    return fail(Errc::kConfig, place + ": the configuration is invalid", std::move(why),
                std::move(next));
  }

 private:
  static constexpr std::string_view kUnknown = "unknown";

  // What is wrong with the value; empty: nothing.
  std::string take(const std::string& key, const YAML::Node& value) {
    if (key == "hosts") return take_list(value, config_.hosts);
    if (key == "proxies") return take_proxies(value);
    constexpr std::array<std::string_view, 6> kOfOneValue = {"listen", "data",  "store",
                                                             "lease",  "index", "log"};
    if (std::ranges::find(kOfOneValue, key) == kOfOneValue.end()) return std::string(kUnknown);
    if (!value.IsScalar() || value.Scalar().empty()) return "a value is missing";
    const std::string& text = value.Scalar();
    if (key == "listen") {
      const auto listen = parse_listen(text);
      if (!listen) return listen.error().why;
      config_.listen = *listen;
    } else if (key == "data") {
      config_.data = text.starts_with("~/") ? home() + text.substr(1) : text;
    } else if (key == "store") {
      const auto store = parse_store(text);
      if (!store) return store.error().why;
      config_.store = *store;
    } else if (key == "lease") {
      const auto lease = duration_of(text);
      if (!lease || *lease < limits::kLeaseTimeMin || *lease > milliseconds(limits::kLeaseTime)) {
        return "it is no time from 500ms to 90s, such as 90s";
      }
      config_.lease = *lease;
    } else if (key == "index") {
      if (text != "true" && text != "false") return "it is neither true nor false";
      config_.index = text == "true";
    } else {
      if (std::ranges::find(kLogLevels, text) == kLogLevels.end()) {
        return "it is none of trace, debug, info, warn, error, off";
      }
      config_.log = text;
    }
    return {};
  }

  std::string take_proxies(const YAML::Node& value) {
    if (auto wrong = take_list(value, config_.proxies); !wrong.empty()) return wrong;
    const bool good = std::ranges::all_of(config_.proxies, is_numeric);
    return good ? "" : "one of them is no numeric address";
  }

  std::string take_list(const YAML::Node& value, std::vector<std::string>& list) {
    if (!value.IsSequence() || value.size() > kHostsMax) return "it is no list of up to 16 names";
    for (const auto& item : value) {
      if (!item.IsScalar() || item.Scalar().empty()) return "a name in it is no text";
      list.push_back(item.Scalar());
    }
    return {};
  }

  const std::string& file_;
  Config config_;
};

}  // namespace

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

Result<Config> parse_config(const std::string& text, const std::string& file) {
  Reader reader(file);
  if (text.size() > limits::kConfigBytes) {
    return reader.error_at(YAML::Mark::null_mark(),
                           "it is longer than " + std::to_string(limits::kConfigBytes) + " bytes");
  }
  try {
    return reader.read(YAML::Load(text));
  } catch (const YAML::Exception& exception) {
    return reader.error_at(exception.mark, exception.msg);
  }
}

Result<Config> load_config(const std::string& file) {
  const auto unreadable = [&](const std::string& why) {
    return fail(Errc::kConfig, "cannot read the configuration " + file, why,
                "give another file with --config, or none");
  };
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) return unreadable(std::generic_category().message(errno));
  // One byte more than allowed tells that it is too long, whatever its length.
  std::string text(limits::kConfigBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return unreadable("reading failed");
  if (in.gcount() == 0 && !in.eof()) return unreadable("it is no file");
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse_config(text, file);
}

std::string default_data() {
  const char* const xdg = std::getenv("XDG_DATA_HOME");
  if (xdg != nullptr && xdg[0] == '/') return std::string(xdg) + "/shoal-directory";
  const std::string base = home();
  return base.empty() ? "" : base + "/.local/share/shoal-directory";
}

}  // namespace shoal::bootstrap
