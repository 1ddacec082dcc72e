// SPDX-License-Identifier: Apache-2.0
// What a Node asks its driver for, answered from OpenSSL's CSPRNG. Internal to this folder.
#pragma once

#include "overlay/core/env.h"
#include "proto/rpc/peer_book.h"

namespace shoal::overlay {

class SecureSource final : public EnvSource {
 public:
  SecureSource(const rpc::PeerBook& book, PeerRef self) : book_(book), self_(self) {}

  QueryId fresh_query_id() override { return {fresh_nonce(), fresh_nonce()}; }
  std::uint64_t fresh_nonce() override;
  PeerId id_of(PeerRef peer) override;
  PeerRef self() override { return self_; }

 private:
  const rpc::PeerBook& book_;
  const PeerRef self_;
};

}  // namespace shoal::overlay
