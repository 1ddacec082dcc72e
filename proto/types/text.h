// SPDX-License-Identifier: Apache-2.0
// The written forms of ids. Peer ids: base32 (RFC 4648, lower case, no padding) of the 32 bytes and
// one check character; contents: hex root, "-", length.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal {

/// Lower-case hexadecimal, two characters a byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

/// Fills `bytes` from exactly twice as many hexadecimal digits of either case; false otherwise, and
/// then `bytes` is unspecified.
bool from_hex(std::string_view text, std::span<std::uint8_t> bytes);

/// 53 characters: 52 of base32 and a check character, so that a mistyped id is seen at once.
std::string to_text(const PeerId& id);
/// The first 8 characters, for tables and logs.
std::string to_short_text(const PeerId& id);
/// Errors: kInvalidArgument (length, alphabet, unused bits, check character).
Result<PeerId> parse_peer_id(std::string_view text);

/// "<64 hex digits>-<decimal length>".
std::string to_text(const ContentId& id);
/// Errors: kInvalidArgument.
Result<ContentId> parse_content_id(std::string_view text);

/// 32 hex digits.
std::string to_text(const QueryId& id);
std::optional<QueryId> parse_query_id(std::string_view text);

}  // namespace shoal
