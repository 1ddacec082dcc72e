// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::rpc {

/// How a friend is named: `shoal://<peer id>@host:port[,host:port...]`. Whoever holds it can dial,
/// and nobody else can pretend to be that peer.
struct FriendUrl {
  PeerId id;
  std::vector<std::string> endpoints;  ///< 1 to limits::kEndpointsMax
  friend bool operator==(const FriendUrl&, const FriendUrl&) = default;
};

std::string to_text(const FriendUrl& url);
/// Errors: kInvalidArgument, with what is wrong in words.
Result<FriendUrl> parse_friend_url(std::string_view text);

}  // namespace shoal::rpc
