// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/rpc/endpoint.h"
#include "proto/rpc/identity.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::rpc {

/// What a verified card says.
struct CardInfo {
  PeerId id;
  std::string public_key;              ///< DER
  std::string name;                    ///< UTF-8 without control characters; may be empty
  std::vector<std::string> endpoints;  ///< each "host:port"
  std::uint64_t sequence = 0;
  std::int64_t issued_unix = 0;
};

/// An encoded SignedCard. Requires a name, endpoints and a size that open_card takes.
std::string seal_card(const Identity& identity, const std::string& name,
                      const std::vector<std::string>& endpoints, std::uint64_t sequence,
                      std::int64_t now_unix);

/// Reads and verifies a SignedCard.
/// Errors: kTooLarge, kInvalidArgument (not a card, or a bound of limits.h is passed), kIntegrity
/// (the signature is not by its key), kTimeout (issued more than limits::kCardValidity away).
Result<CardInfo> open_card(std::string_view signed_card, std::int64_t now_unix);

/// Whose card that claims to be, unverified: enough to see whether it is known already. None when
/// it is malformed.
std::optional<PeerId> claimed_owner(std::string_view signed_card);

}  // namespace shoal::rpc
