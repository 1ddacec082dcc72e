// SPDX-License-Identifier: Apache-2.0
#include "overlay/core/registry.h"

#include <algorithm>

namespace shoal::overlay {

const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, OverlayId id) {
  // They are numbered from one on, if none is missing.
  const std::size_t place = id.value - std::size_t{1};
  if (place < overlays.size() && overlays[place].id == id) return &overlays[place];
  const auto at = std::ranges::find(overlays, id, &OverlayEntry::id);
  return at == overlays.end() ? nullptr : &*at;
}

const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, std::string_view name) {
  const auto at = std::ranges::find(overlays, name, &OverlayEntry::name);
  return at == overlays.end() ? nullptr : &*at;
}

bool goes_without_link(std::span<const OverlayEntry> overlays, const Message& message) {
  const OverlayEntry* const entry = find_in(overlays, message.overlay);
  const bool own = static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  if (entry == nullptr) return own;  // the membership's, or of an overlay that is not known here
  if (!entry->asks_directly) return false;
  if (own) return true;
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
