// SPDX-License-Identifier: Apache-2.0
// Bugs to plant into gossip, as changes of its text: its code is that of the tutorial, which has no
// room for switches. Each is compiled as a class of its own.
#pragma once

#include <array>
#include <string_view>

namespace shoal::tests {

struct GossipBug {
  std::string_view was;  ///< stands in overlay/gossip/gossip.cc exactly once
  std::string_view is;
};

enum GossipBugNumber : std::size_t {
  kTellsAgain,
  kTellsOneMore,
  kPrefersTheFirst,
  kLeavesNoTimeToReturn,
  kTakesHitsOfAnybody,
  kForwardsTheLastHop,
  kClaimsToKnow,
  kWaitsForTheGone,
};

inline constexpr std::array kGossipBugs{
    GossipBug{"if (heard_.contains(message.query)) return Verdict::kAccept;",
              "if (heard_.contains(message.query)) {\n"
              "    Heard& heard = *heard_.find(message.query);\n"
              "    const bool again = message.ttl > 1 && heard.told.size() < 8;\n"
              "    if (again) tell_some(context, message.query, message.body);\n"
              "    return Verdict::kAccept;\n"
              "  }"},
    GossipBug{"i < ways.size() && i < fanout", "i < ways.size() && i <= fanout"},
    GossipBug{"context.env.rng.below(ways.size() - i)", "context.env.rng.below(1)"},
    GossipBug{"(2 * ways[i].delay_bound() + limits::kHopMargin)", "limits::kHopMargin"},
    GossipBug{"std::ranges::find(heard->told, from) == heard->told.end()", "from == kNoPeer"},
    GossipBug{"if (message.ttl > 1) tell_some", "tell_some"},
    GossipBug{"report.counted = false;", "report.complete = true;"},
    GossipBug{"if (heard->told.empty()) finish(context, query, EndReason::kAnswered);",
              "if (heard->told.size() > 32) finish(context, query, EndReason::kAnswered);"},
};

}  // namespace shoal::tests
