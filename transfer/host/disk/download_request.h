// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::transfer {

/// A peer that is said to have a content.
struct SourceInfo {
  PeerId peer;                         ///< the key that the channel is pinned to
  std::vector<std::string> endpoints;  ///< "host:port", tried in this order
  std::string card;                    ///< its signed card as received; may be empty
  friend bool operator==(const SourceInfo&, const SourceInfo&) = default;
};

/// What to fetch, and from whom.
struct DownloadRequest {
  ContentId content;
  std::string name;    ///< as a peer or the user wrote it; sanitised before use
  std::string folder;  ///< existing directory of this user; the part file lies in its ".part"
  std::vector<SourceInfo> sources;  ///< none: `find_sources` is asked at once
  std::string key_pem;  ///< private key of the query that the sources answered; empty: own identity
  std::uint64_t id = 0;  ///< the manager's own: the number that users know it by
};

}  // namespace shoal::transfer
