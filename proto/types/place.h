// SPDX-License-Identifier: Apache-2.0
// Places on a network as text: "host:port", and URLs that name nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace shoal {

/// "host:port" or "[v6]:port", taken apart.
struct HostPort {
  std::string_view host;  ///< without the brackets of an IPv6 address; views the text
  std::uint16_t port = 0;
};

/// With a port from 1 to 65535 and a host of the characters that names and addresses have; none for
/// any other text. Says nothing about whether anybody is there.
std::optional<HostPort> split_place(std::string_view text);

/// What stands in "http://..." before its path; none for any other text. Says nothing about whether
/// it is a place.
std::optional<std::string_view> place_in(std::string_view url);
/// Whether such a URL has no path behind its place, or "/" alone.
bool is_without_path(std::string_view url);

}  // namespace shoal
