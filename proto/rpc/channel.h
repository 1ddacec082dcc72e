// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "proto/rpc/identity.h"
#include "proto/types/limits.h"

namespace shoal::rpc {

/// A channel of its own (never shared with another friend's) to `endpoint`, on which only `pinned`
/// is talked to. Does not block: it connects with the first call.
///
/// `receive_most`: bytes of one message; limits::kRpcMessage where file bytes are fetched.
///
/// A wrong key looks like kUnavailable: treat it as "unreachable, or another key".
std::shared_ptr<grpc::Channel> make_channel(const std::string& endpoint, const Identity& me,
                                            const PeerId& pinned,
                                            int receive_most = limits::kRpcMessageIn);

}  // namespace shoal::rpc
