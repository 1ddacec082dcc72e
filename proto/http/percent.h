// SPDX-License-Identifier: Apache-2.0
// Percent-encoding of paths and queries (RFC 3986).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal::http {

/// For one segment of a path or one part of a query: all but letters, digits and -._~ becomes %XX.
std::string encode_segment(std::string_view text);
/// "name=value" with both encoded.
std::string encode_query(std::string_view name, std::string_view value);

/// The bytes that `text` stands for; none when a % is not followed by two hexadecimal digits or
/// stands for NUL. A '+' is a '+'.
std::optional<std::string> decode_segment(std::string_view text);

}  // namespace shoal::http
