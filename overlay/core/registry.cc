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

bool goes_without_link(std::span<const OverlayEntry> overlays, const Message& message) {
  if (static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind) return true;
  const OverlayEntry* const entry = find_in(overlays, message.overlay);
  if (entry == nullptr || !entry->asks_directly) return false;
  switch (message.kind) {
    case MessageKind::kQuery:
    case MessageKind::kHit:
    case MessageKind::kEcho:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
      return true;
    default:
      return false;
  }
}

}  // namespace shoal::overlay
