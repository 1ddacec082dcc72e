// SPDX-License-Identifier: Apache-2.0
#include "sim/workload/library.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

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

bool Library::list(PeerRef peer, const ContentId& after, std::uint32_t limit,
                   std::vector<SharedFile>& files) const {
  std::vector<SharedFile> found;
  for (std::uint32_t file = 0; file < catalogue_.files(); ++file) {
    if (!catalogue_.holds(peer.value, file)) continue;
    const ContentId content = content_of(file);
    if (content > after) found.push_back({content, "file-" + std::to_string(file)});
  }
  std::ranges::sort(found, {}, &SharedFile::content);
  const bool more = found.size() > limit;
  if (more) found.resize(limit);
  std::ranges::move(found, std::back_inserter(files));
  return more;
}

}  // namespace shoal::sim
