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

}  // namespace shoal
