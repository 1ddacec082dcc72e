// SPDX-License-Identifier: Apache-2.0
// Which ways one search of the user takes, and when. Pure: no overlay, clock or thread is here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "overlay/core/registry.h"
#include "proto/types/report.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// `--via` of a search that tries one overlay after the other.
inline constexpr std::string_view kAutomatic = "auto";

/// The names in a list parted by commas, as `--via` takes it; empty ones too.
std::vector<std::string> names_in(const std::string& via);

/// What the user asked for, as far as ways are concerned.
struct RouteWish {
  std::string via;  ///< an overlay or way beside them, several parted by commas, or "auto"
  std::uint8_t ttl = limits::kTtlDefault;
  std::uint32_t enough = 0;  ///< hits; 0: "auto" stops at the first, others at none
  /// name and value; each is given to the overlays that have a parameter of that name
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// One search over one overlay, or by one way beside them (side_route.h).
struct Leg {
  std::string via;
  std::uint8_t ttl = limits::kTtlDefault;
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string why;    ///< "friends and theirs first"; empty: it was asked for
  bool side = false;  ///< `via` is no overlay
};

/// What came of one leg.
struct LegEnd {
  bool failed = false;    ///< it could not be started
  bool nobody = false;    ///< no copy left this peer
  bool complete = false;  ///< all counts are the truth
  bool counted = false;
  std::int64_t peers_asked = 0;
  std::int64_t cut_by_ttl = 0;
};
LegEnd end_of(const SearchReport& report);

/// Several named overlays search at once. "auto" begins with what costs little and goes on to what
/// costs more while too little is found, and says why it did.
class RoutePlan {
 public:
  /// `overlays` are the registry's; `running` those that this peer's network runs beside.
  /// Errors: kInvalidArgument (no such overlay, named twice, a parameter that none of them has).
  static Result<RoutePlan> make(const RouteWish& wish,
                                std::span<const overlay::OverlayEntry> overlays,
                                std::span<const std::string> running = {});

  /// The legs to start now: at first, and each time all that were started have ended as `ended`
  /// says, with `hits` found so far. Empty: the search is over, for the reason stopped().
  std::vector<Leg> next(std::span<const LegEnd> ended, std::uint32_t hits);
  /// In words; empty until the search is over, and for legs that all were asked for.
  [[nodiscard]] const std::string& stopped() const { return stopped_; }
  [[nodiscard]] bool automatic() const { return automatic_; }
  /// One leg over an overlay and no other, as was asked for.
  [[nodiscard]] bool single() const { return single_; }

 private:
  /// One step of "auto".
  struct Rung {
    Leg leg;
    bool only_if_wide = false;  ///< left out where the last rung costs no more
  };

  std::vector<Leg> at_once_;
  std::vector<Rung> ladder_;
  std::size_t rung_ = 0;
  bool automatic_ = false;
  bool single_ = false;
  bool whole_network_ = false;  ///< some rung reaches past the hops of a flood
  std::uint32_t enough_ = 0;
  std::uint8_t ttl_ = 0;
  std::string stopped_;
};

/// About how many peers lie within `ttl` hops, when the last of the hops asked so far grow as they
/// did: a sum of a geometric row (Gnutella's estimate of a horizon).
std::int64_t peers_within(const LegEnd& near, unsigned hops, unsigned ttl);

}  // namespace shoal::daemon
