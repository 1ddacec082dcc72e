// SPDX-License-Identifier: Apache-2.0
// What a report of several floods is held against. Inside rc::check only.
#pragma once

#include <rapidcheck.h>

#include <cstdint>

#include "sim/contract/truth.h"

namespace shoal::tests {

inline std::int64_t reported_within(const SearchReport& report, unsigned hops) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < report.counts.peers_by_hop.size(); ++i) {
    if (report.counts.first_hop + i <= hops) sum += report.counts.peers_by_hop[i];
  }
  return sum;
}

/// The report says complete, so its counts are the truth.
inline void equals_the_truth(const SearchReport& report, const sim::SearchTruth& truth) {
  for (unsigned hop = 1; hop <= 16; ++hop) {
    RC_ASSERT(reported_within(report, hop) == truth.within(hop));
  }
  RC_ASSERT(report.counts.copies == truth.copies);
  RC_ASSERT(report.counts.duplicates == truth.duplicates);
  RC_ASSERT(report.counts.refused == truth.refused);
  RC_ASSERT(report.counts.dropped == truth.given_back);
  RC_ASSERT(report.counts.unanswered == 0U);
}

/// It does not, so "peers within h hops" are lower bounds.
inline void stays_below_the_truth(const SearchReport& report, const sim::SearchTruth& truth) {
  for (unsigned hop = 1; hop <= 16; ++hop) {
    RC_ASSERT(reported_within(report, hop) <= truth.within(hop));
  }
}

}  // namespace shoal::tests
