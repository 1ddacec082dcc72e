// SPDX-License-Identifier: Apache-2.0
// Leases against a model that keeps every request it has ever seen and looks through all of them.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "tests/bootstrap/core/support.h"

namespace shoal::bootstrap {
namespace {

constexpr unsigned kPeers = 5;
constexpr std::size_t kLeasesMax = 3;
constexpr std::int64_t kTime = 90;
constexpr std::int64_t kRemember = 300;

struct Known {
  std::uint64_t stamp = 0;
  std::uint64_t sequence = 0;
  std::int64_t ends = 0;        // of the lease
  std::int64_t remembered = 0;  // until then, once it ended
  [[nodiscard]] bool live(std::int64_t now) const { return now < ends; }
};

class Model {
 public:
  bool put(unsigned who, std::uint64_t sequence, std::uint64_t stamp, std::int64_t now) {
    forget(now);
    const auto found = known_.find(who);
    const bool is_known = found != known_.end();
    if (is_known && stamp <= found->second.stamp) return false;
    if (is_known && found->second.live(now)) {
      if (sequence < found->second.sequence) return false;
    } else if (live(now).size() >= kLeasesMax) {
      return false;
    }
    known_[who] = {stamp, sequence, now + kTime, now + kTime + kRemember};
    return true;
  }
  bool leave(unsigned who, std::uint64_t stamp, std::int64_t now) {
    forget(now);
    const auto found = known_.find(who);
    if (found == known_.end() || !found->second.live(now) || stamp <= found->second.stamp)
      return false;
    found->second.stamp = stamp;
    found->second.ends = now;
    found->second.remembered = now + kRemember;
    return true;
  }
  [[nodiscard]] std::vector<PeerId> live(std::int64_t now) const {
    std::vector<PeerId> ids;
    for (const auto& [who, known] : known_) {
      if (known.live(now)) ids.push_back(peer(who));
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  // The core learns that a lease ended when it is next asked, so it remembers from then on.
  void forget(std::int64_t now) {
    for (auto& [who, known] : known_) {
      if (!known.live(now) && known.remembered == known.ends + kRemember && seen_ < known.ends) {
        known.remembered = now + kRemember;
      }
    }
    std::erase_if(known_, [&](const auto& each) { return each.second.remembered <= now; });
    seen_ = now;
  }

 private:
  std::map<unsigned, Known> known_;
  std::int64_t seen_ = 0;
};

RC_GTEST_PROP(Leases, AgreeWithAModelThatLooksThroughEverything, ()) {
  LeaseLimits few;
  few.time = std::chrono::seconds(kTime);
  few.remember = std::chrono::seconds(kRemember);
  few.leases_max = kLeasesMax;
  few.addresses.joins_burst = 1'000'000;
  Leases leases(few);
  Model model;
  std::int64_t now = 1000;
  int granted = 0;
  const auto steps = *rc::gen::inRange(0, 60).as("steps");
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::weightedElement<std::int64_t>({{6, 0}, {6, 7}, {3, 31}, {2, 90}, {1, 301}})
                .as("wait");
    const auto who = *rc::gen::inRange(0U, kPeers).as("who");
    const auto stamp =
        *rc::gen::inRange<std::uint64_t>(1, 12).as("stamp") + static_cast<std::uint64_t>(step) / 6;
    if (*rc::gen::inRange(0, 4).as("action") != 0) {
      const auto sequence = *rc::gen::inRange<std::uint64_t>(1, 4).as("sequence");
      const auto address = *rc::gen::element<std::string>("a", "b").as("address");
      const bool taken = leases.put(card(who, sequence), stamp, address, at(now)).has_value();
      RC_ASSERT(taken == model.put(who, sequence, stamp, now));
      granted += taken ? 1 : 0;
    } else {
      const bool left = leases.leave(peer(who), stamp, at(now)).has_value();
      RC_ASSERT(left == model.leave(who, stamp, now));
    }
    std::vector<PeerId> listed;
    for (const auto* lease : leases.list(std::nullopt, 100, at(now)))
      listed.push_back(lease->card.id);
    model.forget(now);
    RC_ASSERT(listed == model.live(now));
    for (unsigned each = 0; each < kPeers; ++each) {
      const bool found = leases.find(peer(each), at(now)) != nullptr;
      RC_ASSERT(found == std::binary_search(listed.begin(), listed.end(), peer(each)));
    }
    Rng rng(static_cast<std::uint64_t>(step));
    const auto* friendly = leases.suggest(peer(who), {}, rng, at(now));
    const bool alone = listed.empty() || (listed.size() == 1 && listed[0] == peer(who));
    RC_ASSERT((friendly == nullptr) == alone);
    RC_ASSERT((alone || friendly->card.id != peer(who)));
  }
  RC_CLASSIFY(granted > 3, "more than three granted");
}

// What a store that two processes share would hold, in the order of its changes.
struct Change {
  Lease lease;
  bool gone = false;
};

class Process {
 public:
  Process(LeaseLimits limits, std::vector<Change>& log) : leases(limits), log_(log) {}

