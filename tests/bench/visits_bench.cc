// SPDX-License-Identifier: Apache-2.0
// What messages without a link cost: each opens a connection, with a handshake, unless its peer was
// talked to in the last half minute. Prints, and judges nothing.
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <iostream>

#include "tests/wire/hosts.h"

namespace shoal::overlay {
namespace {

using Time = std::chrono::steady_clock;
constexpr std::uint32_t kPeers = 40;
constexpr std::uint32_t kRounds = 11;

double cpu_ms() {
  timespec used{};
  EXPECT_EQ(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// One lookup of a content that nobody has: the whole of it, and no holder.
struct Cost {
  std::vector<double> took_ms, cpu, requests, opened;
};

class Visits : public Hosts {
 protected:
  Visits() {
    HostOptions options;
    options.node.open = true;
    options.node.always = {kKademlia};
    options.record_limit = Peer::kNoRecord;
    options.times.visit_idle = 1s;  // so that no round takes half a minute
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      peers_.push_back(std::make_unique<Peer>(threads_, "peer", options, rpc::Accept::kAnyone));
      if (one == 0) continue;
      peer(one).host().introduce(peer(one / 2).id(), {peer(one / 2).endpoint()});
      EXPECT_TRUE(soon([&] {
        return peer(one).host().visits() >= std::min<std::size_t>(one, limits::kKademliaK);
      }));
    }
  }
  /// Until nobody has a visit: the lookups after joining are done, too.
  void wait_for_quiet() {
    const auto quiet = [this] {
      return std::ranges::all_of(peers_, [](const auto& one) { return one->host().visits() == 0; });
    };
    for (int tries = 0; tries < 20 && !quiet(); ++tries) std::this_thread::sleep_for(1s);
    EXPECT_TRUE(quiet());
  }
  void ask(std::uint32_t origin, Cost& cost) {
    SearchSpec spec;
    spec.via = "kademlia";
    spec.content = ContentId{{}, next_content_};
    const std::size_t visits = peer(origin).host().visits();
    const double cpu = cpu_ms();
    const auto begun = Time::now();
    Asked asked(peer(origin), spec);
    const SearchReport& report = asked.report();
    cost.took_ms.push_back(std::chrono::duration<double, std::milli>(Time::now() - begun).count());
    cost.cpu.push_back(cpu_ms() - cpu);
    cost.requests.push_back(report.counts.copies);
    cost.opened.push_back(static_cast<double>(peer(origin).host().visits() - visits));
    EXPECT_EQ(report.ended, EndReason::kAnswered);
  }

  std::uint64_t next_content_ = 1;
};

void print(const std::string& what, const Cost& cost) {
  std::cout << "  " << what << median(cost.took_ms) << " ms, " << median(cost.cpu)
            << " ms of processor (all " << kPeers << " peers), " << median(cost.requests)
            << " requests, " << median(cost.opened) << " connections opened\n";
}

TEST_F(Visits, OfOneLookupWithAndWithoutConnections) {
  wait_for_quiet();
  Cost cold;
  Cost warm;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    const std::uint32_t origin = round * 3 % kPeers;
    ++next_content_;
    ask(origin, cold);
    ask(origin, warm);  // whom it has just talked to
    wait_for_quiet();
  }
  double averages[1] = {0};
  EXPECT_EQ(::getloadavg(averages, 1), 1);
  std::cout << "one Kademlia lookup, medians of " << kRounds << " rounds in turn, load "
            << averages[0] << ":\n";
  print("nobody talked to lately: ", cold);
  print("everybody talked to lately: ", warm);
  std::cout << "  a connection: " << (median(cold.cpu) - median(warm.cpu)) / median(cold.opened)
            << " ms of processor, both ends\n";
}

}  // namespace
}  // namespace shoal::overlay
