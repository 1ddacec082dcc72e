// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/engine.h"

#include <string>
#include <utility>

#include "proto/types/assert.h"
#include "sim/engine/machine.h"

namespace shoal::sim {
namespace {

constexpr unsigned kShardBitsMax = 16;

tl::unexpected<Error> turn_down(std::string why, std::string next) {
  return fail(Errc::kInvalidArgument, "the simulation was not set up", std::move(why),
              std::move(next));
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::make(const EngineOptions& options,
                                             std::span<const overlay::OverlayEntry> overlays) {
  if (options.floor < Duration(1)) {
    return turn_down("its smallest link delay is zero, and then everything happens at once",
                     "give links a delay, or set a floor that smaller delays are raised to");
  }
  if (options.threads < 1 || options.threads > limits::kSimThreadsMax) {
    return turn_down(std::to_string(options.threads) + " threads are not in 1.." +
                         std::to_string(limits::kSimThreadsMax),
                     "choose with --threads");
  }
  if (options.threads > 1 && options.order == Order::kTotal) {
    return turn_down("one order over all peers goes with one thread only", "use --threads 1");
  }
  if (options.shard_bits > kShardBitsMax) {
    return turn_down("a shard of 2^" + std::to_string(options.shard_bits) + " peers is too large",
                     "at most 2^" + std::to_string(kShardBitsMax));
  }
  return std::unique_ptr<Engine>(new Engine(std::make_unique<Machine>(options, overlays)));
}

Engine::Engine(std::unique_ptr<Machine> machine) : machine_(std::move(machine)) {}
Engine::~Engine() = default;

PeerRef Engine::add_peers(std::uint32_t count) { return machine_->add_peers(count); }
void Engine::build(const Graph& graph, const LinkLaw& law) { machine_->build(graph, law); }
std::uint32_t Engine::size() const { return machine_->size(); }
bool Engine::alive(PeerRef peer) const { return machine_->slot_of(peer.value).alive; }
void Engine::connect(PeerRef first, PeerRef second, const LinkDelay& delay, Friendship friendship) {
  machine_->connect(first, second, delay, friendship);
}

void Engine::at(Instant at, std::function<void()> action) { machine_->at(at, std::move(action)); }
void Engine::take_down(PeerRef first, PeerRef second, Duration first_learns,
                       Duration second_learns) {
  machine_->take_down(first, second, first_learns, second_learns);
}
void Engine::bring_up(PeerRef first, PeerRef second) { machine_->bring_up(first, second); }
void Engine::put_on_side(PeerRef peer, std::uint8_t side) {
  machine_->whereabouts(peer).side = side;
}
void Engine::hide(PeerRef peer, bool hidden) { machine_->whereabouts(peer).hidden = hidden; }
void Engine::introduce(PeerRef at, PeerRef peer) { machine_->introduce(at, peer); }
void Engine::change_shares(PeerRef at) { machine_->change_shares(at); }
void Engine::refuse(PeerRef from, PeerRef to) { machine_->refuse(from, to); }
void Engine::stall(PeerRef from, PeerRef to, bool stalled) { machine_->stall(from, to, stalled); }
void Engine::crash(PeerRef peer, Duration neighbours_learn) {
  machine_->crash(peer, neighbours_learn);
}
void Engine::restart(PeerRef peer) { machine_->restart(peer); }
void Engine::drift(PeerRef peer, std::int32_t ppm) { machine_->drift(peer, ppm); }
void Engine::jump(PeerRef peer, Duration forward) { machine_->jump(peer, forward); }

Result<QueryId> Engine::search(PeerRef origin, const overlay::SearchRequest& request) {
  return machine_->search(origin, request);
}
void Engine::cancel(PeerRef origin, QueryId query) { machine_->cancel(origin, query); }
void Engine::unfriend(PeerRef at, PeerRef other) { machine_->unfriend(at, other); }
Verdict Engine::inject(PeerRef from, PeerRef to, const Message& message) {
  return machine_->inject(from, to, message);
}
void Engine::garbage(PeerRef from, PeerRef to) { machine_->garbage(from, to); }

Instant Engine::now() const { return machine_->now(); }
void Engine::run_until(Instant until) { machine_->run_until(until); }
bool Engine::run(Instant until) { return machine_->run(until); }

void Engine::shrink() { machine_->shrink(); }

void Engine::watch(Observer& observer) { machine_->watch(observer); }
void Engine::measure(const std::function<Observer*(std::uint32_t)>& make) {
  machine_->measure(make);
}
const overlay::Node& Engine::node(PeerRef peer) const {
  const Slot& slot = machine_->slot_of(peer.value);
  SHOAL_ASSERT(slot.alive);
  return slot.node;
}
std::uint64_t Engine::digest() const { return machine_->digest(); }
std::uint64_t Engine::deliveries() const { return machine_->deliveries(); }
std::uint64_t Engine::raised() const { return machine_->raised(); }

}  // namespace shoal::sim