  void follow(Instant now) {
    for (; seen_ < log_.size(); ++seen_) {
      const auto& [lease, gone] = log_[seen_];
      if (const auto known = leases.stamp_of(lease.card.id); known && *known >= lease.stamp)
        continue;
      if (gone) {
        leases.learn_stamp(lease.card.id, lease.stamp, lease.expires, now);
      } else {
        leases.learn(lease, now);
      }
    }
  }
  void tell(Instant now) {
    for (const auto& gone : leases.take_gone(now)) {
      Lease lease;
      lease.card.id = gone.id;
      lease.stamp = gone.stamp;
      lease.expires = gone.until;
      log_.push_back({lease, true});
    }
  }
  bool put(LeaseCard card, std::uint64_t stamp, Instant now) {
    follow(now);
    const auto lease = leases.put(std::move(card), stamp, "a", now);
    std::optional<Lease> granted;
    if (lease) granted = **lease;
    tell(now);
    if (granted) log_.push_back({*granted, false});
    return granted.has_value();
  }
  bool leave(const PeerId& id, std::uint64_t stamp, Instant now) {
    follow(now);
    const bool left = leases.leave(id, stamp, now).has_value();
    tell(now);
    return left;
  }

  Leases leases;

 private:
  std::vector<Change>& log_;
  std::size_t seen_ = 0;
};

RC_GTEST_PROP(Leases, OfTwoProcessesThatLearnFromEachOtherAreAsThoseOfOne, ()) {
  LeaseLimits limits;
  limits.time = std::chrono::seconds(kTime);
  limits.remember = std::chrono::hours(24 * 365);  // each notices an end when it is next asked
  limits.leases_max = kLeasesMax;
  std::vector<Change> log;
  std::vector<Change> own_log;
  Process one(limits, log);
  Process two(limits, log);
  Process alone(limits, own_log);
  std::int64_t now = 0;
  const auto steps = *rc::gen::inRange(0, 40).as("steps");
  for (int step = 0; step < steps; ++step) {
    now += *rc::gen::weightedOneOf<std::int64_t>({{3, rc::gen::inRange<std::int64_t>(0, 30)},
                                                  {1, rc::gen::inRange<std::int64_t>(80, 100)}})
                .as("pause");
    Process& asked = *rc::gen::arbitrary<bool>().as("the first one") ? one : two;
    const auto who = *rc::gen::inRange(0U, kPeers).as("who");
    const auto stamp = *rc::gen::inRange<std::uint64_t>(0, 30).as("stamp");
    const auto action = *rc::gen::inRange(0, 4).as("action");
    if (action < 2) {
      const auto sequence = *rc::gen::inRange<std::uint64_t>(0, 3).as("sequence");
      RC_ASSERT(asked.put(card(who, sequence), stamp, at(now)) ==
                alone.put(card(who, sequence), stamp, at(now)));
    } else if (action == 2) {
      RC_ASSERT(asked.leave(peer(who), stamp, at(now)) == alone.leave(peer(who), stamp, at(now)));
    }
    asked.follow(at(now));
    std::vector<Lease> listed;
    std::vector<Lease> expected;
    for (const auto* lease : asked.leases.list(std::nullopt, 100, at(now)))
      listed.push_back(*lease);
    for (const auto* lease : alone.leases.list(std::nullopt, 100, at(now))) {
      expected.push_back(*lease);
    }
    RC_ASSERT((listed == expected));
    for (unsigned each = 0; each < kPeers; ++each) {
      RC_ASSERT(asked.leases.stamp_of(peer(each)) == alone.leases.stamp_of(peer(each)));
    }
  }
}

}  // namespace
}  // namespace shoal::bootstrap
