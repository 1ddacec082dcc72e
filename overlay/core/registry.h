// SPDX-License-Identifier: Apache-2.0
// The overlays there are. A new one takes its folder and one row in overlay/registry.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "overlay/core/overlay.h"
#include "overlay/core/parameters.h"
#include "proto/types/ids.h"

namespace shoal::overlay {

/// What a message says about one of the walkers of its search.
struct WalkerNote {
  std::uint32_t number = 0;
  std::string_view
      ended;  ///< why it went no further, as in "it found something"; empty: it goes on
};

struct OverlayEntry {
  OverlayId id;           ///< its number on the wire; never used again for another
  std::string_view name;  ///< of `--via NAME`
  std::string_view summary;
  std::unique_ptr<Overlay> (*make)(Env& env);
  /// What a search by it may choose; at most limits::kOverlayParametersMax.
  std::span<const Parameter> parameters = {};
  /// Queries and their answers go straight between origin and holder, in open networks without a
  /// link too. Not for overlays that relay them.
  bool asks_directly = false;
  /// Of a message of its own: the walker that it carries, or whose end it tells. For those who
  /// follow a search; null where copies are nobody's steps.
  std::optional<WalkerNote> (*walker_in)(const Message& message) = nullptr;
  /// What a TTL gives its searches: hops, or no more than the time that so many hops would take.
  /// Then they may ask whomever there is a way to.
  bool ttl_is_time = false;
};

inline constexpr OverlayId kFlood{1};
inline constexpr OverlayId kRing{2};
inline constexpr OverlayId kDynamic{4};
inline constexpr OverlayId kIndex{5};
inline constexpr OverlayId kKademlia{6};

/// All overlays, by id.
std::span<const OverlayEntry> registry();
/// Null when there is none.
const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, OverlayId id);
const OverlayEntry* find_in(std::span<const OverlayEntry> overlays, std::string_view name);

/// Whether `message` may go without a link in an open network: the membership's own kinds, and of
/// overlays that ask directly their own kinds, queries and answers.
bool goes_without_link(std::span<const OverlayEntry> overlays, const Message& message);

}  // namespace shoal::overlay
