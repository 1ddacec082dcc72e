// SPDX-License-Identifier: Apache-2.0
// What is garbage, was not asked for or comes too late changes nothing.
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "sim/engine/digest.h"
#include "tests/conformance/contract.h"
#include "tests/conformance/intruder.h"
#include "tests/support/class_shares.h"

namespace shoal::tests {
namespace {

/// Without the message, but with the event that would send it.
Played play_with_nothing_at(const Scenario& scenario, Duration at) {
  return play(scenario, nullptr, [at](sim::World& world) { world.at(Instant(at), [] {}); });
}

struct Past {
  PeerRef from;
  PeerRef to;
  Message message;
};

/// Whether it is a request of an overlay that keeps peers in a table: such may come at any time.
bool asks(const Message& message) {
  const bool own = static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind;
  return own && overlay::find_in(overlay::registry(), message.overlay)->asks_directly;
}

/// Hands in one message past all rules, and sees what comes of it; keeps what went before.
class Injector final : public sim::Observer {
 public:
  void inject(sim::World& world, const Past& what) {
    sending_ = true;
    verdict = world.inject(what.from, what.to, what.message);
    sending_ = false;
    injected = true;
    digest = sim::digest_of(world.now(), what.from, what.to, what.message, verdict);
  }
  void on_delivery(Instant, PeerRef from, PeerRef to, const Message& message, Verdict,
                   const overlay::Effects& out) override {
    if (sending_) {
      no_effect = out.empty();
    } else if (!carries_query(message.kind) && !asks(message)) {
      past.push_back({from, to, message});
    }
  }

  std::vector<Past> past;  ///< all that was delivered but queries
  bool injected = false;
  bool no_effect = false;
  Verdict verdict = Verdict::kAccept;
  std::uint64_t digest = 0;

