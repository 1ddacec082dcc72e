// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/overlay_desk.h"

#include "cli/daemon/search/route_plan.h"

namespace shoal::daemon {
namespace {

constexpr std::string_view kChosen = "search.via";

Result<void> check(const std::string& via) {
  auto plan = RoutePlan::make({.via = via, .parameters = {}}, overlay::registry());
  if (!plan) return tl::unexpected(plan.error());
  return {};
}

}  // namespace

OverlayDesk::OverlayDesk(StateStore& store, std::string configured,
                         std::vector<std::string> running)
    : store_(store), configured_(std::move(configured)), running_(std::move(running)) {}

Result<std::unique_ptr<OverlayDesk>> OverlayDesk::open(StateStore& store, std::string configured,
                                                       std::vector<std::string> running) {
  auto kept = store.text(kChosen);
  if (!kept) return tl::unexpected(kept.error());
  std::unique_ptr<OverlayDesk> desk(
      new OverlayDesk(store, std::move(configured), std::move(running)));
  // One that an older version knew and this one does not is no reason not to start.
  if (*kept && check(**kept)) desk->chosen_ = **kept;
  return desk;
}

std::string OverlayDesk::usual() const {
  const std::lock_guard lock(mutex_);
  return chosen_.empty() ? configured_ : chosen_;
}

Result<void> OverlayDesk::use(const std::string& via) {
  if (auto known = check(via); !known) return known;
  if (auto kept = store_.set_text(kChosen, via); !kept) return kept;
  const std::lock_guard lock(mutex_);
  chosen_ = via;
  return {};
}

Result<void> OverlayDesk::reset() {
  if (auto kept = store_.set_text(kChosen, ""); !kept) return kept;
  const std::lock_guard lock(mutex_);
  chosen_.clear();
  return {};
}

}  // namespace shoal::daemon
