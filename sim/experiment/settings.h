// SPDX-License-Identifier: Apache-2.0
// The table of all keys. Internal to this folder.
#pragma once

#include <vector>

#include "sim/experiment/experiment.h"
#include "sim/experiment/setting.h"

namespace shoal::sim {

/// The rows read into and show `experiment`, which must outlive them.
std::vector<Setting> settings_of(Experiment& experiment);
/// The rows of a membership.
void add_membership(SettingTable& table, MembershipPlan& plan);
/// The rows of the parameters of all overlays.
void add_overlay_parameters(SettingTable& table, OverlayPlan& plan);

}  // namespace shoal::sim
