// SPDX-License-Identifier: Apache-2.0
#include "tests/overlay/gossip/gossip_properties.h"

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "overlay/gossip/gossip.h"

namespace shoal::tests {
namespace {

bool is_rumour(const Message& message) {
  return carries_query(message.kind) && message.kind != MessageKind::kQuery;
}

/// Who told whom, in the order of arrival, and which way hits went.
class Whispers final : public sim::Observer {
 public:
  struct Turn {
    PeerRef at;
    std::uint8_t ttl = 0;       ///< of the rumour that came
    std::vector<PeerRef> told;  ///< because of it
  };
  using Heard = std::pair<QueryId, PeerRef>;

  void on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects& out) override {
    if (message.kind == MessageKind::kHit) {
      const auto by = first_from.find({message.query, from});
      misrouted = misrouted || by == first_from.end() || by->second != to;
      ++hits;
    }
    if (!is_rumour(message)) return;
    const bool first = first_from.try_emplace({message.query, to}, from).second;
    Turn turn{to, message.ttl, {}};
    for (const overlay::Send& send : out.sends) {
      if (!is_rumour(send.message)) continue;
      turn.told.push_back(send.to);
      wrong = wrong || send.to == from || send.message.ttl != message.ttl - 1 ||
              send.message.hops != message.hops + 1 || send.message.budget_ms > message.budget_ms ||
              send.message.body != message.body;
    }
    (first ? firsts : others).push_back(std::move(turn));
  }

  std::map<Heard, PeerRef> first_from;
  std::vector<Turn> firsts;
  std::vector<Turn> others;
  bool wrong = false;      ///< a copy that must not be
  bool misrouted = false;  ///< a hit went elsewhere than whence its sender heard the query
  unsigned hits = 0;
};

std::vector<std::size_t> degrees_of(const Scenario& scenario) {
  std::vector<std::size_t> degrees(scenario.peers);
  for (const Friends& link : scenario.links) {
    ++degrees[link.first];
    ++degrees[link.second];
  }
  return degrees;
}

/// A calm world, unless `faults`; all its searches go by gossip and tell `fanout` others.
Scenario draw_gossip(bool faults, std::uint32_t& fanout) {
  Scenario scenario = draw_scenario({.faults = faults, .any_rule = false});
  scenario.via = overlay::kGossip;
  fanout = *rc::gen::inRange<std::uint32_t>(1, 7).as("fanout");
  scenario.parameters.emplace(overlay::fallbacks(overlay::kGossipParameters));
  (*scenario.parameters)[overlay::kFanout] = fanout;
  RC_LOG() << scenario;
  return scenario;
}

Outcome outcome(bool held) { return held ? Outcome::kHeld : Outcome::kFalsified; }

}  // namespace

Outcome who_hears_it_first_tells_exactly_fanout_others_once() {
  return outcome(rc::check("who hears it first tells exactly fanout others, once", [] {
    std::uint32_t fanout = 0;
    const Scenario scenario = draw_gossip(false, fanout);
    Whispers whispers;
    const Played played = play(scenario, &whispers);
    const auto degrees = degrees_of(scenario);
    const PeerRef origin{scenario.searches[0].origin};
    std::size_t copies = std::min<std::size_t>(fanout, degrees[origin.value]);
    for (const Whispers::Turn& turn : whispers.firsts) {
      const std::size_t others = degrees[turn.at.value] - 1;
      const bool tells = turn.at != origin && turn.ttl > 1;
      RC_ASSERT(turn.told.size() == (tells ? std::min<std::size_t>(fanout, others) : 0));
      RC_ASSERT((std::set<PeerRef>(turn.told.begin(), turn.told.end()).size()) == turn.told.size());
      copies += turn.told.size();
    }
    for (const Whispers::Turn& turn : whispers.others) RC_ASSERT(turn.told.empty());
    RC_ASSERT(!whispers.wrong);
    RC_ASSERT(played.truth->searches()[0].copies == copies);
  }));
}

Outcome hits_return_the_way_the_query_came() {
  unsigned hits = 0;
  const bool held = rc::check("hits return the way the query came", [&hits] {
    std::uint32_t fanout = 0;
    const Scenario scenario = draw_gossip(true, fanout);
    Whispers whispers;
    const Played played = play(scenario, &whispers);
    RC_ASSERT(!whispers.misrouted);
    hits += whispers.hits;
  });
  return held && hits < 1000 ? Outcome::kThin : outcome(held);
}

Outcome a_search_ends_with_what_was_found_and_claims_no_more() {
  return outcome(rc::check("a search ends with what was found, and claims no more", [] {
    std::uint32_t fanout = 0;
    Scenario scenario = draw_gossip(true, fanout);
    scenario.searches[0].enough = *rc::gen::inRange<std::uint32_t>(0, 3).as("enough");
    const Played played = play(scenario);
    if (played.refused[0]) return;
    const SearchTruth& truth = played.truth->searches()[0];
    if (truth.reports.empty()) return;  // its peer crashed; the contract looks at that
    const SearchReport& report = truth.reports[0];
    const std::uint32_t enough = scenario.searches[0].enough;
    RC_ASSERT(!report.counted && !report.complete);
    RC_ASSERT(report.hits == truth.found.size());
    const bool satisfied = enough > 0 && report.hits >= enough;
    const bool early = report.ended == EndReason::kAnswered;
    const bool waited = early || report.ended == EndReason::kDeadline;
    RC_ASSERT(waited || report.ended == EndReason::kEnough);
    RC_ASSERT(satisfied == !waited);
    // Early only if nobody who was told can answer any more.
    RC_ASSERT(!early || std::ranges::all_of(report.first_hops, [](const FirstHop& hop) {
      return hop.state != FirstHopState::kOpen;
    }));
    RC_ASSERT(enough == 0 || report.hits <= enough);  // a hit is one file here
  }));
}

