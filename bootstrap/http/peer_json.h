// SPDX-License-Identifier: Apache-2.0
// Peers of a directory in JSON, both ways. What comes from a directory is verified here.
#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string_view>

#include "bootstrap/http/directory.h"
#include "bootstrap/http/directory_client.h"

namespace shoal::bootstrap {

/// shoal/directory.peer/1.
boost::json::object to_json(const Directory::Listed& peer);

/// The peer that a directory tells of: what its card says, once that is verified.
/// Errors: kInvalidArgument (not understood), kIntegrity (the card does not verify, or is not of
/// the id it stands under).
Result<DirectoryPeer> peer_from_json(const boost::json::value& value, std::int64_t now_unix);
Result<DirectoryPeer> peer_from_text(std::string_view text, std::int64_t now_unix);

/// A shoal/directory.peers/1. Peers that do not verify are left out and counted in `refused`.
Result<DirectoryPage> page_from_text(std::string_view text, std::int64_t now_unix,
                                     std::size_t& refused);

}  // namespace shoal::bootstrap
