// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/scheduler.h"

#include <algorithm>
#include <bit>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/rng.h"

namespace shoal::transfer {

Scheduler::Scheduler(const Layout& layout, std::uint64_t salt)
    : layout_(layout), salt_(salt), wanted_(layout.pieces) {}

Scheduler::Source* Scheduler::find(SourceRef ref) {
  const auto found = std::ranges::find(sources_, ref, &Source::ref);
  return found == sources_.end() ? nullptr : &*found;
}

Scheduler::Held* Scheduler::held(std::uint32_t piece) {
  const auto found = std::ranges::find(in_memory_, piece, &Held::piece);
  return found == in_memory_.end() ? nullptr : &*found;
}

void Scheduler::add(SourceRef source, std::optional<PieceMap> have, std::optional<PieceMap> given) {
  SHOAL_ASSERT(find(source) == nullptr);
  SHOAL_ASSERT(!have || have->size() == layout_.pieces);
  SHOAL_ASSERT(!given || given->size() == layout_.pieces);
  if (have) {
    if (partial_.empty()) partial_.resize(layout_.pieces);
    for (auto piece = have->next(0); piece; piece = have->next(*piece + 1)) ++partial_[*piece];
  }
  Pace pace;
  const auto known = std::ranges::find(paces_, source, &std::pair<SourceRef, Pace>::first);
  if (known != paces_.end()) {
    pace = known->second;
    paces_.erase(known);
  }
  sources_.push_back(
      {source, std::move(have), std::move(given), {}, std::nullopt, 0, false, false, pace});
}

std::vector<std::uint32_t> Scheduler::remove(SourceRef source) {
  std::vector<std::uint32_t> lost;
  for (const Held& one : in_memory_) {
    if (one.giver == source && one.received < layout_.size(one.piece)) lost.push_back(one.piece);
  }
  for (const std::uint32_t piece : lost) {
    settle(piece);
    wanted_.add(piece);
  }
  if (const Source* const gone = find(source)) {
    if (gone->have) {
      const PieceMap& had = *gone->have;
      for (auto piece = had.next(0); piece; piece = had.next(*piece + 1)) --partial_[*piece];
    }
    if (paces_.size() == limits::kSourcesKnown) paces_.pop_front();
    paces_.emplace_back(source, gone->pace);
  }
  std::erase_if(sources_, [&](const Source& one) { return one.ref == source; });
  return lost;
}

bool Scheduler::add_piece(SourceRef source, std::uint32_t piece) {
  Source* const found = find(source);
  SHOAL_ASSERT(found != nullptr);
  if (piece >= layout_.pieces || !found->have || found->have->has(piece)) return false;
  found->have->add(piece);
  ++partial_[piece];
  return true;
}

bool Scheduler::add_given(SourceRef source, std::uint32_t piece) {
  Source* const found = find(source);
  SHOAL_ASSERT(found != nullptr);
  if (piece >= layout_.pieces) return false;
  if (!found->given) found->given.emplace(layout_.pieces);
  if (found->given->has(piece)) return false;
  found->given->add(piece);
  return true;
}

const PieceMap* Scheduler::map_of(SourceRef source) const {
  const auto found = std::ranges::find(sources_, source, &Source::ref);
  SHOAL_ASSERT(found != sources_.end());
  return found->have ? &*found->have : nullptr;
}

bool Scheduler::knows(SourceRef source) const {
  return std::ranges::find(sources_, source, &Source::ref) != sources_.end();
}

std::optional<SourceRef> Scheduler::first(std::span<const SourceRef> but) const {
  const auto found = std::ranges::find_if(
      sources_, [&](const Source& one) { return std::ranges::find(but, one.ref) == but.end(); });
  return found == sources_.end() ? std::nullopt : std::optional(found->ref);
}

std::optional<std::uint64_t> Scheduler::proven_rate(SourceRef source) const {
  const auto found = std::ranges::find(sources_, source, &Source::ref);
  if (found == sources_.end() || !found->proven) return std::nullopt;
  return found->pace.rate();
}

void Scheduler::want(std::uint32_t piece) {
  SHOAL_ASSERT(!wanted_.has(piece) && held(piece) == nullptr);
  wanted_.add(piece);
}

std::optional<SourceRef> Scheduler::giver(std::uint32_t piece) const {
  const auto found = std::ranges::find(in_memory_, piece, &Held::piece);
  if (found == in_memory_.end()) return std::nullopt;
  return found->giver;
}

void Scheduler::prove(std::uint32_t piece) {
  const auto from = giver(piece);
  if (Source* const source = from ? find(*from) : nullptr) source->proven = true;
}

void Scheduler::settle(std::uint32_t piece) {
  SHOAL_ASSERT(held(piece) != nullptr);
  memory_ -= layout_.size(piece);
  std::erase_if(in_memory_, [&](const Held& one) { return one.piece == piece; });
}

std::optional<std::uint32_t> Scheduler::wanted_of(const Source& source) const {
  return wanted_.next(0, source.have ? &*source.have : nullptr);
}

std::uint64_t Scheduler::rank(std::uint32_t piece) const {
  return salt_ == 0 ? piece : Rng(salt_ ^ piece).next();
}

std::optional<std::uint32_t> Scheduler::rarest_of(const Source& source) const {
  auto best = wanted_of(source);
  if (!best || (partial_.empty() && !source.given)) return best;
  const PieceMap* const have = source.have ? &*source.have : nullptr;
  const auto copies = [&](std::uint32_t piece) {
    return (partial_.empty() ? 0U : partial_[piece]) +
           (source.given && source.given->has(piece) ? 1U : 0U);
  };
  std::uint32_t fewest = copies(*best);
  std::uint64_t best_place = rank(*best);
  for (auto piece = wanted_.next(*best + 1, have); piece; piece = wanted_.next(*piece + 1, have)) {
    const std::uint32_t here = copies(*piece);
    if (here > fewest) continue;
    const std::uint64_t place = rank(*piece);
    if (here == fewest && place >= best_place) continue;
    best = piece;
    fewest = here;
    best_place = place;
  }
  return best;
}

void Scheduler::wish(std::uint64_t reader, std::uint32_t first, std::uint32_t count) {
  SHOAL_ASSERT(first <= layout_.pieces && count <= layout_.pieces - first);
  if (count == 0) {
    wishes_.erase(reader);
  } else {
    wishes_.insert_or_assign(reader, Wish{first, count});
  }
}

std::optional<std::uint32_t> Scheduler::needed_of(const Source& source) const {
  std::optional<std::uint32_t> best;
  std::uint32_t nearest = 0;
  for (const auto& [reader, wish] : wishes_) {
    const auto piece = wanted_.next(wish.first, source.have ? &*source.have : nullptr);
    if (!piece || *piece - wish.first >= wish.count) continue;
    const std::uint32_t distance = *piece - wish.first;
    if (best && distance >= nearest) continue;
    best = piece;
    nearest = distance;
  }
  return best;
}

// The first bytes of one that keeps to a rate come as fast as its bucket is full: believed as far
// as it has sent.
std::uint64_t Scheduler::trust(const Source& source) {
  return source.pace.arrived() + limits::kRangesAskedFirst * limits::kRangeBytesMin;
}

std::uint32_t Scheduler::range_bytes(const Source& source) {
  const std::uint64_t wanted =
      std::min(source.pace.bytes_in(limits::kRangeTime), trust(source) / limits::kRangesAskedFirst);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
      std::bit_floor(wanted), limits::kRangeBytesMin, limits::kRangeBytes));
}

