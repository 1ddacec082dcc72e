// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bootstrap/http/lease_request.h"
#include "proto/rpc/card.h"
#include "proto/rpc/identity.h"

namespace shoal::bootstrap {

/// A lease as an honest peer asks for it.
inline LeaseRequest lease_of(const rpc::Identity& who, std::uint64_t stamp, std::int64_t now_unix,
                             std::uint64_t sequence = 1,
                             const std::vector<std::string>& endpoints = {"127.0.0.1:7401"}) {
  LeaseRequest request;
  request.card = rpc::seal_card(who, "p", endpoints, sequence, now_unix);
  request.stamp = stamp;
  request.signature = who.sign(rpc::context::kLease, lease_bytes(stamp, request.card));
  return request;
}

inline LeaveRequest leave_of(const rpc::Identity& who, std::uint64_t stamp) {
  return {who.public_key(), stamp, who.sign(rpc::context::kLeave, leave_bytes(stamp, who.id()))};
}

}  // namespace shoal::bootstrap
