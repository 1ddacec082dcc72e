// SPDX-License-Identifier: Apache-2.0
#include "proto/text/words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>

#include "proto/types/limits.h"

namespace shoal {
namespace {

using Codepoint = utf8proc_int32_t;

// Letters, digits and private use: what SQLite's unicode61 takes for parts of words.
bool is_word_part(Codepoint point) {
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_CO:
      return true;
    default:
      return false;
  }
}

Codepoint next_point(std::string_view& text) {
  Codepoint point = -1;
  const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                     static_cast<utf8proc_ssize_t>(text.size()), &point);
  text.remove_prefix(used > 0 ? static_cast<std::size_t>(used) : 1);
  return used > 0 ? point : -1;
}

// NUL bytes and others that are no text become blanks, so that utf8proc never refuses.
std::string as_text(std::string_view bytes) {
  std::string text = as_utf8(bytes);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

// words_of for text that needs no tables: most names, and many of them for each search.
std::vector<std::string> words_of_ascii(std::string_view text) {
  std::vector<std::string> words;
  bool inside = false;
  for (const char c : text) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool part = (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9');
    if (part && !inside) words.emplace_back();
    if (part) words.back() += low;
    inside = part;
  }
  return words;
}

}  // namespace

std::string as_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::string_view before = bytes;
    if (next_point(bytes) < 0) {
      text += '_';
    } else {
      text += before.substr(0, before.size() - bytes.size());
    }
  }
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return c > 0; })) return words_of_ascii(text);
  const std::string clean = as_text(text);
  utf8proc_uint8_t* mapped = nullptr;
  const auto size = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(clean.data()),
      static_cast<utf8proc_ssize_t>(clean.size()), &mapped,
      static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                     UTF8PROC_STRIPMARK | UTF8PROC_IGNORE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
  std::vector<std::string> words;
  if (size <= 0) return words;
  std::string_view rest(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  bool inside = false;
  while (!rest.empty()) {
    const std::string_view before = rest;
    const Codepoint point = next_point(rest);
    const bool part = point >= 0 && is_word_part(point);
    if (part && !inside) words.emplace_back();
    if (part) words.back() += before.substr(0, before.size() - rest.size());
    inside = part;
  }
  return words;
}

std::string fold(std::string_view text) {
  std::string folded;
  for (const std::string& word : words_of(text)) {
    if (!folded.empty()) folded += ' ';
    folded += word;
  }
  return folded;
}

std::string each_once(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> words;
  for (std::string word; in >> word;) words.insert(word);
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string match_expression(std::string_view terms) {
  auto words = words_of(terms);
  if (words.size() > limits::kSearchWordsMax) words.resize(limits::kSearchWordsMax);
  std::string expression;
  for (const std::string& word : words) expression += '"' + word + "\" ";
  if (!expression.empty()) expression += '*';
  return expression;
}

}  // namespace shoal
