// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proto/asio.h"
#include "proto/rpc/identity.h"

namespace grpc {
class Channel;
}

namespace shoal::transfer {

/// A message stream that is still to be dialled.
struct DirectRoute {
  boost::asio::any_io_executor executor;  ///< of its bytes, which it decrypts
  std::string endpoint;
  rpc::Identity me;
  PeerId pinned;
};

/// How a peer is fetched from: by a message stream where it speaks that, else by gRPC.
struct SourceRoute {
  // Not explicit: what is no more than a channel is a route.
  SourceRoute(std::shared_ptr<grpc::Channel> channel_, std::optional<DirectRoute> direct_ = {})
      : channel(std::move(channel_)), direct(std::move(direct_)) {}
  std::shared_ptr<grpc::Channel> channel;
  std::optional<DirectRoute> direct;
};

}  // namespace shoal::transfer
