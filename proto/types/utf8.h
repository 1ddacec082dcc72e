// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace shoal {

/// `text` with each byte that is not part of well-formed UTF-8 (RFC 3629) replaced by U+FFFD, so
/// that names and errors from others never make an answer that is no JSON.
std::string scrub(std::string_view text);

/// Nothing to scrub.
bool is_utf8(std::string_view text);

/// A code point that moves a cursor, colours, hides or reorders what is shown: control characters
/// (tabs and newlines too), bidirectional marks and overrides (Trojan Source, CVE-2021-42574),
/// zero-width spaces and line separators.
bool is_harmful(char32_t point);

/// `text` with what is no UTF-8 and each harmful code point replaced by U+FFFD.
std::string disarm(std::string_view text);

/// At most `bytes` of well-formed `text`, cut between code points; what was cut ends in "..".
/// Requires at least 2 bytes.
std::string shorten(std::string text, std::size_t bytes);

}  // namespace shoal