std::size_t Scheduler::window(const Source& source) {
  if (!source.pace.known()) return limits::kRangesAskedFirst;
  const std::uint64_t wanted = std::min(source.pace.bytes_in(limits::kAskAhead), trust(source));
  return std::clamp<std::size_t>(wanted / range_bytes(source), limits::kRangesAskedMin,
                                 limits::kRangesAsked);
}

bool Scheduler::trusted_with_more(const Source& source) const {
  return source.proven ||
         std::ranges::count(in_memory_, source.ref, &Held::giver) < limits::kUnprovenPieces;
}

bool Scheduler::may_ask(const Source& source, std::uint64_t room) const {
  if (source.asked.size() >= window(source)) return false;
  if (source.piece) return true;
  if (!wanted_of(source)) return false;
  if (!trusted_with_more(source)) return false;
  return memory_ + layout_.piece_length <= room;
}

void Scheduler::begin(Source& source, std::uint32_t piece) {
  in_memory_.push_back({piece, source.ref, 0});
  memory_ += layout_.size(piece);
  source.piece = piece;
  source.next = 0;
}

// The next range of a piece.
void Scheduler::ask_one(Source& source, Instant now, Effects& effects) {
  if (!source.piece) {
    const auto needed = needed_of(source);
    const auto piece = needed ? needed : rarest_of(source);
    wanted_.remove(*piece);
    begin(source, *piece);
  }
  const std::uint32_t size = layout_.size(*source.piece);
  const auto length = std::min(size - source.next, range_bytes(source));
  const Range range{layout_.offset(*source.piece) + source.next, length};
  if (source.asked.empty()) {
    source.pace.on_busy(now);
    source.others_then = received_;
  }
  source.asked.push_back(range);
  effects.emplace_back(AskRange{source.ref, range.offset, range.length});
  source.next += length;
  if (source.next == size) source.piece.reset();
}

void Scheduler::ask(Instant now, std::uint64_t room, Effects& effects) {
  ask_again_at_.reset();
  while (true) {
    Source* best = nullptr;
    for (Source& one : sources_) {
      if (!may_ask(one, room)) continue;
      // Whose open ranges are the smallest part of its window.
      if (best == nullptr || one.asked.size() * window(*best) < best->asked.size() * window(one)) {
        best = &one;
      }
    }
    if (best == nullptr) break;
    ask_one(*best, now, effects);
  }
  for (Source& one : sources_) {
    if (!one.asked.empty() || !trusted_with_more(one)) continue;
    const Moves moves = kept_out(one, room) ? Moves::kAny : Moves::kFew;
    if (moves == Moves::kAny || !wanted_of(one)) move_to(one, moves, now, effects);
  }
}

