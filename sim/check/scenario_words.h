// SPDX-License-Identifier: Apache-2.0
// Words of scenarios that are both written and read. Internal to this folder.
#pragma once

#include <string_view>

namespace shoal::sim {

inline constexpr std::string_view kFirstLine = "shoal-check 1";

// In the order of Trouble::Kind and Stranger::Kind.
inline constexpr std::string_view kTroubles[] = {"crash", "down", "stall", "jump", "drift"};
inline constexpr std::string_view kStrangers[] = {"bytes", "malformed", "unsolicited", "stale"};

}  // namespace shoal::sim
