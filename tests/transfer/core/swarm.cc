// SPDX-License-Identifier: Apache-2.0
#include "tests/transfer/core/swarm.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::transfer::testing {
namespace {

constexpr Duration kCheckTime = std::chrono::microseconds(800);
constexpr Duration kWriteTime = std::chrono::microseconds(500);
constexpr Duration kSyncTime = std::chrono::milliseconds(5);
constexpr Duration kHour = std::chrono::hours(1);

std::vector<Hash256> drawn_layer(std::uint64_t length) {
  std::vector<Hash256> layer(Layout(length).pieces);
  Rng rng(length);
  for (Hash256& hash : layer) {
    for (auto& byte : hash.bytes) byte = static_cast<std::uint8_t>(rng.next());
  }
  return layer;
}

}  // namespace

Swarm::Swarm(std::uint64_t length, std::vector<SourceSpec> sources, Duration hash_time)
    : sources_(std::move(sources)),
      hash_time_(hash_time),
      layer_(drawn_layer(length)),
      core_(ContentId{root_of_layer(layer_, Layout(length)), length}),
      free_at_(sources_.size()),
      asked_(sources_.size()),
      given_(sources_.size()),
      aside_(sources_.size()),
      gone_(sources_.size()),
      stream_(sources_.size()),
      heard_(sources_.size()) {}

Hash256 Swarm::hash_of(std::uint32_t piece, bool wrong) const {
  Hash256 hash = layer_[piece];
  if (wrong) hash.bytes[0] ^= 1;
  return hash;
}

void Swarm::play() {
  core_.start(now_, effects_);
  for (std::uint32_t i = 0; i < sources_.size(); ++i) {
    come_up(i);
    for (const auto& [when, piece] : sources_[i].gets) at(when, {Kind::kHave, i, piece});
    if (sources_[i].vanishes_at != Instant::max()) {
      at(sources_[i].vanishes_at, {Kind::kGone, i});
    }
    for (const auto& [from, to] : sources_[i].silences) {
      if (!sources_[i].says_paced) continue;
      for (Instant when = from; when < to; when += limits::kPlaceToldMax) {
        at(when, {Kind::kPaced, i});
      }
    }
  }
  drain();
  sought_ = false;  // before the first source was there
  while (!placed_ && now_ - Instant{} < kHour) {
    const auto due = core_.deadline();
    if (!events_.empty() && (!due || events_.begin()->first <= *due)) {
      now_ = std::max(now_, events_.begin()->first);
      const Event event = events_.begin()->second;
      events_.erase(events_.begin());
      happen(event);
    } else if (due) {
      now_ = std::max(now_, *due);
      ++inputs_;
      core_.on_timer(now_, effects_);
    } else {
      break;
    }
    drain();
  }
}

void Swarm::come_up(std::uint32_t source) {
  note(SourceRef{source}, Heard::What::kUp);
  core_.at(now_);
  core_.on_source(SourceRef{source}, sources_[source].have, effects_);
}

void Swarm::note(SourceRef source, Heard::What what, Instant until, std::uint64_t bytes) {
  heard_[source.value].push_back({what, now_, until, bytes});
}

// When a source that would send then does.
Instant Swarm::awake(std::size_t source, Instant when) const {
  for (const auto& [from, to] : sources_[source].silences) {
    if (from <= when && when < to) return to;
  }
  return when;
}

void Swarm::happen(const Event& event) {
  ++inputs_;
  core_.at(now_);
  const auto piece = static_cast<std::uint32_t>(event.offset);
  switch (event.kind) {
    case Kind::kManifest:
      if (event.stream != stream_[event.source]) return;
      note(SourceRef{event.source}, Heard::What::kSent);
      return core_.on_manifest(SourceRef{event.source}, piece,
                               std::span(layer_).subspan(piece, event.length), effects_);
    case Kind::kChunk:
      return chunk(event);
    case Kind::kHashed:
      return core_.on_hashed(piece, hash_of(piece, event.wrong), effects_);
    case Kind::kWritten:
      wrong_.erase(piece);
      written_at_ = now_;
      return core_.on_written(piece, std::nullopt, now_, effects_);
    case Kind::kChecked:
      return core_.on_checked(piece, layer_[piece], effects_);
    case Kind::kSynced:
      return core_.on_synced(true, now_, effects_);
    case Kind::kHave:
      sources_[event.source].have->add(piece);
      return core_.on_have(SourceRef{event.source}, std::span(&piece, 1), effects_);
    case Kind::kPaced:
      note(SourceRef{event.source}, Heard::What::kPaced);
      return core_.on_paced(SourceRef{event.source}, now_);
    case Kind::kUp:
      if (!gone_[event.source]) come_up(event.source);
      return;
    case Kind::kGone:
      gone_[event.source] = true;
      return core_.on_source_gone(SourceRef{event.source}, effects_);
  }
}