void Scheduler::rest(Effects& effects) {
  for (Source& one : sources_) {
    const bool rests = one.asked.empty() && !wanted_of(one);
    if (rests && !one.rests) effects.emplace_back(Rest{one.ref});
    one.rests = rests;
  }
}

Duration Scheduler::time_left(const Source& giver, const Held& held, Instant now) const {
  std::uint64_t bytes = 0;
  std::uint64_t until = 0;  // of these, up to the piece's last range
  for (const Range& range : giver.asked) {
    bytes += range.length;
    if (layout_.piece_of(range.offset) == held.piece) until = bytes;
  }
  if (giver.piece == held.piece) until = bytes + layout_.size(held.piece) - giver.next;
  const Duration waited = giver.pace.waited(now);
  // Silence is expected to last as long again as it has lasted.
  if (giver.pace.known()) return std::max(waited, Pace::time_for(until, giver.pace.rate()));
  // It has never sent anything: that may be its way here, or it never will.
  return waited < limits::kFirstBytesTime ? Duration{} : waited;
}

// By what others are still to send, not by what is on its way to the disk: that leaves by itself.
bool Scheduler::kept_out(const Source& source, std::uint64_t room) const {
  if (source.piece || memory_ + layout_.piece_length <= room || !wanted_of(source)) return false;
  std::uint64_t others = 0;
  for (const Held& one : in_memory_) {
    const std::uint32_t size = layout_.size(one.piece);
    if (one.giver != source.ref && one.received < size) others += size;
  }
  return others > limits::kSyncBytes / 2;
}

// While pieces are wanted, what is moved is sent twice by those who could send others meanwhile.
bool Scheduler::may_move(const Held& one, Instant now) const {
  if (wanted_.count() == 0) return true;
  const auto giver = std::ranges::find(sources_, one.giver, &Source::ref);
  if (giver->pace.waited(now) >= limits::kStalledTime) return true;
  return std::ranges::any_of(wishes_, [&](const auto& wish) {
    return one.piece >= wish.second.first && one.piece - wish.second.first < wish.second.count;
  });
}

void Scheduler::move_to(Source& idle, Moves moves, Instant now, Effects& effects) {
  Held* slowest = nullptr;
  Duration longest{};
  for (Held& one : in_memory_) {
    if (one.giver == idle.ref || one.received == layout_.size(one.piece)) continue;
    if (idle.have && !idle.have->has(one.piece)) continue;
    if (!ask_again_at_) ask_again_at_ = now + limits::kMoveCheck;
    if (moves == Moves::kFew && !may_move(one, now)) continue;
    const Duration left = time_left(*find(one.giver), one, now);
    if (slowest == nullptr || left > longest) {
      slowest = &one;
      longest = left;
    }
  }
  if (slowest == nullptr) return;
  const std::uint32_t piece = slowest->piece;
  const Duration here = idle.pace.known() ? Pace::time_for(layout_.size(piece), idle.pace.rate())
                                          : Duration{limits::kFirstBytesTime};
  if (longest <= (2LL << slowest->moved) * here + limits::kMoveMargin) return;
  const auto moved = static_cast<std::uint8_t>(std::min(slowest->moved + 1, 20));
  Source& giver = *find(slowest->giver);
  if (giver.piece == piece) giver.piece.reset();
  for (Range& range : giver.asked) {
    if (layout_.piece_of(range.offset) == piece) range.needed = false;
  }
  settle(piece);
  effects.emplace_back(Discard{piece});
  begin(idle, piece);
  in_memory_.back().moved = moved;
  while (idle.piece && idle.asked.size() < window(idle)) ask_one(idle, now, effects);
}

Scheduler::Taken Scheduler::on_chunk(SourceRef source, std::uint64_t offset, std::uint32_t length,
                                     Instant now) {
  Source* const from = find(source);
  if (from == nullptr || from->asked.empty()) return Taken::kRejected;
  const Range range = from->asked.front();
  if (range.offset != offset || range.length != length) return Taken::kRejected;
  from->pace.on_bytes(length, now);
  from->sent_at = now;
  from->others_then = received_ += length;
  from->asked.pop_front();
  if (!range.needed) return Taken::kUnneeded;
  const std::uint32_t piece = layout_.piece_of(offset);
  Held* const part = held(piece);
  SHOAL_ASSERT(part != nullptr && part->giver == source);
  part->received += length;
  return part->received == layout_.size(piece) ? Taken::kWholePiece : Taken::kPart;
}

bool Scheduler::starved() const {
  if (wanted_.count() == 0) return false;
  return std::ranges::none_of(sources_,
                              [&](const Source& source) { return wanted_of(source).has_value(); });
}

std::uint64_t Scheduler::partial_bytes() const {
  std::uint64_t bytes = 0;
  for (const Held& one : in_memory_) bytes += one.received;
  return bytes;
}

}  // namespace shoal::transfer
