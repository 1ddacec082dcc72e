// SPDX-License-Identifier: Apache-2.0
// What a peer asks of a directory, with its signatures, and how that is written in HTTP.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "proto/http/message.h"
#include "proto/rpc/card.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// "I am there": a card, and a signature (context "shoal lease v1\0") over `stamp`, 8 bytes big
/// endian, and the card. The stamp rises with each request, so none can be replayed.
struct LeaseRequest {
  std::string card;  ///< a SignedCard
  std::uint64_t stamp = 0;
  std::string signature;
};

/// "I go": a signature (context "shoal leave v1\0") over `stamp`, 8 bytes big endian, and the
/// peer's id.
struct LeaveRequest {
  std::string public_key;  ///< DER
  std::uint64_t stamp = 0;
  std::string signature;
};

/// The bytes that are signed.
std::string lease_bytes(std::uint64_t stamp, std::string_view card);
std::string leave_bytes(std::uint64_t stamp, const PeerId& id);

/// The card of a request by `id`, once everything about it is verified. `now_unix` in seconds.
/// `known` is what that very card says, if it was verified before: then only its time is looked at.
/// Errors: kDenied (forged, or another peer's), kInvalidArgument (no card, or its time), kTooLarge.
Result<rpc::CardInfo> open_lease(const PeerId& id, const LeaseRequest& request,
                                 std::int64_t now_unix,
                                 std::optional<rpc::CardInfo> known = std::nullopt);
/// Errors: kDenied.
Result<void> check_leave(const PeerId& id, const LeaveRequest& request);

/// The body of PUT /v1/peers/{id}. Errors of reading: kInvalidArgument.
std::string to_body(const LeaseRequest& request);
Result<LeaseRequest> lease_from_body(std::string_view body);

/// The query of DELETE /v1/peers/{id}, without '?'. Errors of reading: kInvalidArgument.
std::string to_query(const LeaveRequest& request);
Result<LeaveRequest> leave_from_query(const http::Request& request);

}  // namespace shoal::bootstrap
