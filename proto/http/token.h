// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace shoal::http {

/// A fresh bearer token: "sdt_" and 256 random bits in URL-safe base64.
std::string new_token();

/// What is kept of a token instead of it: its SHA-256. Random as tokens are, it needs no salt.
std::array<std::uint8_t, 32> token_hash(std::string_view token);

}  // namespace shoal::http