Outcome whoever_is_asked_has_time_to_answer() {
  unsigned late = 0;  // peers that the short time kept from being asked
  const bool held = rc::check("whoever is asked has time to answer", [&late] {
    std::uint32_t fanout = 0;
    Scenario scenario = draw_gossip(false, fanout);
    scenario.lookup = scenario.lookup_jitter = Duration{};
    scenario.searches[0].budget = milliseconds(*rc::gen::inRange(1, 4000).as("budget"));
    const Played played = play(scenario);
    const SearchTruth& truth = played.truth->searches()[0];
    std::set<PeerId> found;
    for (const overlay::Found& hit : truth.found) found.insert(hit.hit.ref<HitBody>().holder);
    for (std::uint32_t peer = 0; peer < scenario.peers; ++peer) {
      late += truth.peers[peer].asked ? 0U : 1U;
      if (!truth.peers[peer].asked || !scenario.shares[peer]) continue;
      RC_ASSERT(found.contains(played.world->id_of(PeerRef{peer})));
    }
  });
  return held && late < 100 ? Outcome::kThin : outcome(held);
}

bool hits_of_whom_nobody_told_are_rejected() {
  Scenario scenario;
  scenario.via = overlay::kGossip;
  scenario.peers = 9;
  scenario.shares.assign(scenario.peers, false);
  for (std::uint32_t peer = 1; peer < scenario.peers; ++peer) {
    scenario.links.push_back({0, peer, {milliseconds(10), milliseconds(10), {}}});
  }
  scenario.searches.emplace_back().ttl = 3;
  Whispers whispers;
  unsigned rejected = 0;
  const Played played = play(scenario, &whispers, [&](sim::World& world) {
    world.at(Instant(milliseconds(100)), [&] {
      const QueryId query = whispers.first_from.begin()->first.first;
      for (std::uint32_t peer = 1; peer < scenario.peers; ++peer) {
        if (whispers.first_from.contains({query, PeerRef{peer}})) continue;
        Message hit;
        hit.query = query;
        hit.kind = MessageKind::kHit;
        hit.overlay = overlay::kGossip;
        hit.ttl = 3;
        hit.body =
            make_payload<HitBody>([](HitBody& body) { body.files.push_back(wanted_file()); });
        rejected += world.inject(PeerRef{peer}, PeerRef{0}, hit) == Verdict::kReject ? 1U : 0U;
      }
    });
  });
  return rejected == 4 && played.truth->searches()[0].found.empty();
}

bool a_search_ends_when_nobody_who_was_told_is_left() {
  Scenario scenario;
  scenario.via = overlay::kGossip;
  scenario.peers = 3;
  scenario.shares.assign(scenario.peers, false);
  for (std::uint32_t peer = 1; peer < scenario.peers; ++peer) {
    scenario.links.push_back({0, peer, {milliseconds(10), milliseconds(10), {}}});
  }
  scenario.searches.emplace_back().ttl = 3;
  const auto lose = [&scenario](std::uint32_t link, milliseconds at) {
    scenario.faults.push_back({Fault::Kind::kLinkDown, at, link, {}});
    return play(scenario).truth->searches()[0].reports.at(0);
  };
  const SearchReport one_left = lose(0, milliseconds(100));
  const SearchReport none_left = lose(1, milliseconds(200));
  return one_left.ended == EndReason::kDeadline && none_left.ended == EndReason::kAnswered &&
         none_left.took < milliseconds(300) && !none_left.complete;
}

bool chance_prefers_nobody() {
  constexpr std::uint32_t kFriends = 8;
  constexpr std::uint32_t kTold = 3;
  constexpr int kSearches = 600;
  constexpr double kMean = kSearches * kTold / double{kFriends};
  constexpr double kWide = 60;  // five standard deviations: sqrt(600 * 3/8 * 5/8) = 11.9
  Scenario scenario;
  scenario.via = overlay::kGossip;
  scenario.seed = 11;
  scenario.peers = kFriends + 1;
  scenario.shares.assign(scenario.peers, false);
  for (std::uint32_t peer = 1; peer <= kFriends; ++peer) {
    scenario.links.push_back({0, peer, {milliseconds(10), milliseconds(10), {}}});
  }
  scenario.parameters.emplace(overlay::fallbacks(overlay::kGossipParameters));
  (*scenario.parameters)[overlay::kFanout] = kTold;
  for (int i = 0; i < kSearches; ++i) {
    Asked asked;
    asked.at = milliseconds(60 * i);
    scenario.searches.push_back(asked);
  }
  Whispers whispers;
  const Played played = play(scenario, &whispers);
  std::map<PeerRef, int> told;
  for (const Whispers::Turn& turn : whispers.firsts) ++told[turn.at];
  return told.size() == kFriends && std::ranges::all_of(told, [](const auto& peer) {
           return peer.second > kMean - kWide && peer.second < kMean + kWide;
         });
}

}  // namespace shoal::tests
