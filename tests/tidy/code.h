// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal::tidy {

/// `text` with comments and the insides of string and character literals replaced by blanks.
/// Newlines stay, so line numbers are those of `text`. Raw strings are understood; trigraphs and
/// line splices are not.
std::string strip_code(std::string_view text);

/// One #include. `quoted` tells "x" from <x>.
struct Include {
  std::string target;
  bool quoted = false;
  int line = 0;
};

/// The includes of `text`, in order. Those inside comments do not count.
std::vector<Include> includes_of(std::string_view text);

/// A name with its qualifiers, as written: `std::chrono::steady_clock::now`, `mutex_`.
struct Name {
  std::string text;
  int line = 0;
};

/// The names in `stripped` (from strip_code), in order. Numbers are no names.
std::vector<Name> names_of(std::string_view stripped);

/// Does `name` match `glob`, where `*` stands for any run of characters? A glob without `::` is
/// tried on every component of the name, one with `::` on the whole name and on its beginnings that
/// end before a `::`.
bool matches(std::string_view name, std::string_view glob);

}  // namespace shoal::tidy
