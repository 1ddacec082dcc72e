// SPDX-License-Identifier: Apache-2.0
// What the wire host costs, as ratios: against a bare forwarder, round trips and one message per
// write. Prints, and judges nothing.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/service_type.h>

#include <iostream>
#include <thread>

#include "tests/bench/bare_forwarder.h"
#include "tests/wire/bad_friend.h"
#include "tests/wire/twins.h"

namespace shoal::overlay {
namespace {

using Time = std::chrono::steady_clock;

double ms_since(Time::time_point begun) {
  return std::chrono::duration<double, std::milli>(Time::now() - begun).count();
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

/// The floor on the graph of the real peers.
class Floor {
 public:
  Floor(tests::Threads& threads, const sim::Graph& graph)
      : frames_(2 * graph.edges() - kPeers + 1) {
    for (std::uint32_t i = 0; i < kPeers; ++i) {
      peers_.push_back(std::make_unique<BareForwarder>(threads, heard_, reached_));
    }
    for (std::uint32_t one = 0; one < kPeers; ++one) {
      for (const std::uint32_t other : graph.neighbours(one)) {
        if (one < other) peers_[one]->dial(*peers_[other]);
      }
    }
  }
  ~Floor() {
    for (const auto& peer : peers_) peer->close();
  }
  /// Milliseconds until every frame has arrived.
  double flood(const std::string& frame) {
    const auto begun = Time::now();
    heard_ = reached_ = 0;
    peers_[0]->flood(frame);
    until([&] { return heard_ == frames_ && reached_ == kPeers; });
    return ms_since(begun);
  }

 private:
  const std::size_t frames_;
  std::atomic<std::size_t> heard_ = 0;
  std::atomic<std::size_t> reached_ = 0;
  std::vector<std::unique_ptr<BareForwarder>> peers_;
};

class WireBench : public Twins {
 protected:
  WireBench() : Twins(Peer::kNoRecord) {}
};

TEST_F(WireBench, ACoveringFloodAgainstABareForwarder) {
  Floor floor(threads_, *graph_);
  std::this_thread::sleep_for(2s);  // its links come up
  // As long as a copy of the query below.
  std::string frame(150, 'f');
  std::vector<double> bare;
  std::vector<double> asked;
  std::vector<double> ended;
  const auto lookups = [&] {
    unsigned sum = 0;
    for (const auto& one : peers_) sum += one->lookups;
    return sum;
  };
  for (int round = 0; round < 15; ++round) {
    frame.replace(frame.size() - 16, 16, std::string(15, 'r') + static_cast<char>('a' + round));
    bare.push_back(floor.flood(frame));
    const unsigned before = lookups();
    const auto begun = Time::now();
    SearchSpec spec = Asked::spec_of(kPeers - 1, "nothing of the sort");
    spec.rule = DuplicateRule::kClassic;
    Asked search(peer(0), spec);
    until([&] { return lookups() == before + kPeers - 1; });
    asked.push_back(ms_since(begun));
    search.report();
    ended.push_back(ms_since(begun));
  }
  std::cout << "covering flood of " << kPeers << " peers, medians of 15 rounds in turn:\n"
            << "  bare forwarder, every frame there: " << median(bare) << " ms\n"
            << "  flood, every peer asked:           " << median(asked) << " ms, "
            << median(asked) / median(bare) << " x the floor\n"
            << "  flood, every echo back:            " << median(ended) << " ms, "
            << median(ended) / median(bare) << " x the floor\n";
}

/// A unary call that the server answers at once, that it has no such method.
double unary_ms(Peer& from, Peer& to) {
  grpc::GenericStub stub(rpc::make_channel(to.endpoint(), from.me(), to.id()));
  std::vector<double> times;
  for (int i = 0; i < 50; ++i) {
    grpc::ClientContext context;
    const grpc::Slice nothing(std::string(1, '\0'));
    grpc::ByteBuffer request(&nothing, 1);
    grpc::ByteBuffer response;
    std::atomic<bool> done = false;
    const auto begun = Time::now();
    stub.UnaryCall(&context, "/shoal.v1.LinkService/None", {}, &request, &response,
                   [&](const grpc::Status&) { done = true; });
    while (!done) std::this_thread::yield();
    if (i > 4) times.push_back(ms_since(begun));
  }
  return median(times);
}

TEST(Bench, TheFirstHitOverALineOfEightHops) {
  tests::Threads threads(3);
  std::vector<std::unique_ptr<Peer>> line;
  for (int i = 0; i < 9; ++i) line.push_back(std::make_unique<Peer>(threads, "p"));
  for (std::size_t i = 0; i < 8; ++i) line[i]->befriend(*line[i + 1]);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_TRUE(soon([&] {
      return line[i]->link_to(*line[i + 1]).state == LinkStatus::State::kActive &&
             line[i + 1]->link_to(*line[i]).state == LinkStatus::State::kActive;
    }));
  }
  line[8]->files = {some_file()};
  std::vector<double> hits;
  for (int round = 0; round < 30; ++round) {
    Asked asked(*line[0], 8);
    EXPECT_EQ(asked.report().hits, 1U);
    if (!asked.hits.empty()) hits.push_back(static_cast<double>(asked.hits[0].after.count()) / 1e3);
  }
  const double unary = unary_ms(*line[0], *line[1]);
  std::cout << "first hit over 8 hops: " << median(hits) << " ms, " << median(hits) / (8 * unary)
            << " x 8 unary round trips of " << unary << " ms (wanted: at most 4)\n";
}

/// Queries without echo from one friend to the other through a relay, so many in a frame.
double relayed_per_second(std::size_t per_frame) {
  constexpr std::uint64_t kWindow = 2048;
  tests::Threads threads(2);
  HostOptions options;
  options.node.link_queries_per_second = 0;
  options.node.seen_max = options.node.copies_max = std::size_t{1} << 22;
  options.record_limit = Peer::kNoRecord;
  Peer relay(threads, "relay", options, rpc::Accept::kListed);
  BadFriend source(relay);
  BadFriend sink(relay);
  source.greet();
  sink.greet();
  EXPECT_TRUE(soon([&] { return relay.links_up() == 2; }));
  std::atomic<std::uint64_t> arrived = 0;
  std::thread listener([&] { sink.count_queries(arrived); });
  const std::uint64_t total = per_frame == 1 ? 40'000 : 300'000;
  std::vector<::shoal::v1::OpenRequest> frames;
  for (std::uint64_t first = 0; first < total; first += per_frame) {
    frames.push_back(queries(first, per_frame, "w", 2, false));
  }
  const auto begun = Time::now();
  std::uint64_t sent = 0;
  for (const auto& frame : frames) {
    while (sent > arrived + kWindow && ms_since(begun) < 30'000) std::this_thread::yield();
    source.send(frame);
    sent += per_frame;
  }
  until([&] { return arrived >= total; });
  const double seconds = ms_since(begun) / 1e3;
  sink.cancel();
  listener.join();
  source.hang_up();
  return static_cast<double>(arrived) / seconds;
}

TEST(Bench, SmallMessagesThroughARelay) {
  const double alone = relayed_per_second(1);
  std::cout << "relayed queries per second, one in a write: " << alone << '\n';
  for (const std::size_t per_frame : {32U, 256U}) {
    const double many = relayed_per_second(per_frame);
    std::cout << "relayed queries per second, " << per_frame << " in a write: " << many << ", "
              << many / alone << " x one in a write (wanted: 300000)\n";
  }
}

}  // namespace
}  // namespace shoal::overlay
