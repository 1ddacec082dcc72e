// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/content_link.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/percent.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::rpc {
namespace {

constexpr std::string_view kScheme = "shoal:?";
constexpr std::size_t kRootDigits = 2 * Hash256::kSize;
constexpr std::size_t kCheckBytes = 4;

// Those that no value needs to have encoded.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~@:,").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view text) { return percent_encoded(text, is_plain); }

// Marks that people's programs leave as they are pass too.
std::optional<std::string> decoded(std::string_view text) {
  const bool known = std::ranges::all_of(text, [](char c) {
    return is_plain(c) || std::string_view("%/!$'()*;[]+").find(c) != std::string_view::npos;
  });
  auto out = known ? percent_decoded(text) : std::nullopt;
  return out && out->find('\0') == std::string::npos ? out : std::nullopt;
}

// CRC-32 as in IEEE 802.3.
std::uint32_t crc32(std::string_view text) {
  std::uint32_t crc = 0xffff'ffffU;
  for (const char c : text) {
    crc ^= static_cast<std::uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xedb8'8320U : 0U);
  }
  return ~crc;
}

// All but the beginning "shoal:?id=..".
std::string rest_of(const ContentLink& link) {
  std::string text = "&length=" + std::to_string(link.content.length);
  if (!link.name.empty()) text += "&name=" + encoded(link.name);
  for (const FriendUrl& source : link.sources) {
    const std::string url = to_text(source);
    std::string one = "&source=" + encoded(std::string_view(url).substr(url.find("//") + 2));
    if (text.size() + one.size() > limits::kLinkBytes - 2 * kRootDigits) break;
    text += one;
  }
  return text;
}

std::string check_of(const std::string& root, const std::string& rest) {
  const std::uint32_t crc = crc32(root + rest);
  std::array<std::uint8_t, kCheckBytes> bytes{};
  for (unsigned at = 0; at < kCheckBytes; ++at) {
    bytes[at] = static_cast<std::uint8_t>(crc >> (24U - 8U * at));
  }
  return to_hex(bytes);
}

tl::unexpected<Error> not_a_link(std::string_view text, std::string why) {
  return fail(Errc::kInvalidArgument, "not a link: " + disarm(text.substr(0, 60)), std::move(why),
              "copy it again, whole, as `shoal link FILE` prints it");
}

class Parser {
 public:
  explicit Parser(std::string_view text) : whole_(text) {}

  Result<ContentLink> parse() {
    if (whole_.size() > limits::kLinkBytes) {
      return not_a_link(whole_,
                        "it is longer than " + std::to_string(limits::kLinkBytes) + " characters");
    }
    if (!looks_like_link(whole_)) return not_a_link(whole_, "it does not begin with shoal:?");
    std::string_view rest = whole_.substr(kScheme.size());
    for (bool more = true; more;) {
      const auto end = rest.find('&');
      more = end != std::string_view::npos;
      if (auto done = part(rest.substr(0, end)); !done) return tl::unexpected(done.error());
      if (more) rest.remove_prefix(end + 1);
    }
    if (!id_ || !length_) {
      return not_a_link(
          whole_, std::string("it has no ") + (id_ ? "length" : "id") + ": some of it is missing");
    }
    if (check_ && *check_ != check_of(to_hex(link_.content.root.bytes), rest_of(link_))) {
      return not_a_link(whole_, "it was damaged on its way: its check digits do not fit");
    }
    return std::move(link_);
  }

 private:
  Result<void> part(std::string_view text) {
    const auto equals = text.find('=');
    const std::string name(text.substr(0, equals));
    if (equals == std::string_view::npos) {
      return not_a_link(whole_, "\"" + disarm(name.substr(0, 40)) + "\" has no value");
    }
    const auto value = decoded(text.substr(equals + 1));
    if (!value) {
      return not_a_link(whole_, "its " + disarm(name.substr(0, 40)) +
                                    " has a character that must be written as %XX");
    }
    if (name == "id") return id(*value);
    if (name == "length") return length(*value);
    if (name == "name") return file_name(*value);
    if (name == "source") return source(*value);
    return not_a_link(whole_, "it has \"" + disarm(name.substr(0, 40)) + "\", which no link has");
  }

  Result<void> id(const std::string& value) {
    if (std::exchange(id_, true)) return not_a_link(whole_, "it has two ids");
    const std::string_view text = value;
    const std::string_view tail = text.substr(std::min(kRootDigits, text.size()));
    std::array<std::uint8_t, kCheckBytes> check{};
    if (!from_hex(text.substr(0, kRootDigits), link_.content.root.bytes) ||
        !(tail.empty() || (tail.front() == '.' && from_hex(tail.substr(1), check)))) {
      return not_a_link(whole_, "its id is not 64 hexadecimal digits, a dot and 8 check digits");
    }
    if (!tail.empty()) check_ = to_hex(check);
    return {};
  }

  Result<void> length(const std::string& value) {
    if (std::exchange(length_, true)) return not_a_link(whole_, "it has two lengths");
    std::uint64_t& bytes = link_.content.length;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bytes);
    const bool canonical = value == "0" || !value.starts_with('0');
    if (error != std::errc{} || end != value.data() + value.size() || !canonical ||
        bytes > limits::kFileBytesMax) {
      return not_a_link(whole_, "its length is no number of bytes that a file can have");
    }
    return {};
  }

  Result<void> file_name(const std::string& value) {
    if (std::exchange(name_, true)) return not_a_link(whole_, "it has two names");
    if (value.empty() || value.size() > limits::kFileNameMax || !is_utf8(value)) {
      return not_a_link(whole_, "its name is not 1 to " + std::to_string(limits::kFileNameMax) +
                                    " bytes of text");
    }
    link_.name = value;
    return {};
  }

  Result<void> source(const std::string& value) {
    auto url = parse_friend_url("shoal://" + value);
    if (!url) return not_a_link(whole_, "a source of it is wrong: " + url.error().why);
    if (std::ranges::find(link_.sources, url->id, &FriendUrl::id) != link_.sources.end()) {
      return not_a_link(whole_, "it names one source twice");
    }
    if (link_.sources.size() == limits::kLinkSources) {
      return not_a_link(whole_,
                        "it has more than " + std::to_string(limits::kLinkSources) + " sources");
    }
    link_.sources.push_back(std::move(*url));
    return {};
  }

  const std::string_view whole_;
  ContentLink link_;
  std::optional<std::string> check_;
  bool id_ = false;
  bool length_ = false;
  bool name_ = false;
};

}  // namespace

std::string to_text(const ContentLink& link) {
  const std::string root = to_hex(link.content.root.bytes);
  const std::string rest = rest_of(link);
  return std::string(kScheme) + "id=" + root + "." + check_of(root, rest) + rest;
}

std::string fit_link_name(std::string name) {
  name = scrub(name);
  std::erase(name, '\0');
  const bool folder = name.ends_with('/');
  if (folder) name.pop_back();
  name = shorten(std::move(name), limits::kFileNameMax - 1);
  if (folder && !name.empty()) name += '/';
  return name;
}

bool looks_like_link(std::string_view text) { return text.starts_with(kScheme); }

Result<ContentLink> parse_content_link(std::string_view text) { return Parser(text).parse(); }

}  // namespace shoal::rpc
