// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "proto/types/ids.h"

namespace shoal::client {

/// What names a file to other people.
struct FileLink {
  ContentId content;
  std::string name;  ///< may be empty
};

/// "shoal://file/<content id>?name=<percent-encoded>".
std::string link_of(const ContentId& content, std::string_view name);
/// None when `text` is no such link.
std::optional<FileLink> parse_link(std::string_view text);

}  // namespace shoal::client
