// SPDX-License-Identifier: Apache-2.0
// What a request asks of a content with a strong ETag (RFC 9110, sections 13 and 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/http/message.h"

namespace shoal::http {

/// What to answer, and which bytes with it.
struct ContentAnswer {
  int status = 200;          ///< 200 the whole, 206 a part, 304 the client has it, 416 no such part
  std::uint64_t offset = 0;  ///< of the bytes; 0 for 304 and 416
  std::uint64_t length = 0;  ///< their number; 0 for 304 and 416
  friend bool operator==(const ContentAnswer&, const ContentAnswer&) = default;
};

/// The part that the value of a Range header asks for. One range of bytes is served as such; lists
/// of ranges, other units and what is no range ask for the whole (they may: section 14.2).
/// `length`: bytes of the content.
ContentAnswer part_of(std::optional<std::string_view> range, std::uint64_t length);

/// The same under the conditions of the request: If-None-Match, then If-Range. `etag` with its
/// quotes, strong.
ContentAnswer answer_for(const Request& request, std::string_view etag, std::uint64_t length);

/// Whether the value of an If-None-Match names `etag`, by the weak comparison; "*" does.
bool names_etag(std::string_view list, std::string_view etag);

/// The value of a Content-Range: of a 206, or of a 416.
std::string content_range(const ContentAnswer& answer, std::uint64_t length);

}  // namespace shoal::http
