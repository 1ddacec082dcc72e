// SPDX-License-Identifier: Apache-2.0
// Answers written by us: those to requests that no parser saw, and the heads of streams.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/http/message.h"

namespace shoal::http {

/// "Not Found"; empty for a status we never send.
std::string_view reason(int status);

/// A whole closing answer.
std::string to_bytes(const Response& response);

/// A closing problem+json answer to a request that was refused with `status` before it was parsed.
std::string refusal(int status, std::string_view why);

/// The head of an NDJSON stream in chunks.
std::string stream_head(std::string_view request_id);

/// The head of an answer of `length` bytes, which end with the connection; 304 says no length.
std::string content_head(const Response& head, std::uint64_t length, std::string_view request_id);

/// One chunk that holds `line` and a newline.
std::string chunk(std::string_view line);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

}  // namespace shoal::http
