// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

#include "transfer/core/sha256.h"

namespace shoal::transfer {

inline constexpr std::size_t kShaLanes = 16;

/// The SHA-256 of each sixteenth of `bytes`, whose length is a multiple of 16 * 64.
///
/// The leaves of a tree do not depend on each other, so that a processor with registers of sixteen
/// words (AVX-512) works on as many at once, each in a lane of its own: two to three times as fast
/// as its instructions for SHA-256 are with one. Elsewhere `sha` does one after the other; it must
/// be between a `finish` and the next `update`.
std::array<Hash256, kShaLanes> sha256_lanes(Bytes bytes, Sha256& sha);

/// The same by `sha` alone.
std::array<Hash256, kShaLanes> sha256_one_by_one(Bytes bytes, Sha256& sha);

}  // namespace shoal::transfer
