// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/route_plan.h"

#include <algorithm>

#include "cli/daemon/search/search_advice.h"
#include "cli/daemon/search/side_route.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::daemon {
namespace {

using overlay::OverlayEntry;

constexpr std::uint8_t kNear = 2;  // hops of the first, cheap flood
// Walkers take this many steps or so; a flood over fewer peers costs no more and misses nobody.
constexpr std::int64_t kWide = 1000;

bool has(const OverlayEntry& entry, std::string_view parameter) {
  return std::ranges::find(entry.parameters, parameter, &overlay::Parameter::name) !=
         entry.parameters.end();
}

tl::unexpected<Error> no_such(const std::string& name, std::span<const OverlayEntry> overlays) {
  std::string known;
  for (const OverlayEntry& entry : overlays) known += std::string(entry.name) + ", ";
  for (const std::string_view side : kSideRoutes) known += std::string(side) + ", ";
  return fail(Errc::kInvalidArgument, "no such overlay: " + name.substr(0, 40),
              "there are " + known + "and auto", "shoal overlay lists them");
}

// The leg over that overlay, with those of the wished parameters that it has.
Result<Leg> leg_over(const OverlayEntry& entry, const RouteWish& wish, std::uint8_t ttl) {
  Leg leg{std::string(entry.name), ttl, {}, {}, false};
  overlay::Parameters values = overlay::fallbacks(entry.parameters);
  for (const auto& [name, value] : wish.parameters) {
    if (!has(entry, name)) continue;
    if (auto set = overlay::set_parameter(entry.parameters, values, name, value); !set) {
      return tl::unexpected(advised(std::move(set.error())));
    }
    leg.parameters.emplace_back(name, value);
  }
  return leg;
}

// A parameter that none of the legs has is a mistake, not a wish.
Result<void> check_parameters(const RouteWish& wish, const std::vector<Leg>& legs,
                              std::span<const OverlayEntry> overlays) {
  for (const auto& [name, value] : wish.parameters) {
    const bool known = std::ranges::any_of(legs, [&](const Leg& leg) {
      return !leg.side && has(*overlay::find_in(overlays, leg.via), name);
    });
    if (known) continue;
    return fail(Errc::kInvalidArgument, "no such parameter: " + name.substr(0, 40),
                wish.via.substr(0, 40) + " does not have it",
                "shoal overlay lists what each takes");
  }
  return {};
}

}  // namespace

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    names.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return names;
}

LegEnd end_of(const SearchReport& report) {
  LegEnd end;
  end.nobody = !report.asked_anybody();
  end.complete = report.complete;
  end.counted = report.counted;
  if (!report.counted) return end;
  end.peers_asked = report.peers_asked();
  end.cut_by_ttl = report.cut_by_ttl();
  return end;
}

std::int64_t peers_within(const LegEnd& near, unsigned hops, unsigned ttl) {
  const std::int64_t before = std::max<std::int64_t>(1, near.peers_asked - near.cut_by_ttl);
  std::int64_t sum = near.peers_asked;
  std::int64_t last = near.cut_by_ttl;
  for (unsigned hop = hops; hop < ttl && last > 0 && sum < INT32_MAX; ++hop) {
    last = last * near.cut_by_ttl / before;
    sum += last;
  }
  return sum;
}

Result<RoutePlan> RoutePlan::make(const RouteWish& wish, std::span<const OverlayEntry> overlays,
                                  std::span<const std::string> running) {
  RoutePlan plan;
  plan.enough_ = wish.enough;
  plan.ttl_ = wish.ttl;
  plan.automatic_ = wish.via == kAutomatic;
  std::vector<Leg> all;
  const auto add = [&](const std::string& name, std::uint8_t ttl) -> Result<void> {
    if (std::ranges::find(kSideRoutes, name) != kSideRoutes.end()) {
      all.push_back({name, 0, {}, {}, true});
      return {};
    }
    const OverlayEntry* const entry = overlay::find_in(overlays, name);
    if (entry == nullptr) return no_such(name, overlays);
    auto leg = leg_over(*entry, wish, ttl);
    if (!leg) return tl::unexpected(leg.error());
    all.push_back(std::move(*leg));
    return {};
  };
  if (!plan.automatic_) {
    const std::vector<std::string> names = names_in(wish.via);
    for (const std::string& name : names) {
      if (std::ranges::count(names, name) > 1) {
        return fail(Errc::kInvalidArgument, "an overlay is named twice", name.substr(0, 40));
      }
      if (auto added = add(name, wish.ttl); !added) return tl::unexpected(added.error());
    }
    plan.at_once_ = all;
    plan.single_ = all.size() == 1 && !all.front().side;
  } else {
    const auto rung = [&](const char* name, std::uint8_t ttl, const char* why,
                          bool only_if_wide) -> Result<void> {
      if (overlay::find_in(overlays, std::string_view(name)) == nullptr) return {};
      if (auto added = add(name, ttl); !added) return added;
      all.back().why = why;
      plan.ladder_.push_back({all.back(), only_if_wide});
      return {};
    };
    Result<void> built =
        rung("flood", std::min(kNear, wish.ttl), "friends and theirs first", false);
    const bool keyed = std::ranges::find(running, "kademlia") != running.end();
    if (built && keyed) {
      built = rung("kademlia", wish.ttl, "nobody near has it: whoever keeps its key", false);
      plan.whole_network_ = true;
    }
    if (built && wish.ttl > kNear) {
      built = rung("walk", wish.ttl, "the network is wide: a few walkers before everybody", true);
    }
    if (built && wish.ttl > kNear) built = rung("flood", wish.ttl, "everybody within reach", false);
    if (!built) return tl::unexpected(built.error());
  }
  if (auto known = check_parameters(wish, all, overlays); !known) {
    return tl::unexpected(known.error());
  }
  return plan;
}

std::vector<Leg> RoutePlan::next(std::span<const LegEnd> ended, std::uint32_t hits) {
  if (!automatic_) return std::exchange(at_once_, {});
  SHOAL_ASSERT(!ladder_.empty());  // flood is in every registry
  if (ended.empty()) return {ladder_[rung_++].leg};
  if (hits >= std::max<std::uint32_t>(1, enough_)) {
    stopped_ = "enough was found";
    return {};
  }
  const LegEnd& near = ended.front();
  const bool flooded = !near.failed && near.counted;
  if (near.nobody && !whole_network_) {
    stopped_ = "nobody could be asked";
    return {};
  }
  if (flooded && near.complete && near.cut_by_ttl == 0 && !whole_network_) {
    stopped_ = "everybody who can be reached was asked";
    return {};
  }
  while (rung_ < ladder_.size() && ladder_[rung_].only_if_wide && flooded &&
         peers_within(near, kNear, ttl_) < kWide) {
    ++rung_;
  }
  if (rung_ < ladder_.size()) return {ladder_[rung_++].leg};
  stopped_ = "nothing dearer is left to try";
  return {};
}

}  // namespace shoal::daemon
