// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/engine/content.h"
#include "sim/workload/catalogue.h"

namespace shoal::sim {

/// Answers lookups from a Catalogue: a query wants exactly one content, content_of(file).
class Library final : public Content {
 public:
  /// `catalogue` must outlive this.
  explicit Library(const Catalogue& catalogue) : catalogue_(catalogue) {}

  std::size_t find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                   std::vector<PayloadRef>& hits) const override;
  /// Cost: reads the whole catalogue.
  bool list(PeerRef peer, const ContentId& after, std::uint32_t limit,
            std::vector<SharedFile>& files) const override;

 private:
  const Catalogue& catalogue_;
};

}  // namespace shoal::sim
