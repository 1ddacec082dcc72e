// SPDX-License-Identifier: Apache-2.0
// Kademlia among real peers that have no links and know one other each: everything goes by visits.
// What every asker finds equals the simulator's, and every peer's record replays exactly (Peer sees
// to that).
#include <sys/resource.h>

#include <algorithm>
#include <set>
#include <string>

#include "sim/engine/engine.h"
#include "sim/engine/shelf.h"
#include "sim/network/delay.h"
#include "sim/workload/joining.h"
#include "tests/support/sanitized.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {
namespace {

// Each visit is a connection with a handshake of its own, some ten milliseconds of processor time
// in all, and nearly everybody visits everybody: 200 peers take minutes, which is a test of its own
// (SHOAL_LIVE_PEERS, labelled slow).
#if defined(SHOAL_LIVE_PEERS)
constexpr std::uint32_t kPeers = SHOAL_LIVE_PEERS;
#else
constexpr std::uint32_t kPeers = tests::address_sanitized() ? 28 : 40;
#endif
/// That join, or ask, at one time: else they wait for one another longer than for an answer.
constexpr std::uint32_t kAtOnce = kPeers / 40 + 4;
constexpr std::uint32_t kKeys = 6;
constexpr std::uint32_t kHolders = 4;  // of each key

/// Which key a peer holds, if any.
std::optional<std::uint32_t> key_of(std::uint32_t peer) {
  const std::uint32_t key = peer % (kPeers / kHolders);
  return key < kKeys ? std::optional(key) : std::nullopt;
}

std::string word_of(std::uint32_t key) { return "key" + std::to_string(key); }

HitFile file_of(std::uint32_t key) {
  HitFile file;
  file.name = word_of(key) + " shared";
  file.content.length = 100 + key;
  return file;
}

/// By its word or by its content: each is a key of its own.
SearchSpec spec_of(std::uint32_t key, bool by_content) {
  SearchSpec spec;
  spec.via = "kademlia";
  if (by_content) {
    spec.content = file_of(key).content;
  } else {
    spec.terms = word_of(key);
  }
  return spec;
}

/// What a search came to, as far as it does not depend on timing.
struct Outcome {
  std::set<std::uint32_t> holders;
  EndReason ended{};
  bool complete = true;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  out << "ended " << static_cast<int>(outcome.ended) << ", holders:";
  for (const std::uint32_t holder : outcome.holders) out << ' ' << holder;
  return out;
}

NodeConfig open_network() {
  NodeConfig config;
  config.open = true;
  config.always = {kKademlia};
  return config;
}

/// The simulated half.
class Simulated final : public sim::Observer, public sim::Content {
 public:
  Simulated() : shelves_(kPeers) {
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      if (const auto key = key_of(peer)) shelves_[peer].add(file_of(*key));
    }
    sim::EngineOptions options;
    options.node = open_network();
    options.content = this;
    options.order = sim::Order::kTotal;
    options.open.law.delay = sim::DelayLaw(sim::ConstantDelay{20ms});
    engine_ = sim::Engine::make(options, registry()).value();
    engine_->watch(*this);
    engine_->add_peers(kPeers);
    sim::join_one_by_one(*engine_, 10ms, Rng(1));
    engine_->run_until(Instant(10s));
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      if (key_of(peer)) engine_->change_shares(PeerRef{peer});
    }
    engine_->run_until(Instant(30s));
  }
  Outcome ask(std::uint32_t origin, const SearchSpec& spec) {
    outcome_ = {};
    SearchRequest request;
    request.via = kKademlia;
    request.body = make_payload<QueryBody>([&](QueryBody& query) {
      query.terms = spec.terms;
      query.content = spec.content;
    });
    request.ttl = spec.ttl;
    EXPECT_TRUE(engine_->search(PeerRef{origin}, request));
    engine_->run_until(engine_->now() + limits::default_budget(spec.ttl));
    return outcome_;
  }

 private:
  std::size_t find(PeerRef peer, const QueryBody& query, std::uint32_t,
                   std::vector<PayloadRef>& hits) const override {
    const auto files = shelves_[peer.value].matches(query);
    hits = sim::hits_of(sim::simulated_id(peer), files, files.size());
    return 0;
  }
  bool list(PeerRef peer, const ContentId& after, std::uint32_t limit,
            std::vector<SharedFile>& files) const override {
    return shelves_[peer.value].list(after, limit, files);
  }
  void on_found(Instant, PeerRef, const Found& found) override {
    const PeerId& holder = found.hit.ref<HitBody>().holder;
    for (std::uint32_t peer = 0; peer < kPeers; ++peer) {
      if (sim::simulated_id(PeerRef{peer}) == holder) outcome_.holders.insert(peer);
    }
  }
  void on_finished(Instant, PeerRef, const Finished& end) override {
    outcome_.ended = end.report.ended;
    outcome_.complete = end.report.complete;
  }

  std::vector<sim::Shelf> shelves_;
  std::unique_ptr<sim::Engine> engine_;
  Outcome outcome_;
};

