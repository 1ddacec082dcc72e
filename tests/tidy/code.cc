// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/code.h"

#include <algorithm>
#include <cctype>

#include "tests/tidy/tree.h"

namespace shoal::tidy {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The end of the literal or comment that starts at `at`, or `at` if none starts there.
std::size_t end_of_opaque(std::string_view text, std::size_t at) {
  const auto after = [&](std::string_view mark, std::size_t from) {
    const auto found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//")) return std::min(text.find('\n', at), text.size());
  if (rest.starts_with("/*")) return after("*/", at + 2);
  if (rest.starts_with("R\"") && (at == 0 || !is_word(text[at - 1]))) {
    const auto open = text.find('(', at);
    if (open == std::string_view::npos) return text.size();
    return after(")" + std::string(text.substr(at + 2, open - at - 2)) + "\"", open);
  }
  const char quote = text[at];
  // A quote between digits separates them: 1'000.
  if (quote != '"' && (quote != '\'' || (at > 0 && is_word(text[at - 1])))) return at;
  std::size_t i = at + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2U : 1U;
  return std::min(i + 1, text.size());
}

bool glob_matches(std::string_view text, std::string_view glob) {
  if (glob.empty()) return text.empty();
  if (glob[0] != '*') {
    return !text.empty() && text[0] == glob[0] && glob_matches(text.substr(1), glob.substr(1));
  }
  for (std::size_t skip = 0; skip <= text.size(); ++skip) {
    if (glob_matches(text.substr(skip), glob.substr(1))) return true;
  }
  return false;
}

}  // namespace

std::string strip_code(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = end_of_opaque(text, i);
    for (std::size_t k = i; k < end; ++k) {
      if (out[k] != '\n') out[k] = ' ';
    }
    i = end == i ? i + 1 : end;
  }
  return out;
}

std::vector<Include> includes_of(std::string_view text) {
  const std::string stripped = strip_code(text);
  const auto code = lines_of(stripped);
  const auto raw = lines_of(text);
  std::vector<Include> includes;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const auto hash = code[i].find_first_not_of(" \t");
    if (hash == std::string_view::npos || code[i][hash] != '#') continue;
    const auto word = code[i].find_first_not_of(" \t", hash + 1);
    if (word == std::string_view::npos || !code[i].substr(word).starts_with("include")) continue;
    const auto open = raw[i].find_first_of("\"<", word);
    if (open == std::string_view::npos) continue;
    const bool quoted = raw[i][open] == '"';
    const auto close = raw[i].find(quoted ? '"' : '>', open + 1);
    if (close == std::string_view::npos) continue;
    includes.push_back(
        {std::string(raw[i].substr(open + 1, close - open - 1)), quoted, static_cast<int>(i) + 1});
  }
  return includes;
}

std::vector<Name> names_of(std::string_view stripped) {
  std::vector<Name> names;
  int line = 1;
  for (std::size_t i = 0; i < stripped.size();) {
    if (stripped[i] == '\n') ++line;
    if (!is_word(stripped[i])) {
      ++i;
      continue;
    }
    const bool number = std::isdigit(static_cast<unsigned char>(stripped[i])) != 0;
    std::size_t end = i;
    const auto skip_word = [&] {
      while (end < stripped.size() &&
             (is_word(stripped[end]) || (number && stripped[end] == '\''))) {
        ++end;
      }
    };
    skip_word();
    while (!number && stripped.substr(end).starts_with("::") && end + 2 < stripped.size() &&
           is_word(stripped[end + 2])) {
      end += 2;
      skip_word();
    }
    if (!number) names.push_back({std::string(stripped.substr(i, end - i)), line});
    i = end;
  }
  return names;
}

bool matches(std::string_view name, std::string_view glob) {
  const bool qualified = glob.find("::") != std::string_view::npos;
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const auto colon = name.find("::", begin);
    const auto end = std::min(colon, name.size());
    if (glob_matches(qualified ? name.substr(0, end) : name.substr(begin, end - begin), glob)) {
      return true;
    }
    if (colon == std::string_view::npos) break;
    begin = colon + 2;
  }
  return false;
}

}  // namespace shoal::tidy