 private:
  bool sending_ = false;
};

template <class T>
T draw(const char* name, T least, T most) {
  const auto range = rc::gen::inRange<T>(least, static_cast<T>(most + 1));
  return *rc::gen::resize(rc::kNominalSize, range).as(name);
}

/// A message that no peer of any overlay may send.
Past draw_garbage(const Scenario& scenario) {
  const Friends& link =
      scenario.links[draw<std::size_t>("over link", 0, scenario.links.size() - 1)];
  Past garbage{PeerRef{link.first}, PeerRef{link.second}, {}};
  Message& message = garbage.message;
  message.overlay = scenario.via;
  message.query.high = draw<std::uint64_t>("query", 1, 255);
  message.ttl = draw<std::uint8_t>("its ttl", 0, 20);
  switch (draw("garbage", 0, 5)) {
    case 0:  // a query for nothing
      break;
    case 1:  // too many hops in all
      message.body = body_of(scenario.searches[0]);
      message.hops = 255;
      break;
    case 2:  // no hop left
      message.body = body_of(scenario.searches[0]);
      message.ttl = 0;
      break;
    case 3:  // more time than there is
      message.body = body_of(scenario.searches[0]);
      message.ttl = 1;
      message.budget_ms = ~std::uint32_t{0};
      break;
    case 4:  // the kind of nothing, or an own kind without a body
      message.kind = static_cast<MessageKind>(draw<int>("no kind", 10, 255));
      break;
    default:  // an answer with the body of a question
      message.body = body_of(scenario.searches[0]);
      message.kind = static_cast<MessageKind>(draw<int>("answer", 2, 7));
      break;
  }
  return garbage;
}

void is_as_without(const Scenario& scenario, const Played& played, const Injector& injector,
                   Duration at) {
  RC_ASSERT(injector.verdict != Verdict::kAccept);
  RC_ASSERT(injector.no_effect);
  const Played without = play_with_nothing_at(scenario, at);
  RC_ASSERT(played.world->digest() - injector.digest == without.world->digest());
  RC_ASSERT(played.world->deliveries() == without.world->deliveries() + 1);
}

void count(ClassShares& shares, const Scenario& scenario) {
  shares.next_case();
  shares.mark("cycles", scenario.has_cycles());
  shares.mark("unequal delays", scenario.delays_differ());
}

Outcome outcome_of(bool held, const ClassShares& shares, const std::string& what) {
  if (!held) return Outcome::kFalsified;
  return shares.enough(what) ? Outcome::kHeld : Outcome::kThin;
}

}  // namespace

Outcome what_nobody_asked_for_changes_nothing(const Subject& subject) {
  ClassShares shares;
  const bool held = rc::check("an answer or a cancel that fits no open copy changes nothing", [&] {
    Scenario scenario = draw_scenario({.any_rule = false});
    adapt(subject, scenario);
    RC_LOG() << scenario;
    Intruder intruder = draw_intruder(scenario);
    intruder.at += scenario.starts;
    auto* const first_ttl = sim::promises_of(subject.via)->first_ttl;
    if (first_ttl != nullptr) intruder.first_ttl = first_ttl(scenario.searches[0]);
    const Played played = play(scenario, &intruder, [&](sim::World& world) {
      world.at(Instant(intruder.at), [&] { intruder.intrude(world); });
    });
    if (!intruder.intruded) return;
    count(shares, scenario);
    RC_ASSERT(intruder.verdict != Verdict::kAccept);
    RC_ASSERT(intruder.no_effect);
    const Played without = play_with_nothing_at(scenario, intruder.at);
    RC_ASSERT(played.world->digest() - intruder.digest == without.world->digest());
    const SearchReport& expected = report_of(without.truth->searches()[0]);
    const SearchReport& got = report_of(played.truth->searches()[0]);
    RC_ASSERT(got.counts == expected.counts);
    RC_ASSERT(got.hits == expected.hits && got.ended == expected.ended);
  });
  return outcome_of(held, shares, "unsolicited messages");
}

Outcome garbage_changes_nothing(const Subject& subject) {
  ClassShares shares;
  const bool held = rc::check("garbage is rejected and changes nothing", [&] {
    Scenario scenario = draw_scenario({.any_rule = false});
    adapt(subject, scenario);
    RC_LOG() << scenario;
    const Duration at = scenario.starts + milliseconds(draw("comes at", 0, 600));
    const Past message = draw_garbage(scenario);
    Injector injector;
    const Played played = play(scenario, &injector, [&](sim::World& world) {
      world.at(Instant(at), [&] { injector.inject(world, message); });
    });
    count(shares, scenario);
    RC_ASSERT(injector.verdict == Verdict::kReject);
    is_as_without(scenario, played, injector, at);
  });
  return outcome_of(held, shares, "garbage");
}

Outcome bytes_that_are_no_message_change_nothing(const Subject& subject) {
  ClassShares shares;
  const bool held = rc::check("bytes that are no message change nothing but a link's strikes", [&] {
    Scenario scenario = draw_scenario({.any_rule = false});
    adapt(subject, scenario);
    RC_LOG() << scenario;
    const Duration at = scenario.starts + milliseconds(draw("comes at", 0, 600));
    const Friends& link =
        scenario.links[draw<std::size_t>("over link", 0, scenario.links.size() - 1)];
    const auto often = draw("so often", 1, limits::kStrikesMax - 1);
    const Played played = play(scenario, nullptr, [&](sim::World& world) {
      world.at(Instant(at), [&] {
        for (int i = 0; i < often; ++i) {
          world.garbage(PeerRef{link.first}, PeerRef{link.second});
        }
      });
    });
    count(shares, scenario);
    const Played without = play_with_nothing_at(scenario, at);
    RC_ASSERT(played.digest() == without.digest());
    RC_ASSERT(played.deliveries() == without.deliveries());
    RC_ASSERT(played.quiet || !sim::promises_of(subject.via)->rests);
  });
  return outcome_of(held, shares, "bytes that are no message");
}

Outcome stale_messages_change_nothing(const Subject& subject) {
  ClassShares shares;
  const bool held = rc::check("what comes again when its search is over changes nothing", [&] {
    Scenario scenario = draw_scenario({.any_rule = false});
    adapt(subject, scenario);
    RC_LOG() << scenario;
    // Past every budget; some before the query is forgotten, some after.
    const Duration at = scenario.starts + std::chrono::seconds(draw("comes at", 20, 120));
    scenario.ends = at;
    const auto which = draw<std::size_t>("which", 0, 999);
    Injector injector;
    const Played played = play(scenario, &injector, [&](sim::World& world) {
      world.at(Instant(at), [&] {
        if (injector.past.empty()) return;
        const Past again = injector.past[which % injector.past.size()];
        injector.inject(world, again);
      });
    });
    if (!injector.injected) return;
    count(shares, scenario);
    is_as_without(scenario, played, injector, at);
  });
  return outcome_of(held, shares, "stale messages");
}

}  // namespace shoal::tests