void Swarm::chunk(const Event& event) {
  if (aside_[event.source] || gone_[event.source]) return;
  if (event.stream != stream_[event.source]) return;
  if (now_ >= sources_[event.source].stalls_at) return;
  given_[event.source] += event.length;
  note(SourceRef{event.source}, Heard::What::kSent, {}, event.length);
  if (!core_.on_chunk(SourceRef{event.source}, event.offset, event.length, now_, effects_)) return;
  bool& wrong = wrong_[core_.layout().piece_of(event.offset)];
  wrong = wrong || event.wrong;
}

void Swarm::ask(const AskRange& one) {
  const std::size_t i = one.source.value;
  const SourceSpec& source = sources_[i];
  const std::uint32_t piece = core_.layout().piece_of(one.offset);
  asked_untold_ = asked_untold_ || (source.have && !source.have->has(piece));
  note(one.source, Heard::What::kAsked, {}, one.length);
  // Answers leave one after the other.
  const Instant begins = std::max(free_at_[i], now_ + source.delay);
  free_at_[i] = awake(
      i, begins + Duration{static_cast<Duration::rep>(one.length * 1'000'000ULL / source.rate)});
  at(free_at_[i], {Kind::kChunk, one.source.value, one.offset, one.length,
                   asked_[i]++ >= source.lies_after, stream_[i]});
}

void Swarm::drain() {
  Effects todo;
  std::swap(todo, effects_);
  for (const Effect& effect : todo) {
    if (const auto* range = std::get_if<AskRange>(&effect)) {
      ask(*range);
    } else if (const auto* manifest = std::get_if<AskManifest>(&effect)) {
      const std::uint32_t from = manifest->source.value;
      note(manifest->source, Heard::What::kAsked);
      at(awake(from, now_ + 2 * sources_[from].delay),
         {Kind::kManifest, from, manifest->range.first, manifest->range.count, false,
          stream_[from]});
    } else if (std::holds_alternative<RecordManifest>(effect)) {
      manifest_at_ = now_;
    } else if (const auto* hash = std::get_if<Hash>(&effect)) {
      at(now_ + hash_time_, {Kind::kHashed, 0, hash->piece, 0, wrong_[hash->piece]});
    } else if (const auto* write = std::get_if<Write>(&effect)) {
      SHOAL_ASSERT(!wrong_.at(write->piece));
      at(now_ + kWriteTime, {Kind::kWritten, 0, write->piece});
    } else if (const auto* discard = std::get_if<Discard>(&effect)) {
      wrong_.erase(discard->piece);
    } else if (const auto* check = std::get_if<Check>(&effect)) {
      at(now_ + kCheckTime, {Kind::kChecked, 0, check->piece});
    } else if (std::holds_alternative<Sync>(effect)) {
      at(now_ + kSyncTime, {Kind::kSynced});
    } else if (const auto* record = std::get_if<Record>(&effect)) {
      core_.on_recorded(record->pieces, effects_);
    } else if (const auto* aside = std::get_if<SetAside>(&effect)) {
      aside_[aside->source.value] = true;
    } else if (const auto* stalled = std::get_if<Stalled>(&effect)) {
      ++stream_[stalled->source.value];
      free_at_[stalled->source.value] = now_;
      note(stalled->source, Heard::What::kStalled, stalled->again);
    } else if (const auto* again = std::get_if<AskAgain>(&effect)) {
      note(again->source, Heard::What::kAskedAgain);
      at(now_ + 2 * sources_[again->source.value].delay, {Kind::kUp, again->source.value});
    } else if (std::holds_alternative<Seek>(effect)) {
      sought_ = true;
    } else if (std::holds_alternative<Place>(effect)) {
      placed_ = true;
    }
  }
  if (!effects_.empty()) drain();
}

}  // namespace shoal::transfer::testing
