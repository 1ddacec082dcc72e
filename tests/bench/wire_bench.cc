// SPDX-License-Identifier: Apache-2.0
// What the wire host costs, as ratios: against a bare forwarder, round trips and one message per
// write. Prints, and judges nothing.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <time.h>

#include <cstdlib>
#include <future>
#include <iostream>
#include <thread>

#include "tests/bench/bare_forwarder.h"
#include "tests/bench/raw_forwarder.h"
#include "tests/bench/tap.h"
#include "tests/wire/twins.h"

namespace shoal::overlay {
namespace {

using Time = std::chrono::steady_clock;
constexpr int kRounds = 21;

double ms_since(Time::time_point begun) {
  return std::chrono::duration<double, std::milli>(Time::now() - begun).count();
}

/// Runnable processes of the machine in the last minute: what else it had to do.
double load() {
  double averages[1] = {0};
  return ::getloadavg(averages, 1) == 1 ? averages[0] : 0;
}

/// Milliseconds of processor that this process has used.
double cpu_ms() {
  timespec used{};
  EXPECT_EQ(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
  return static_cast<double>(used.tv_sec) * 1e3 + static_cast<double>(used.tv_nsec) / 1e6;
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Waits without taking a core away from what is measured.
void until(const std::function<bool()>& holds) {
  const auto deadline = Time::now() + 30s;
  while (!holds() && Time::now() < deadline) std::this_thread::sleep_for(50us);
  EXPECT_TRUE(holds());
}

/// As many bytes as a write of the host has that carries just this.
std::size_t bytes_of(const Message& message) {
  return codec::frame_of(codec::encode_item(message)).size();
}

/// The floor on the graph of the real peers.
template <class Forwarder>
class Floor {
 public:
  Floor(tests::Threads& threads, const sim::Graph& graph, std::size_t query_bytes,
        std::size_t echo_bytes)
      : copies_(2 * graph.edges() - kPeers + 1), query_bytes_(query_bytes) {
    for (std::uint32_t i = 0; i < kPeers; ++i) {
      peers_.push_back(std::make_unique<Forwarder>(threads, heard_, echo_bytes));
    }
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      for (const std::uint32_t other : graph.neighbours(one)) {
        if (one < other) peers_[one]->dial(*peers_[other]);
      }
    }
    until([&] { return heard_.ends == 2 * graph.edges(); });
    flood();  // the first one finds its code and its memory cold
  }
  ~Floor() {
    for (const auto& peer : peers_) peer->close();
  }
  /// Milliseconds until each copy has arrived where nobody answers.
  double spread() {
    const auto begun = start(FloorPeer::kSilent, [] {});
    until([&] { return heard_.queries == copies_ && heard_.reached == kPeers; });
    return ms_since(begun);
  }
  /// Milliseconds until the origin has its last echo.
  double flood() {
    std::promise<void> ended;
    const auto begun = start(FloorPeer::kQuery, [&] { ended.set_value(); });
    EXPECT_EQ(ended.get_future().wait_for(30s), std::future_status::ready);
    const double took = ms_since(begun);
    EXPECT_EQ(heard_.reached, kPeers);
    EXPECT_EQ(heard_.queries, copies_);
    EXPECT_EQ(heard_.echoes, copies_);
    return took;
  }
  [[nodiscard]] std::size_t copies() const { return copies_; }

 private:
  Time::time_point start(char kind, std::function<void()> ended) {
    heard_.queries = heard_.echoes = heard_.reached = 0;
    const std::string frame = FloorPeer::frame(kind, query_bytes_, ++floods_);
    const auto begun = Time::now();
    peers_[0]->flood(frame, std::move(ended));
    return begun;
  }

  const std::size_t copies_;
  const std::size_t query_bytes_;
  std::uint64_t floods_ = 0;
  Heard heard_;
  std::vector<std::unique_ptr<Forwarder>> peers_;
};

class WireBench : public Twins {
 protected:
  WireBench() : Twins(Peer::kNoRecord) {
    for (const auto& one : peers_) one->files.clear();  // the floor has no hits either
  }
};

// What is compared. Both networks are 200 peers of one process on one graph, with the same streams,
// TLS and threads. In both, a query goes over each link but back to its asker, and each of its
// copies is answered by exactly one echo: at once by a repeat, else when everything below is
// answered. Both end when the origin has its last echo, and both then have made the same writes: so
// many queries and so many echoes, of the same lengths (checked). What the floor lacks is all that
// makes a flood of it: messages that are parsed, judged and encoded, tables with bounds, budgets
// and timers, a lookup at each peer, and counts. A flood cannot know its end before its echoes are
// back, so a floor without echoes, also printed, is one of half the frames, not of this search.
TEST_F(WireBench, ACoveringFloodAgainstABareForwarder) {
  SearchSpec spec = Asked::spec_of(kPeers - 1, "nothing of the sort");
  spec.rule = DuplicateRule::kClassic;
  Message query;
  query.ttl = kPeers - 1;
  query.hops = 5;
  query.budget_ms = 400'000;
  query.overlay = OverlayId{1};
  query.body = make_payload<QueryBody>([&](QueryBody& body) {
    body.terms = spec.terms;
    body.rule = spec.rule;
    body.key.bytes.fill(7);
  });
  Message echo = query;
  echo.kind = MessageKind::kEchoDuplicate;
  echo.body = {};
  Floor<BareForwarder> floor(threads_, *graph_, bytes_of(query), bytes_of(echo));
  Floor<RawForwarder> raw_floor(threads_, *graph_, bytes_of(query), bytes_of(echo));
  std::vector<double> spread;
  std::vector<double> bare;
  std::vector<double> bare_cpu;
  std::vector<double> raw;
  std::vector<double> asked;
  std::vector<double> ended;
  std::vector<double> ended_cpu;
  std::vector<double> ratios;
  const auto lookups = [&] {
    unsigned sum = 0;
    for (const auto& one : peers_) sum += one->lookups;
    return sum;
  };
  for (int round = 0; round < kRounds; ++round) {
    spread.push_back(floor.spread());
    double cpu = cpu_ms();
    bare.push_back(floor.flood());
    bare_cpu.push_back(cpu_ms() - cpu);
    raw.push_back(raw_floor.flood());
    const unsigned before = lookups();
    cpu = cpu_ms();
    const auto begun = Time::now();
    Asked search(peer(0), spec);
    search.report();
    ended.push_back(ms_since(begun));
    ended_cpu.push_back(cpu_ms() - cpu);
    EXPECT_TRUE(search.report().complete);
    EXPECT_EQ(search.report().hits, 0U);
    EXPECT_EQ(search.report().counts.copies, floor.copies()) << "not the frames of the floor";
    const auto again = Time::now();
    const unsigned after = lookups();
    EXPECT_EQ(after, before + kPeers - 1);
    Asked reach(peer(0), spec);
    until([&] { return lookups() == after + kPeers - 1; });
    asked.push_back(ms_since(again));
    reach.report();
    ratios.push_back(ended.back() / bare.back());
  }
  std::cout << "covering flood of " << kPeers << " peers, " << floor.copies()
            << " copies, medians of " << kRounds << " rounds in turn, load " << load() << ":\n"
            << "  bare forwarder, every echo back:   " << median(bare) << " ms\n"
            << "  the same on gRPC alone:            " << median(raw) << " ms\n"
            << "  flood, every echo back:            " << median(ended) << " ms, "
            << median(ended) / median(bare) << " x the floor, median of pairs " << median(ratios)
            << " (wanted: at most 1.5), " << median(ended) / median(raw) << " x gRPC alone\n"
            << "  in processor time:                 " << median(ended_cpu) << " ms, floor "
            << median(bare_cpu) << " ms, " << median(ended_cpu) / median(bare_cpu) << " x\n"
            << "  bare forwarder without echoes:     " << median(spread) << " ms\n"
            << "  flood, every peer asked:           " << median(asked) << " ms, "
            << median(asked) / median(spread) << " x that\n";
}

/// Unary calls that the server answers at once, that it has no such method.
class Unary {
 public:
  Unary(Peer& from, Peer& to) : stub_(rpc::make_channel(to.endpoint(), from.me(), to.id())) {}
  double ms() {
    grpc::ClientContext context;
    const grpc::Slice nothing(std::string(1, '\0'));
    grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    std::atomic<bool> done = false;
    const auto begun = Time::now();
    stub_.UnaryCall(&context, "/shoal.v1.LinkService/None", {}, &request, &response,
                    [&](const grpc::Status&) { done = true; });
    while (!done) std::this_thread::yield();
    return ms_since(begun);
  }

 private:
  grpc::GenericStub stub_;
};

// Between the call of the search and the hit in its user's hands lie 16 messages, a lookup and two
// signatures; 8 unary round trips are 16 messages with nothing behind them. Each round measures
// both, between the same two peers.
TEST(Bench, TheFirstHitOverALineOfEightHops) {
  constexpr std::size_t kHops = 8;
  tests::Threads threads(3);
  HostOptions options;
  options.record_limit = Peer::kNoRecord;
  std::vector<std::unique_ptr<Peer>> line;
  for (std::size_t i = 0; i <= kHops; ++i) {
    line.push_back(std::make_unique<Peer>(threads, "p", options));
  }
  for (std::size_t i = 0; i < kHops; ++i) line[i]->befriend(*line[i + 1]);
  for (std::size_t i = 0; i < kHops; ++i) {
    EXPECT_TRUE(soon([&] {
      return line[i]->link_to(*line[i + 1]).state == LinkStatus::State::kActive &&
             line[i + 1]->link_to(*line[i]).state == LinkStatus::State::kActive;
    }));
  }
  line[kHops]->files = {some_file()};
  Unary unary(*line[0], *line[1]);
  for (int i = 0; i < 10; ++i) unary.ms();
  std::vector<double> hits;
  std::vector<double> unaries;
  for (int round = 0; round < 2 * kRounds; ++round) {
    for (int i = 0; i < 5; ++i) unaries.push_back(unary.ms());
    std::promise<void> hit;
    const auto begun = Time::now();
    SearchSpec spec = Asked::spec_of(kHops, "word");
    bool first = true;
    const auto started = line[0]->host().search(spec, {[&](const FoundHit&) {
                                                         if (std::exchange(first, false)) {
                                                           hits.push_back(ms_since(begun));
                                                           hit.set_value();
                                                         }
                                                       },
                                                       {}});
    EXPECT_TRUE(started);
    EXPECT_EQ(hit.get_future().wait_for(20s), std::future_status::ready);
    std::this_thread::sleep_for(5ms);  // its echoes
  }
  const double one = median(unaries);
  std::cout << "first hit over " << kHops << " hops, load " << load() << ": " << median(hits)
            << " ms, " << median(hits) / (kHops * one) << " x " << kHops << " unary round trips of "
            << one << " ms (wanted: at most 4)\n";
}

/// Frames of queries without echo, so many in each.
std::vector<std::string> frames_of_queries(std::uint64_t total, std::size_t per_frame) {
  std::vector<std::string> frames;
  for (std::uint64_t first = 0; first < total; first += per_frame) {
    std::string entries;
    for (std::uint64_t i = 0; i < per_frame; ++i) {
      Message query;
      query.query = QueryId{9, first + i};
      query.overlay = OverlayId{1};
      query.ttl = 2;
      query.budget_ms = 10'000;
      query.body = make_payload<QueryBody>([](QueryBody& body) {
        body.terms = "w";
        body.echo = false;
      });
      codec::append_item(entries, query);
    }
    frames.push_back(codec::frame_of(entries));
  }
  return frames;
}

struct Relayed {
  double per_second = 0;
  double per_cpu_second = 0;  ///< of the whole process: source, relay and sink
};

/// From one friend to the other through a relay.
Relayed relay(const std::vector<std::string>& frames, std::size_t per_frame) {
  constexpr std::uint64_t kWindow = 1024;  // fewer than a queue holds: none is given back
  tests::Threads threads(1);
  tests::Threads ends(1);
  HostOptions options;
  options.node.link_queries_per_second = 0;
  options.node.seen_max = options.node.copies_max = std::size_t{1} << 22;
  options.record_limit = Peer::kNoRecord;
  Peer middle(threads, "relay", options, rpc::Accept::kListed);
  Tap source(ends, middle);
  Tap sink(ends, middle);
  EXPECT_TRUE(soon([&] { return middle.links_up() == 2; }));
  const double cpu = cpu_ms();
  const auto begun = Time::now();
  std::uint64_t sent = 0;
  for (const std::string& frame : frames) {
    while (sent > sink.queries + kWindow && ms_since(begun) < 30'000) {
      std::this_thread::sleep_for(50us);
    }
    source.send(frame);
    sent += per_frame;
  }
  until([&] { return sink.queries >= sent; });
  const double all = static_cast<double>(sink.queries) * 1e3;
  return {all / ms_since(begun), all / (cpu_ms() - cpu)};
}

// A relay that asks its user's files about each query and forwards it, with its tables as large as
// that takes. The friends at both ends parse nothing.
TEST(Bench, SmallMessagesThroughARelay) {
  std::map<std::size_t, std::vector<std::string>> frames;
  std::map<std::size_t, std::vector<double>> rates;
  std::map<std::size_t, std::vector<double>> costs;
  for (const std::size_t per_frame : {1U, 32U, 256U}) {
    frames[per_frame] = frames_of_queries(per_frame == 1 ? 30'000 : 300'032, per_frame);
  }
  for (int round = 0; round < 5; ++round) {
    for (const auto& [per_frame, some] : frames) {
      const Relayed one = relay(some, per_frame);
      rates[per_frame].push_back(one.per_second);
      costs[per_frame].push_back(one.per_cpu_second);
    }
  }
  std::cout << "queries relayed per second over one link, medians of 5 rounds in turn, load "
            << load() << ":\n";
  for (const auto& [per_frame, seen] : rates) {
    std::cout << "  " << per_frame << " in a write: " << median(seen) << " (best "
              << std::ranges::max(seen) << "), " << median(seen) / median(rates[1])
              << " x one in a write, " << median(costs[per_frame])
              << " per second of processor, both ends and gRPC included"
              << (per_frame == 1 ? "\n" : " (wanted: at least 300000 per second)\n");
  }
}

}  // namespace
}  // namespace shoal::overlay
