// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "proto/types/bodies.h"

namespace shoal::codec {

/// What a relay may know of a SignedOffer without checking its signatures: the holder (the SHA-256
/// of the key that it shows) and the files, within the bounds of limits.h. None when malformed or
/// not about `query`. `sealed` of the result are the bytes.
///
/// Only the origin's host verifies (proto/rpc/offer.h); a forged offer costs relays the carrying.
PayloadRef peek_offer(std::string_view signed_offer, const QueryId& query);

}  // namespace shoal::codec
