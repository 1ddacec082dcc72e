// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/registry.h"

#include <algorithm>

namespace shoal::overlay {

const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, OverlayId id) {
  const auto at = std::ranges::find(overlays, id, &OverlayEntry::id);
  return at == overlays.end() ? nullptr : &*at;
}

const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, std::string_view name) {
  const auto at = std::ranges::find(overlays, name, &OverlayEntry::name);
  return at == overlays.end() ? nullptr : &*at;
}

}  // namespace shoal::overlay
