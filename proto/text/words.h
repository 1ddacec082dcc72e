// SPDX-License-Identifier: Apache-2.0
// The words by which files are searched: the same wherever names are kept and looked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shoal {

/// The searchable words of a text: compatibility-decomposed, case-folded, accents stripped, and
/// everything but letters and digits taken as a separator. Bytes that are no UTF-8 separate, too.
std::vector<std::string> words_of(std::string_view text);
/// Those words with single blanks between them.
std::string fold(std::string_view text);

/// The words of a folded text, each once, sorted.
std::string each_once(const std::string& folded);

/// An FTS5 expression that all words of `terms` match, the last one as a prefix; empty without
/// words. At most limits::kSearchWordsMax of them count. Only quoted words go into it, so nothing
/// in `terms` is an operator.
std::string match_expression(std::string_view terms);

/// The text with each byte that is no part of valid UTF-8 as '_'. Never longer than before.
std::string as_utf8(std::string_view bytes);

}  // namespace shoal
