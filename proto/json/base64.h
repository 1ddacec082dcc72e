// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal::json {

/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);
/// The bytes, or none when `text` is not exactly what to_base64 writes.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace shoal::json
