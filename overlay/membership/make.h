// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "overlay/core/membership.h"

namespace shoal::overlay {

/// The membership that `config` names.
std::unique_ptr<Membership> make_membership(const NodeConfig& config);

}  // namespace shoal::overlay
