// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/selection.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "proto/types/limits_folders.h"

namespace shoal::transfer {
namespace {

std::vector<std::string_view> names_of(std::string_view path) {
  std::vector<std::string_view> names;
  for (bool more = true; more;) {
    const auto slash = path.find('/');
    more = slash != std::string_view::npos;
    names.push_back(path.substr(0, slash));
    if (more) path.remove_prefix(slash + 1);
  }
  return names;
}

// The bytes of the code point at the start of `text`, which is not empty.
std::size_t one_point(std::string_view text) {
  std::size_t size = 1;
  while (size < text.size() && (static_cast<std::uint8_t>(text[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}

}  // namespace

bool name_matches(std::string_view pattern, std::string_view name) {
  // Only the last '*' is ever tried again.
  std::size_t at = 0;
  std::size_t in = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_in = 0;
  while (in < name.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      star_in = in;
    } else if (at < pattern.size() && pattern[at] == '?') {
      ++at;
      in += one_point(name.substr(in));
    } else if (at < pattern.size() && pattern[at] == name[in]) {
      ++at;
      ++in;
    } else if (star != std::string_view::npos) {
      at = star + 1;
      star_in += one_point(name.substr(star_in));
      in = star_in;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == std::string_view::npos;
}

Result<Selection> Selection::make(std::vector<std::string> patterns) {
  if (patterns.size() > limits::kSelectionPatterns) {
    return fail(Errc::kInvalidArgument, "too many patterns",
                "at most " + std::to_string(limits::kSelectionPatterns) + " are taken");
  }
  Selection out;
  for (const std::string& given : patterns) {
    std::string_view text = given;
    while (text.starts_with("./")) text.remove_prefix(2);
    if (text.starts_with('/')) text.remove_prefix(1);
    Pattern pattern;
    pattern.anywhere = text.substr(0, text.size() - 1).find('/') == std::string_view::npos &&
                       !given.starts_with('/') && !given.starts_with("./");
    pattern.folders_only = text.ends_with('/');
    if (pattern.folders_only) text.remove_suffix(1);
    if (text.empty() || given.size() > limits::kSelectionBytes) {
      return fail(Errc::kInvalidArgument, "no pattern: \"" + given.substr(0, 60) + "\"",
                  text.empty() ? "it is empty" : "it is too long",
                  "it looks like 'docs/*.pdf' or '*.flac'");
    }
    for (const auto name : names_of(text)) pattern.names.emplace_back(name);
    out.patterns_.push_back(std::move(pattern));
  }
  out.given_ = std::move(patterns);
  return out;
}

bool Selection::fits(const Pattern& pattern, const std::vector<std::string_view>& names,
                     std::size_t last) {
  if (pattern.anywhere) {
    return std::any_of(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(last),
                       [&](auto name) { return name_matches(pattern.names.front(), name); });
  }
  // reached[n]: the names of the pattern so far can stand for the first n of the path.
  std::vector<bool> reached(names.size() + 1);
  reached[0] = true;
  for (const std::string& one : pattern.names) {
    std::vector<bool> next(names.size() + 1);
    for (std::size_t n = 0; n <= names.size(); ++n) {
      if (one == "**") {
        next[n] = reached[n] || (n > 0 && next[n - 1]);
      } else {
        next[n] = n > 0 && reached[n - 1] && name_matches(one, names[n - 1]);
      }
    }
    reached = std::move(next);
  }
  // A folder on the way, or all of it.
  return std::find(reached.begin() + 1, reached.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                   true) != reached.begin() + static_cast<std::ptrdiff_t>(last) + 1;
}

bool Selection::takes(const ListingEntry& entry) const {
  if (patterns_.empty()) return true;
  const auto names = names_of(entry.path);
  return std::ranges::any_of(patterns_, [&](const Pattern& one) {
    return fits(one, names, names.size() - (one.folders_only && entry.content ? 1 : 0));
  });
}

}  // namespace shoal::transfer