class LiveKademlia : public Hosts {
 protected:
  LiveKademlia() {
    HostOptions options;
    options.node = open_network();
    options.visits = visits_of_each();
    Rng rng(1);
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      peers_.push_back(std::make_unique<Peer>(threads_, "peer", options, rpc::Accept::kAnyone));
      if (const auto key = key_of(one)) {
        peer(one).files = {file_of(*key)};
        peer(one).lists = false;
      }
      if (one == 0) continue;
      Peer& contact = peer(static_cast<std::uint32_t>(rng.below(one)));
      peer(one).host().introduce(contact.id(), {contact.endpoint()});
      if (one % kAtOnce == 0) {
        EXPECT_TRUE(some_time([&] { return joined(one); })) << one;
      }
    }
  }
  /// All of them are one process, with the open files of one: 200 peers as they are would take some
  /// 40,000, which is more than a machine may allow.
  static VisitLimits visits_of_each() {
    rlimit files{};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = files.rlim_max;
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
    VisitLimits most;
    constexpr rlim_t kLeft = 20;  // of each peer, for its server and for those about to go
    constexpr rlim_t kLeast = 2 * limits::kKademliaK;
    const rlim_t each = files.rlim_cur / kPeers;
    EXPECT_GE(each, kLeft + kLeast) << "the limit of open files is too small";
    most.all = std::min<std::size_t>(most.all, std::max(each, kLeft + kLeast) - kLeft);
    most.served = std::min(most.served, most.all * 3 / 4);
    return most;
  }
  /// Whether it has asked those around it. Whom it asked it visited, for half a minute, so it is
  /// remembered of everybody when it was seen.
  bool joined(std::uint32_t one) {
    joined_.resize(peers_.size());
    for (std::uint32_t any = 0; any < peers_.size(); ++any) {
      if (joined_[any]) continue;
      joined_[any] = peer(any).host().visits() >= std::min<std::size_t>(any, limits::kKademliaK);
    }
    return joined_[one];
  }
  /// As soon(), for what takes a busy machine longer.
  static testing::AssertionResult some_time(const std::function<bool()>& holds) {
    testing::AssertionResult seen = soon(holds);
    for (int again = 0; again < 5 && !seen; ++again) seen = soon(holds);
    return seen;
  }
  Outcome outcome_of(Asked& asked) {
    const SearchReport& report = asked.report();
    Outcome outcome{{}, report.ended, report.complete};
    for (const FoundHit& hit : asked.hits) {
      for (std::uint32_t one = 0; one < kPeers; ++one) {
        if (peer(one).id() == hit.holder) outcome.holders.insert(one);
      }
    }
    return outcome;
  }
  /// Whether everybody who holds `key` has made that known.
  bool published(std::uint32_t key, bool by_content) {
    Asked asked(peer(kPeers - 1), spec_of(key, by_content));
    return outcome_of(asked).holders.size() == kHolders;
  }

 private:
  std::vector<bool> joined_;
};

TEST_F(LiveKademlia, EveryAskerFindsWhomItFindsInTheSimulator) {
  // Nobody has published yet: who did while the network was small would have told others than those
  // who are asked now, and some of these would do to make it look published.
  for (std::uint32_t one = 0; one < kPeers; ++one) {
    EXPECT_TRUE(some_time([&] { return joined(one); })) << one;
  }
  for (std::uint32_t one = 0; one < kPeers; ++one) {
    if (!key_of(one)) continue;
    peer(one).lists = true;
    peer(one).host().shares_changed();
  }
  for (std::uint32_t key = 0; key < kKeys; ++key) {
    for (const bool by_content : {false, true}) {
      EXPECT_TRUE(some_time([&] { return published(key, by_content); })) << key;
    }
  }
  Simulated simulated;
  for (std::uint32_t first = 0; first < kPeers; first += kAtOnce) {
    const std::uint32_t end = std::min(first + kAtOnce, kPeers);
    std::vector<std::unique_ptr<Asked>> open;
    const auto spec = [](std::uint32_t origin) {
      return spec_of(origin % kKeys, origin / kKeys % 2 == 0);
    };
    for (std::uint32_t origin = first; origin < end; ++origin) {
      open.push_back(std::make_unique<Asked>(peer(origin), spec(origin)));
    }
    for (std::uint32_t origin = first; origin < end; ++origin) {
      const Outcome expected = simulated.ask(origin, spec(origin));
      EXPECT_EQ(expected.holders.size(), kHolders - (key_of(origin) == origin % kKeys ? 1U : 0U));
      const Counts& counts = open[origin - first]->report().counts;
      EXPECT_EQ(outcome_of(*open[origin - first]), expected)
          << "origin " << origin << ": " << counts.copies << " copies, " << counts.dropped
          << " dropped, " << counts.refused << " refused, " << counts.unanswered << " unanswered";
    }
  }
}

}  // namespace
}  // namespace shoal::overlay
