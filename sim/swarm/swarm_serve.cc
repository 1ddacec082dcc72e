// SPDX-License-Identifier: Apache-2.0
// The serving end of a swarm: slots, turns, what goes on the line.
#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "sim/swarm/swarm.h"

namespace shoal::sim {
namespace {

using transfer::UploadRef;

/// Bytes of one stream that are sent and not taken yet, above which it waits.
constexpr std::uint64_t kUnderWay = std::uint64_t{2} * limits::kRangeBytes;

}  // namespace

void Swarm::wish(std::uint32_t index) {
  Stream& stream = streams_[index];
  if (is_done(stream.fetcher)) return;
  if (stream.on_line != 0) return knock_again(index);  // what it hung up on is still being sent
  Peer& server = peers_[stream.server];
  if (stream.spare) {
    stream.knocks = false;
    if (stream.upload || !streams_[index - 1].upload) return;
    if (!server.queue.enter_spare(UploadRef{index}, peer_id(stream.fetcher), now_)) {
      ++result_.refused;
      return knock_again(index);
    }
    ++result_.spare;
    begin_turn(index);
    return arm(stream.server);
  }
  if (!server.queue.enter(UploadRef{index}, peer_id(stream.fetcher), now_)) {
    ++result_.refused;
    return knock_again(index);
  }
  stream.pause = {};
  serve(stream.server);
}

void Swarm::knock_again(std::uint32_t index) {
  Stream& stream = streams_[index];
  stream.knocks = true;
  stream.pause =
      std::clamp<Duration>(2 * stream.pause, limits::kSeekPauseMin, limits::kSeekPauseMax);
  at(now_ + 2 * spec_.delay + stream.pause, Kind::kWish, index);
}

// Gives out the slots that are free.
void Swarm::serve(std::uint32_t peer) {
  while (const auto next = peers_[peer].queue.next(now_)) {
    begin_turn(static_cast<std::uint32_t>(next->value));
  }
  arm(peer);
}

void Swarm::begin_turn(std::uint32_t index) {
  Stream& stream = streams_[index];
  Peer& server = peers_[stream.server];
  ++result_.turns;
  ++stream.turn;
  server.serves.push_back(index);
  stream.told = server.here && !server.here->all() ? server.here : std::nullopt;
  stream.partial = stream.told.has_value();
  stream.upload.emplace(layout_, stream.told);
  stream.held.reset();
  stream.piece.reset();
  stream.given = server.spread.begin(UploadRef{index}, peer_id(stream.fetcher));
  at(arrival(stream), Kind::kDescribed, index, stream.turn);
}

void Swarm::end_turn(std::uint32_t index) {
  Stream& stream = streams_[index];
  Peer& server = peers_[stream.server];
  stream.upload.reset();
  stream.held.reset();
  if (std::exchange(stream.wants_tokens, false)) server.shaper.forget(UploadRef{index});
  server.spread.end(UploadRef{index});
  std::erase(server.serves, index);
  server.queue.end_turn(UploadRef{index}, now_);
}

void Swarm::asked(const Event& event) {
  Stream& stream = streams_[event.who];
  // Asked in an earlier turn: the fetcher knows by now that nothing comes of it.
  if (event.turn != stream.turn || !stream.upload) return;
  peers_[stream.server].queue.on_busy(UploadRef{event.who});
  const bool honest = stream.upload->on_range_request(event.offset, event.length);
  SHOAL_ASSERT(honest);
  if (const auto piece = layout_.piece_of(event.offset); event.offset == layout_.offset(piece)) {
    for (const UploadRef ref : peers_[stream.server].spread.on_asked(UploadRef{event.who}, piece)) {
      const auto other = static_cast<std::uint32_t>(ref.value);
      streams_[other].upload->on_given(peers_[stream.server].spread.take_news(ref));
      offer(other);
    }
  }
  offer(event.who);
  arm(stream.server);
}

// Puts the stream's next answer on the line, if it may be sent.
void Swarm::offer(std::uint32_t index) {
  Stream& stream = streams_[index];
  if (!stream.upload || is_silent(stream.server)) return;
  if (stream.on_line != 0 || stream.held || stream.under_way >= kUnderWay) return;
  while (const auto read = stream.upload->next_read()) stream.upload->on_read(read->number);
  const auto answer = stream.upload->next_send();
  Peer& server = peers_[stream.server];
  if (!answer) {
    if (stream.under_way == 0) server.queue.on_idle(UploadRef{index}, now_);
    return;
  }
  const auto* const have = std::get_if<transfer::Upload::Have>(&*answer);
  const auto* const given = std::get_if<transfer::Upload::Given>(&*answer);
  if (have != nullptr || given != nullptr) {
    stream.news.push(have != nullptr ? have->pieces : given->pieces);
    at(stream.last_arrival = arrival(stream), have != nullptr ? Kind::kHave : Kind::kGiven, index,
       stream.turn);
    stream.upload->on_sent();
    return offer(index);
  }
  stream.held = std::get<transfer::Upload::Read>(*answer);
  const std::uint32_t piece = layout_.piece_of(stream.held->offset);
  if (std::exchange(stream.piece, piece) != piece && server.queue.over(UploadRef{index}, now_)) {
    end_turn(index);
    at(stream.last_arrival = arrival(stream), Kind::kOver, index, stream.turn);
    return serve(stream.server);
  }
  stream.wants_tokens =
      !server.shaper.ask(UploadRef{index}, peer_id(stream.fetcher), stream.held->length, now_);
  if (!stream.wants_tokens) send(index);
}

void Swarm::send(std::uint32_t index) {
  Stream& stream = streams_[index];
  Peer& server = peers_[stream.server];
  const std::uint32_t length = stream.held->length;
  stream.wants_tokens = false;
  stream.on_line = length;
  stream.under_way += length;
  server.queue.on_sent(UploadRef{index}, length);
  server.line.add(index, length, now_);
  result_.from[stream.server] += length;
  if (on_sent_) on_sent_(stream.server, stream.fetcher, now_, length);
}

void Swarm::line(std::uint32_t peer) {
  Peer& server = peers_[peer];
  server.line_due.reset();
  while (const auto index = server.line.take_done(now_)) {
    Stream& stream = streams_[*index];
    const std::uint32_t through = std::exchange(stream.on_line, 0);
    if (!stream.upload) {  // the fetcher has hung up meanwhile
      stream.under_way -= through;
      continue;
    }
    const auto read = *std::exchange(stream.held, std::nullopt);
    stream.upload->on_sent();
    const std::uint32_t piece = layout_.piece_of(read.offset);
    if (read.offset + read.length == layout_.offset(piece) + layout_.size(piece)) {
      server.spread.on_sent(UploadRef{*index}, piece);
    }
    Peer& taker = peers_[stream.fetcher];
    taker.down_free = std::max(taker.down_free + time_for(read.length, taker.down),
                               std::max(now_ + spec_.delay, stream.last_arrival));
    stream.last_arrival = taker.down_free;
    at(stream.last_arrival, Kind::kChunk, *index, stream.turn, read.offset, read.length);
    offer(*index);
  }
  arm(peer);
}

void Swarm::tell_news(std::uint32_t index) {
  Peer& peer = peers_[index];
  peer.news_due = false;
  const auto serves = peer.serves;
  for (const std::uint32_t stream : serves) {
    if (!streams_[stream].upload || !streams_[stream].partial) continue;
    streams_[stream].upload->on_here(*peer.here);
    offer(stream);
  }
  arm(index);
}

}  // namespace shoal::sim
