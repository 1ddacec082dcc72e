// SPDX-License-Identifier: Apache-2.0
#include "overlay/membership/make.h"

#include "overlay/membership/friends.h"
#include "overlay/membership/hyparview.h"

namespace shoal::overlay {

std::unique_ptr<Membership> make_membership(const NodeConfig& config) {
  if (config.membership == MembershipKind::kHyParView) return std::make_unique<HyParView>();
  return std::make_unique<Friends>();
}

}  // namespace shoal::overlay
