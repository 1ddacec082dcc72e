// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "proto/types/message.h"

namespace shoal::sim {

/// Bytes that `message` takes within a frame on the wire (proto/shoal/v1/link.proto), counted
/// without encoding it; a test holds it against the codec. A hit is signed by its holder's host,
/// which the simulator has not: its card and signature are taken to be kSealBytes long.
std::uint32_t wire_size(const Message& message);

/// The part of it that is the query's body, the same for all copies of a query.
std::uint32_t wire_size(const QueryBody& body);

/// That of a copy of a query, whose body is known to take `body_bytes`.
std::uint32_t query_wire_size(const Message& message, std::uint32_t body_bytes);

inline constexpr std::uint32_t kSealBytes = 400;

}  // namespace shoal::sim
