// SPDX-License-Identifier: Apache-2.0
// Machine: what leaves a peer, and what cannot.
#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "sim/engine/machine_calls.h"
#include "sim/network/wire_size.h"

namespace shoal::sim {
namespace {

Instant instant(std::int64_t at) { return Instant(Duration(at)); }

/// A message about to leave, and where it will lie.
struct Leaving {
  Message* message;
  ParcelList* list;
  std::int64_t arrival;
  const LinkEnd* end;
  std::uint32_t place;  ///< of the link's other end
};
constexpr std::size_t kTogether = 16;

/// Each list's end was written last long ago, so all are fetched before the first is written to.
void leave(ChunkPool& pool, std::span<Leaving> all) {
  for (const Leaving& one : all) one.list->warm();
  for (Leaving& one : all) {
    Parcel& parcel = one.list->append(pool);
    parcel.fill(std::move(*one.message));
    parcel.when = static_cast<std::uint64_t>(one.arrival) << 16 | one.end->incarnation;
    parcel.end = one.place;
    parcel.to = one.end->to;
  }
}

}  // namespace

/// When `message` arrives that leaves now by `end`, the one at `index`.
inline std::int64_t Machine::arrival_by(Lane& lane, Shard& shard, std::uint32_t peer,
                                        std::uint32_t index, const LinkEnd& end,
                                        const Message& message) {
  if (Wobble* const wobble = shard.wobble(index)) {
    return varied(lane, shard, *wobble, peer, end, message);
  }
  return lane.now + end.delay_us;
}

void Machine::send_all(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer) {
  std::array<Leaving, kTogether> leaving;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  std::size_t count = 0;
  const auto leave_all = [&] {
    leave(lane.pool, std::span(leaving).first(std::exchange(count, 0)));
  };
  // An answer goes back by the way of its question, and a flood sends over its links in order.
  std::uint32_t hint = lane.place;
  for (overlay::Send& send : lane.effects.sends) {
    const std::uint32_t index = shard.find_end(slot, send.to.value, hint);
    hint = index - slot.first_end + 1;
    if (index == kNowhere || !shard.end(index).open() || options_.order == Order::kTotal) {
      leave_all();
      transmit(lane, shard, slot, peer, index, send);
      continue;
    }
    const LinkEnd& end = shard.end(index);
    const std::int64_t arrival = arrival_by(lane, shard, peer, index, end, send.message);
    ParcelList& list = way_to(lane, end.to, arrival);
    __builtin_prefetch(&list);
    ++slot.events;
    leaving[count++] = {&send.message, &list, arrival, &end, twin_place(peer, end)};
    if (count == kTogether) leave_all();
  }
  leave_all();
}

/// Puts a message on its way over a link that takes it.
void Machine::depart(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t index,
                     Message&& message) {
  const LinkEnd& end = shard.end(index);
  if (end.up == 0) {
    if (shard.observer != nullptr) {
      shard.observer->on_lost(instant(lane.now), PeerRef{peer}, PeerRef{end.to}, message);
    }
    return;
  }
  const std::int64_t arrival = arrival_by(lane, shard, peer, index, end, message);
  const std::uint32_t place = twin_place(peer, end);
  post(lane, slot, peer, end.to, arrival, [&](Parcel& parcel) {
    parcel.fill(std::move(message));
    parcel.when = static_cast<std::uint64_t>(arrival) << 16 | end.incarnation;
    parcel.end = place;
    parcel.to = end.to;
  });
}

void Machine::transmit(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer,
                       std::uint32_t index, overlay::Send& send) {
  if (index == kNowhere || !shard.end(index).believed) {
    if (visits(send.message)) return visit(lane, shard, slot, peer, send);
    return give_back(lane, shard, peer, send.to, std::move(send.message));
  }
  if (!shard.end(index).stalled) {
    return depart(lane, shard, slot, peer, index, std::move(send.message));
  }
  std::deque<Message>& waiting = shard.waiting(peer, send.to.value);
  if (waiting.size() < options_.queue_messages) {
    waiting.push_back(std::move(send.message));
  } else if (carries_query(send.message.kind)) {
    give_back(lane, shard, peer, send.to, std::move(send.message));
  } else if (send.message.kind == MessageKind::kCancel) {
    if (shard.observer != nullptr) {
      shard.observer->on_lost(instant(lane.now), PeerRef{peer}, send.to, send.message);
    }
  } else {
    cut(lane, shard, slot, peer, index);  // an answer is never dropped from a link that lives
  }
}

// When a message arrives whose delay depends on more than its link.
std::int64_t Machine::varied(Lane& lane, Shard& shard, Wobble& wobble, std::uint32_t peer,
                             const LinkEnd& end, const Message& message) {
  std::int64_t arrival = lane.now;
  if (Line* const line = shard.line(peer)) {
    const std::uint32_t bytes = wire_size(message);
    const Instant left = line->uplink.leave(instant(lane.now), bytes, line->speed);
    const Line* const far = shard_of(end.to).line(end.to);
    const Duration down = far == nullptr ? Duration{} : sending_time(bytes, far->speed.down);
    arrival = (left + down).time_since_epoch().count();
  }
  arrival += end.delay_us;
  if (wobble.most_us > 0) {
    arrival += static_cast<std::int64_t>(wobble.draws.below(std::uint64_t{wobble.most_us} + 1));
  }
  return wobble.last_arrival = std::max(wobble.last_arrival, arrival);
}

/// Where in the other peer's row the other end stands, if that is too far down to be kept.
std::uint32_t Machine::far_twin_place(std::uint32_t peer, const LinkEnd& end) {
  Shard& far = shard_of(end.to);
  const Slot& slot = far.slot(end.to);
  return far.find_end(slot, peer, kNowhere) - slot.first_end;
}

void Machine::post_event(const TotalEvent& event) {
  events_.push_back(event);
  std::ranges::push_heap(events_, std::greater<>{});
}

/// Tells the other end of a link that it is gone.
void Machine::post_notice(Lane& lane, Slot& slot, std::uint32_t peer, const LinkEnd& end,
                          std::int64_t at) {
  const std::uint32_t place = twin_place(peer, end);
  post(lane, slot, peer, end.to, at,
       [&](Parcel& parcel) { parcel.fill_notice(at, end.incarnation, place, end.to); });
}

void Machine::post_own(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::int64_t at,
                       Parcel::Own what) {
  ++slot.events;
  if (options_.order == Order::kTotal) {
    TotalEvent event{at, peer, slot.events, {}};
    event.parcel.fill_own(what, at, peer, slot.incarnation);
    post_event(event);
  } else if (at < lane.window_end) {
    Parcel parcel;
    parcel.fill_own(what, at, peer, slot.incarnation);
    const auto earlier = [](const Parcel& a, const Parcel& b) { return a.at() > b.at(); };
    lane.urgent.insert(std::ranges::lower_bound(lane.urgent, parcel, earlier), parcel);
  } else {
    shard.calendar.add(lane.pool, slots_(at)).fill_own(what, at, peer, slot.incarnation);
  }
}

void Machine::give_back(Lane& lane, Shard& shard, std::uint32_t peer, PeerRef to, Message message) {
  if (shard.observer != nullptr) {
    shard.observer->on_given_back(instant(lane.now), PeerRef{peer}, to, message);
  }
  Call call;
  call.kind = Call::Kind::kDropped;
  call.peer = peer;
  call.other = to;
  call.message = std::move(message);
  call_soon(lane, std::move(call));
}

/// An end cuts its link: at once on this side, and the other end learns of it one floor later.
void Machine::cut(Lane& lane, Shard& shard, Slot& slot, std::uint32_t peer, std::uint32_t index) {
  LinkEnd& end = shard.end(index);
  if (end.up == 0) return;
  end.up = 0;
  if (shard.observer != nullptr) {
    shard.observer->on_link_cut(instant(lane.now), PeerRef{peer}, PeerRef{end.to});
  }
  post_notice(lane, slot, peer, end, lane.now + options_.floor.count());
  learn_down(lane, peer, end);
}

/// This end finds out that its link is gone: what waited is given back, in order, before its node
/// hears of the end.
void Machine::learn_down(Lane& lane, std::uint32_t peer, LinkEnd& end) {
  Shard& shard = shard_of(peer);
  if (end.believed == 0 || !shard.slot(peer).alive) return;
  const PeerRef other{end.to};
  end.believed = 0;  // what its node sends meanwhile is given back too, and does not wait for ever
  for (Message& message : shard.take_waiting(peer, end.to)) {
    give_back(lane, shard, peer, other, std::move(message));
  }
  const std::int64_t own = shard.own_time(peer, lane.now);
  const std::uint32_t spent = shard.slot(peer).node.spent(instant(own), other);
  if (spent > 0) shard.remember_spent(peer, end.to, spent, lane.now, options_.node);
  if (shard.observer != nullptr) {
    shard.observer->on_link_down(instant(lane.now), PeerRef{peer}, other);
  }
  Call call;
  call.kind = Call::Kind::kLinkDown;
  call.peer = peer;
  call.other = other;
  call_soon(lane, std::move(call));
}

}  // namespace shoal::sim
