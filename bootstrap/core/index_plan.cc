// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/core/index_plan.h"

#include "proto/types/assert.h"

namespace shoal::bootstrap {
namespace {

// Updates as they fill up.
class Filler {
 public:
  Filler(std::size_t most, bool replaces) : most_(most) {
    SHOAL_ASSERT(most > 0);
    if (replaces) updates_.emplace_back().kind = IndexUpdate::Kind::kReplace;
  }
  IndexUpdate& next() {
    if (updates_.empty() || updates_.back().add.size() + updates_.back().remove.size() == most_) {
      updates_.emplace_back().kind = IndexUpdate::Kind::kChange;
    }
    return updates_.back();
  }
  std::vector<IndexUpdate> take() { return std::move(updates_); }

 private:
  std::size_t most_;
  std::vector<IndexUpdate> updates_;
};

}  // namespace

std::vector<IndexUpdate> plan_updates(const std::optional<IndexList>& there, const IndexList& here,
                                      std::size_t update) {
  Filler filler(update, !there);
  static const IndexList kNothing;
  const IndexList& before = there ? *there : kNothing;
  for (const auto& [content, name] : before) {
    if (!here.contains(content)) filler.next().remove.push_back(content);
  }
  for (const auto& [content, name] : here) {
    const auto known = before.find(content);
    if (known == before.end() || known->second != name)
      filler.next().add.push_back({content, name});
  }
  return filler.take();
}

void carry_out(const IndexUpdate& update, IndexList& list) {
  if (update.kind == IndexUpdate::Kind::kReplace) list.clear();
  for (const ContentId& content : update.remove) list.erase(content);
  for (const IndexEntry& entry : update.add) list[entry.content] = entry.name;
}

}  // namespace shoal::bootstrap
