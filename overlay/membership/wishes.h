// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "overlay/core/membership.h"

namespace shoal::overlay {

/// Tells each end of a link that is up what this peer wishes of it, where that has changed.
void tell_wishes(const Membership& membership, Membership::Context& context);

}  // namespace shoal::overlay
