// SPDX-License-Identifier: Apache-2.0
// Percent-encoding (RFC 3986, section 2.1). URLs, links and folders' lists differ in what they
// leave as it is, and in which bytes they have no use for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shoal {

/// Each byte that is not `plain` becomes '%' and two digits, in upper case.
std::string percent_encoded(std::string_view text, bool (*plain)(char));

/// The bytes that `text` stands for, of any value; none where a '%' is not followed by two
/// hexadecimal digits. All else stands for itself, '+' too.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace shoal
