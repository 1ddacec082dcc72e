// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/rpc/card.h"
#include "proto/rpc/identity.h"
#include "proto/types/bodies.h"

namespace shoal::rpc {

/// What a verified offer says: who holds which files.
struct Offer {
  CardInfo holder;
  std::string card;  ///< the holder's SignedCard, encoded
  std::vector<HitFile> files;
};

/// An encoded SignedOffer: these files, in answer to that query. Requires 1 to limits::kHitFilesMax
/// files and a card of this identity.
std::string seal_offer(const Identity& identity, const QueryId& query, std::string_view signed_card,
                       std::span<const HitFile> files);

/// Reads and verifies a SignedOffer that answers `query`: both signatures, by the same key.
/// Errors: kTooLarge, kInvalidArgument, kIntegrity (a signature; another query), and those of
/// open_card.
Result<Offer> open_offer(std::string_view signed_offer, const QueryId& query,
                         std::int64_t now_unix);

/// The 16 bytes of a query id on the wire: big-endian.
std::string query_bytes(const QueryId& query);

}  // namespace shoal::rpc
