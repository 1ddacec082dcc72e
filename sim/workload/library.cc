// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/library.h"

#include <string>

#include "sim/engine/content.h"

namespace shoal::sim {

std::size_t Library::find(PeerRef peer, const QueryBody& query, std::uint32_t limit,
                          std::vector<PayloadRef>& hits) const {
  if (!query.content) return 0;
  const std::uint32_t file = file_of(*query.content);
  if (!catalogue_.holds(peer.value, file)) return 0;
  if (limit == 0) return 1;
  hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
    hit.holder = simulated_id(peer);
    hit.files.push_back({*query.content, "file-" + std::to_string(file)});
  }));
  return 0;
}

}  // namespace shoal::sim
