// SPDX-License-Identifier: Apache-2.0
// The second opinion: BEP 52's tree written down as its text says, with nothing clever in it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/types/ids.h"

namespace shoal::transfer::testing {

/// The hash of each block of 16 KiB; one block, that of nothing, for an empty file.
std::vector<Hash256> dumb_leaves(const std::string& file);
/// The root over `nodes` (a power of two of them) by recursion.
Hash256 dumb_root(const std::vector<Hash256>& nodes);
/// The root of a file.
Hash256 dumb_file_root(const std::string& file);
/// The hashes of its pieces of that length; the root alone when there is but one.
std::vector<Hash256> dumb_layer(const std::string& file, std::uint64_t piece_length);
/// Bytes that differ from place to place, the same for a seed.
std::string some_bytes(std::uint64_t length, std::uint64_t seed);

}  // namespace shoal::transfer::testing
