// SPDX-License-Identifier: Apache-2.0
// Texts on their way to a person: made harmless, measured in columns, numbers with units.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::client {

/// `text` as it may be shown: see disarm().
std::string clean(std::string_view text);

/// `json`, a JSON text, with the same characters written as \uXXXX: harmless, and still equal data.
std::string escape_in_json(std::string_view json);

/// Columns that clean text takes on a terminal.
std::size_t width(std::string_view text);
/// At least `columns` wide, blanks on the right (or, `right`, on the left).
std::string pad(std::string text, std::size_t columns, bool right = false);
/// At most `columns` wide: the middle of a longer text becomes "..", so that endings stay.
std::string fit(const std::string& text, std::size_t columns);

/// "12.4 MiB".
std::string human_bytes(std::uint64_t bytes);
/// "38 ms", "1.9 s", "3h12m".
std::string human_time(std::int64_t ms);
/// "1 file", "2 files".
std::string count_of(std::int64_t number, std::string_view noun);

/// "500ms 2s 5m 1h". Errors: kInvalidArgument.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
/// "4096 64KiB 10MiB 2GiB". Errors: kInvalidArgument.
Result<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace shoal::client
