// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "proto/http/byte_range.h"
#include "proto/http/message.h"
#include "proto/types/ids.h"

namespace shoal::daemon {

/// The type that a browser may play or show a file of that name as; "application/octet-stream" for
/// all that could act as a page of ours (HTML, SVG, XML, scripts) and what is not known.
std::string_view media_type(std::string_view name);

/// "inline; filename=..; filename*=UTF-8''.." (RFC 6266), for any bytes in `name`.
std::string disposition(std::string_view name);

/// The strong ETag of a content: its bytes never change.
std::string etag_of(const ContentId& content);

/// Status, type and headers of an answer about that content. Not for 416.
http::Response content_head(const http::ContentAnswer& answer, const ContentId& content,
                            std::string_view name);

}  // namespace shoal::daemon
