// SPDX-License-Identifier: Apache-2.0
// Mutual TLS between self-signed keys: no authority, no host names, no trust on first use. The
// check runs before the HTTP/2 parser sees a byte.
#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <optional>
#include <string_view>

#include "proto/rpc/identity.h"
#include "proto/rpc/peer_book.h"

namespace shoal::rpc {

/// What gRPC's message of a refused handshake holds, at the end that refused the other's key.
inline constexpr std::string_view kAnotherKey = "another key than the one that is pinned";

/// Lets in whom `book` knows: its knock() is asked in each handshake. `book` must outlive the
/// server.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const Identity& me, PeerBook& book);

/// Talks to `pinned` and nobody else.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const Identity& me,
                                                              const PeerId& pinned);

/// The caller's key as its TLS session proved it; none when there was no TLS.
std::optional<PeerId> caller_of(const grpc::ServerContextBase& context);

}  // namespace shoal::rpc
