// SPDX-License-Identifier: Apache-2.0
// How one value of a configuration is read, by its kind. Internal to this folder.
#pragma once

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/config/settings.h"

namespace shoal::config {

using Wrong = std::optional<Trouble>;

inline constexpr std::size_t kTextMax = 255;

Wrong want_scalar(const Item& value);
/// Text without control characters, at most `max` bytes.
Wrong set_text(const Item& value, std::string& out, std::size_t max, bool may_be_empty = false);
/// A numeric address.
Wrong set_address(const Item& value, std::string& out);
/// Absolute, or below "~/".
Wrong set_path(const Item& value, std::string& out);
Wrong set_duration(const Item& value, std::chrono::milliseconds& out);
Wrong set_size(const Item& value, std::uint64_t& out);
/// A text that reads back as the same scalar inside a flow list.
std::string quoted(const std::string& text);
/// Bytes per second, written as 2MB or 2MB/s; 0: no limit.
Wrong set_rate(const Item& value, std::uint64_t& out);

template <class T>
Wrong set_number(const Item& value, T& out, unsigned min, unsigned max) {
  if (auto wrong = want_scalar(value)) return wrong;
  unsigned number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [at, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc{} || at != end || number < min || number > max) {
    return value.trouble("\"" + value.text.substr(0, 40) + "\" is no whole number from " +
                         std::to_string(min) + " to " + std::to_string(max));
  }
  out = static_cast<T>(number);
  return std::nullopt;
}

template <class E>
struct Word {
  std::string_view text;
  E value;
};

template <class E, std::size_t N>
Wrong set_word(const Item& value, E& out, const std::array<Word<E>, N>& words) {
  if (auto wrong = want_scalar(value)) return wrong;
  std::vector<std::string> names;
  for (const auto& word : words) {
    if (value.text == word.text) {
      out = word.value;
      return std::nullopt;
    }
    names.emplace_back(word.text);
  }
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  const std::string near = nearest(value.text, names);
  return value.trouble("\"" + value.text.substr(0, 40) + "\" is none of " + list,
                       near.empty() ? "" : "did you mean " + near + "?");
}

template <class E, std::size_t N>
std::string show_word(E value, const std::array<Word<E>, N>& words) {
  for (const auto& word : words) {
    if (word.value == value) return std::string(word.text);
  }
  return {};
}

/// Null is an empty list: all its lines may be commented out.
inline Wrong each(const Item& value, std::size_t max, const auto& take) {
  if (value.kind == Item::Kind::kNull) return std::nullopt;
  if (value.kind != Item::Kind::kList) return value.trouble("a list is expected here");
  if (value.items.size() > max) {
    return value.trouble("it has more than " + std::to_string(max) + " entries");
  }
  for (const auto& item : value.items) {
    if (Wrong wrong = take(item)) return wrong;
  }
  return std::nullopt;
}

}  // namespace shoal::config
