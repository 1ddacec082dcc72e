// SPDX-License-Identifier: Apache-2.0
#include "sim/swarm/swarm.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

using transfer::SourceRef;
using transfer::UploadRef;

/// How long new pieces wait for one another before they are told.
constexpr Duration kNewsBatch = std::chrono::milliseconds(500);

std::vector<Hash256> drawn_layer(std::uint32_t pieces, Rng rng) {
  std::vector<Hash256> layer(pieces);
  for (Hash256& hash : layer) {
    for (auto& byte : hash.bytes) byte = static_cast<std::uint8_t>(rng.next());
  }
  return layer;
}

}  // namespace

Duration time_for(std::uint64_t bytes, std::uint64_t rate) {
  return Duration{static_cast<Duration::rep>((bytes * 1'000'000 + rate - 1) / rate)};
}

PeerId peer_id(std::uint32_t index) {
  PeerId id;
  for (std::size_t i = 0; i < 4; ++i)
    id.bytes[i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  return id;
}

Instant SwarmResult::last() const {
  return done.empty() ? Instant{} : *std::max_element(done.begin(), done.end());
}

Duration fluid_bound(const SwarmSpec& spec) {
  const std::uint64_t all = spec.seed_up + spec.leechers * spec.up;
  return std::max({time_for(spec.bytes, spec.seed_up), time_for(spec.bytes, spec.down),
                   time_for(spec.bytes, all) * spec.leechers});
}

Swarm::Peer::Peer(const SwarmSpec& spec, std::uint64_t up, Instant now, bool seeds)
    : queue(spec.slots),
      spread(transfer::Layout(spec.bytes).pieces),
      shaper(seeds ? spec.rates : transfer::UploadRates{}, now),
      line(up),
      down(spec.down) {}

Swarm::Swarm(SwarmSpec spec, OnSent on_sent)
    : spec_(std::move(spec)), on_sent_(std::move(on_sent)), layout_(spec_.bytes) {
  const Rng rng(spec_.seed);
  layer_ = drawn_layer(layout_.pieces, rng.fork(1));
  const ContentId id{transfer::root_of_layer(layer_, layout_), spec_.bytes};
  result_.done.assign(spec_.leechers, Instant::max());
  result_.from.assign(spec_.leechers + 1, 0);
  left_ = spec_.leechers;
  peers_.reserve(spec_.leechers + 1);
  peers_.emplace_back(spec_, spec_.seed_up, now_, true);
  const transfer::PieceMap none(layout_.pieces);
  for (std::uint32_t i = 0; i < spec_.leechers; ++i) {
    Peer& peer = peers_.emplace_back(spec_, spec_.up, now_, false);
    if (i < spec_.downs.size()) peer.down = spec_.downs[i];
    peer.here = none;
    peer.download.emplace(id, rng.fork(2 + i).state());
    peer.download->restore(layer_, none, none);
  }
  draw_sources();
}

void Swarm::draw_sources() {
  Rng rng = Rng(spec_.seed).fork(0);
  for (std::uint32_t fetcher = 1; fetcher <= spec_.leechers; ++fetcher) {
    std::vector<std::uint32_t> known{0};
    const std::uint32_t count = std::min(spec_.sources, spec_.leechers - 1);
    while (known.size() < count + 1) {
      const auto other = static_cast<std::uint32_t>(1 + rng.below(spec_.leechers));
      if (other != fetcher && std::ranges::find(known, other) == known.end()) {
        known.push_back(other);
      }
    }
    for (const std::uint32_t server : known) {
      peers_[server].known_by.push_back(static_cast<std::uint32_t>(streams_.size()));
      Stream& stream = streams_.emplace_back();
      stream.server = server;
      stream.fetcher = fetcher;
      if (!spec_.twins || server != 0) continue;
      stream.twin = static_cast<std::uint32_t>(streams_.size());
      Stream& twin = streams_.emplace_back();
      twin.fetcher = fetcher;
      twin.server = server;
      twin.spare = true;
    }
  }
}

SwarmResult Swarm::play() {
  for (std::uint32_t i = 1; i < peers_.size(); ++i) {
    peers_[i].download->start(now_, peers_[i].effects);
    drain(i);
  }
  // Not all in the same instant.
  Rng rng = Rng(spec_.seed).fork(3);
  for (const std::uint32_t stream : peers_[0].known_by) {
    at(now_ + spec_.delay + Duration{static_cast<Duration::rep>(rng.below(1'000'000))}, Kind::kWish,
       stream);
  }
  while (!events_.empty() && left_ > 0) {
    const Event event = events_.top();
    if (event.at - Instant{} > spec_.stop_after) break;
    events_.pop();
    now_ = event.at;
    ++result_.events;
    happen(event);
  }
  for (std::uint32_t i = 1; i < peers_.size(); ++i) {
    result_.wasted += peers_[i].download->bytes_wasted();
  }
  return std::move(result_);
}

void Swarm::at(Instant when, Kind kind, std::uint32_t who, std::uint32_t turn, std::uint64_t offset,
               std::uint32_t length) {
  events_.push({when, number_++, kind, who, turn, length, offset});
}

void Swarm::happen(const Event& event) {
  switch (event.kind) {
    case Kind::kWish:
      return wish(event.who);
    case Kind::kDescribed:
      return described(event);
    case Kind::kHave:
    case Kind::kGiven: {
      Stream& stream = streams_[event.who];
      const auto pieces = std::move(stream.news.front());
      stream.news.pop();
      if (event.turn != stream.turn) return;
      Peer& peer = peers_[stream.fetcher];
      if (event.kind == Kind::kHave) {
        peer.download->on_have(SourceRef{event.who}, pieces, peer.effects);
      } else {
        peer.download->on_given(SourceRef{event.who}, pieces, peer.effects);
      }
      return drain(stream.fetcher);
    }
    case Kind::kOver:
      return over(event);
    case Kind::kAsked:
      return asked(event);
    case Kind::kRest: {
      const Stream& stream = streams_[event.who];
      if (event.turn != stream.turn || !stream.upload) return;
      peers_[stream.server].queue.on_rest(UploadRef{event.who}, now_);
      return arm(stream.server);
    }
    case Kind::kChunk:
      return chunk(event);
    case Kind::kTaken:
      streams_[event.who].under_way -= event.length;
      offer(event.who);
      return arm(streams_[event.who].server);
    case Kind::kLine:
      return line(event.who);
    case Kind::kNews:
      return tell_news(event.who);
    case Kind::kTimer:
      return timer(event.who);
  }
}

bool Swarm::is_done(std::uint32_t peer) const {
  return peer == 0 || result_.done[peer - 1] != Instant::max();
}

// Behind what is under way on the stream.
Instant Swarm::arrival(const Stream& stream) const {
  return std::max(now_ + spec_.delay, stream.last_arrival);
}

void Swarm::described(const Event& event) {
  Stream& stream = streams_[event.who];
  if (event.turn != stream.turn || !stream.upload || is_done(stream.fetcher)) return;
  Peer& peer = peers_[stream.fetcher];
  peer.download->at(now_);
  peer.download->on_source(SourceRef{event.who}, std::move(stream.told), peer.effects,
                           std::move(stream.given));
  drain(stream.fetcher);
  if (stream.twin && !std::exchange(streams_[*stream.twin].knocks, true)) {
    at(now_ + spec_.delay, Kind::kWish, *stream.twin);
  }
}

void Swarm::over(const Event& event) {
  const Stream& stream = streams_[event.who];
  if (is_done(stream.fetcher)) return;
  Peer& peer = peers_[stream.fetcher];
  peer.download->on_source_gone(SourceRef{event.who}, peer.effects);
  drain(stream.fetcher);
  if (stream.spare) return knock_again(event.who);
  at(now_ + spec_.delay, Kind::kWish, event.who);
}

void Swarm::chunk(const Event& event) {
  const Stream& stream = streams_[event.who];
  at(now_ + spec_.delay, Kind::kTaken, event.who, 0, 0, event.length);
  if (is_done(stream.fetcher)) return;
  Peer& peer = peers_[stream.fetcher];
  peer.download->on_chunk(SourceRef{event.who}, event.offset, event.length, now_, peer.effects);
  drain(stream.fetcher);
}

// Carries out what the fetching end asks for; disk and hashing take no time.
void Swarm::drain(std::uint32_t index) {
  Peer& peer = peers_[index];
  transfer::Download& core = *peer.download;
  while (!peer.effects.empty()) {
    transfer::Effects todo;
    std::swap(todo, peer.effects);
    for (const transfer::Effect& effect : todo) {
      if (const auto* ask = std::get_if<transfer::AskRange>(&effect)) {
        const Stream& stream = streams_[ask->source.value];
        at(now_ + spec_.delay, Kind::kAsked, ask->source.value, stream.turn, ask->offset,
           ask->length);
      } else if (const auto* rest = std::get_if<transfer::Rest>(&effect)) {
        at(now_ + spec_.delay, Kind::kRest, rest->source.value, streams_[rest->source.value].turn);
      } else if (const auto* stalled = std::get_if<transfer::Stalled>(&effect)) {
        ++result_.stalled;
        if (!is_silent(streams_[stalled->source.value].server)) ++result_.stalled_falsely;
        hang_up(stalled->source.value);
      } else if (const auto* again = std::get_if<transfer::AskAgain>(&effect)) {
        at(now_ + spec_.delay, Kind::kWish, again->source.value);
      } else if (const auto* hash = std::get_if<transfer::Hash>(&effect)) {
        core.on_hashed(hash->piece, layer_[hash->piece], peer.effects);
      } else if (const auto* write = std::get_if<transfer::Write>(&effect)) {
        core.on_written(write->piece, std::nullopt, now_, peer.effects);
        got(index, write->piece);
      } else if (const auto* check = std::get_if<transfer::Check>(&effect)) {
        core.on_checked(check->piece, layer_[check->piece], peer.effects);
      } else if (std::holds_alternative<transfer::Sync>(effect)) {
        core.on_synced(true, now_, peer.effects);
      } else if (const auto* record = std::get_if<transfer::Record>(&effect)) {
        core.on_recorded(record->pieces, peer.effects);
      } else if (std::holds_alternative<transfer::Place>(effect)) {
        finish(index);
      }
    }
  }
  arm(index);
}

// The piece is served from now on.
void Swarm::got(std::uint32_t index, std::uint32_t piece) {
  Peer& peer = peers_[index];
  const bool first = peer.here->count() == 0;
  peer.here->add(piece);
  if (first) {
    for (const std::uint32_t stream : peer.known_by) {
      at(now_ + 2 * spec_.delay, Kind::kWish, stream);
    }
  }
  if (!std::exchange(peer.news_due, true)) at(now_ + kNewsBatch, Kind::kNews, index);
}

// It hangs up on everybody that it fetched from.
void Swarm::finish(std::uint32_t index) {
  result_.done[index - 1] = now_;
  --left_;
  for (std::uint32_t i = 0; i < streams_.size(); ++i) {
    if (streams_[i].fetcher == index) hang_up(i);
  }
}

void Swarm::hang_up(std::uint32_t index) {
  const Stream& stream = streams_[index];
  if (stream.upload) end_turn(index);
  peers_[stream.server].queue.leave(UploadRef{index}, now_);
  serve(stream.server);
}

bool Swarm::is_silent(std::uint32_t peer) const {
  return peer > 0 && peer <= spec_.silent && now_ >= spec_.silent_at;
}

void Swarm::timer(std::uint32_t index) {
  Peer& peer = peers_[index];
  peer.timer.reset();
  if (peer.download && !is_done(index)) {
    const auto due = peer.download->deadline();
    if (due && *due <= now_) {
      peer.download->on_timer(now_, peer.effects);
      drain(index);
    }
  }
  while (const auto next = peer.shaper.next(now_)) send(static_cast<std::uint32_t>(next->value));
  while (const auto idle = peer.queue.idle_too_long(now_)) {
    const auto stream = static_cast<std::uint32_t>(idle->value);
    end_turn(stream);
    at(streams_[stream].last_arrival = arrival(streams_[stream]), Kind::kOver, stream,
       streams_[stream].turn);
  }
  serve(index);
}

void Swarm::arm(std::uint32_t index) {
  Peer& peer = peers_[index];
  std::optional<Instant> first;
  const auto take = [&](const std::optional<Instant>& due) {
    if (due && (!first || *due < *first)) first = due;
  };
  if (peer.download && !is_done(index)) take(peer.download->deadline());
  take(peer.shaper.deadline(now_));
  take(peer.queue.deadline());
  if (first && (!peer.timer || *first < *peer.timer)) {
    peer.timer = std::max(*first, now_);
    at(*peer.timer, Kind::kTimer, index);
  }
  const auto through = peer.line.next_done();
  if (through && (!peer.line_due || *through < *peer.line_due)) {
    peer.line_due = *through;
    at(*through, Kind::kLine, index);
  }
}

}  // namespace shoal::sim
