// SPDX-License-Identifier: Apache-2.0
#include "broker/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "proto/types/limits_broker.h"
#include "proto/types/percent.h"
#include "proto/types/utf8.h"

namespace shoal::broker {
namespace {

constexpr std::string_view kScheme = "amqp://";

tl::unexpected<Error> wrong(std::string why) {
  return fail(Errc::kInvalidArgument, "not a broker's URL", std::move(why),
              "amqp://user:password@host:5672/vhost");
}

std::optional<std::string> decoded(std::string_view text) {
  auto out = percent_decoded(text);
  if (!out || out->size() > limits::kBrokerNameMax || !is_utf8(*out)) return std::nullopt;
  const bool plain = std::ranges::none_of(
      *out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return plain ? out : std::nullopt;
}

bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_' || c == ':';
}

Result<void> read_place(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return wrong("its address has no end");
    url.host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return wrong("after its address stands no port");
  } else {
    const auto colon = text.find(':');
    url.host = text.substr(0, colon);
    if (colon != std::string_view::npos) port = text.substr(colon);
  }
  if (url.host.empty() || !std::ranges::all_of(url.host, is_host_character)) {
    return wrong("it names no host");
  }
  if (port.empty()) return {};
  port.remove_prefix(1);
  const auto [at, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (error != std::errc() || at != port.data() + port.size() || url.port == 0) {
    return wrong("its port is no number from 1 to 65535");
  }
  return {};
}

}  // namespace

std::string Url::shown() const {
  const bool v6 = host.find(':') != std::string::npos;
  return std::string(kScheme) + (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) +
         (vhost.starts_with('/') ? vhost : "/" + vhost);
}

Result<Url> parse_url(std::string_view text) {
  if (text.size() > limits::kBrokerUrl) return wrong("it is too long");
  if (text.starts_with("amqps://")) {
    return wrong("amqps is not offered: put a tunnel in front of the broker");
  }
  if (!text.starts_with(kScheme)) return wrong("it does not begin with amqp://");
  text.remove_prefix(kScheme.size());
  Url url;
  if (const auto slash = text.find('/'); slash != std::string_view::npos) {
    const auto vhost = decoded(text.substr(slash + 1));
    if (!vhost || text.find('/', slash + 1) != std::string_view::npos) {
      return wrong("its vhost is not well formed: write / as %2F");
    }
    if (!vhost->empty()) url.vhost = *vhost;
    text = text.substr(0, slash);
  }
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    const auto who = text.substr(0, at);
    const auto colon = who.find(':');
    const auto user = decoded(who.substr(0, colon));
    const auto password =
        decoded(colon == std::string_view::npos ? std::string_view() : who.substr(colon + 1));
    if (!user || user->empty() || !password)
      return wrong("its user or password is not well formed");
    url.user = *user;
    url.password = *password;
    text.remove_prefix(at + 1);
  }
  if (auto read = read_place(text, url); !read) return tl::unexpected(read.error());
  return url;
}

}  // namespace shoal::broker
