// SPDX-License-Identifier: Apache-2.0
// Limits of a peer's public port (cli/daemon); see limits.h.
#pragma once

#include <chrono>
#include <cstddef>

namespace shoal::limits {

/// Tokens that a peer's owner may give out; more: refused until one is revoked.
inline constexpr std::size_t kTokensMax = 64;
/// Bytes of a token's name; more: refused.
inline constexpr std::size_t kTokenName = 64;
/// Downloads of token holders that a peer remembers as theirs; the oldest are forgotten and then
/// only the owner sees them.
inline constexpr std::size_t kGuestTransfers = 1024;
/// The longest that a short route waits for the end of its search; then it answers what it has.
inline constexpr std::chrono::milliseconds kShortSearch{10'000};

}  // namespace shoal::limits
