// SPDX-License-Identifier: Apache-2.0
#include "transfer/core/scheduler.h"

#include <algorithm>

#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::transfer {

Scheduler::Scheduler(const Layout& layout) : layout_(layout), wanted_(layout.pieces) {}

Scheduler::Source* Scheduler::find(SourceRef ref) {
  const auto found = std::ranges::find(sources_, ref, &Source::ref);
  return found == sources_.end() ? nullptr : &*found;
}

Scheduler::Held* Scheduler::held(std::uint32_t piece) {
  const auto found = std::ranges::find(in_memory_, piece, &Held::piece);
  return found == in_memory_.end() ? nullptr : &*found;
}

void Scheduler::add(SourceRef source, std::optional<PieceMap> have) {
  SHOAL_ASSERT(find(source) == nullptr);
  SHOAL_ASSERT(!have || have->size() == layout_.pieces);
  sources_.push_back({source, std::move(have), {}, std::nullopt, 0});
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
  std::erase_if(sources_, [&](const Source& one) { return one.ref == source; });
  return lost;
}

bool Scheduler::add_piece(SourceRef source, std::uint32_t piece) {
  if (piece >= layout_.pieces) return false;
  Source* const found = find(source);
  if (found != nullptr && found->have) found->have->add(piece);
  return true;
}

bool Scheduler::knows(SourceRef source) const {
  return std::ranges::find(sources_, source, &Source::ref) != sources_.end();
}

std::optional<SourceRef> Scheduler::first() const {
  if (sources_.empty()) return std::nullopt;
  return sources_.front().ref;
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

void Scheduler::settle(std::uint32_t piece) {
  SHOAL_ASSERT(held(piece) != nullptr);
  memory_ -= layout_.size(piece);
  std::erase_if(in_memory_, [&](const Held& one) { return one.piece == piece; });
}

std::optional<std::uint32_t> Scheduler::wanted_of(const Source& source) const {
  return wanted_.next(0, source.have ? &*source.have : nullptr);
}

bool Scheduler::ask_one(Source& source, Effects& effects) {
  if (source.asked.size() >= limits::kRangesAsked) return false;
  if (!source.piece) {
    const auto piece = wanted_of(source);
    if (!piece) return false;
    const std::uint64_t size = layout_.size(*piece);
    if (memory_ != 0 && memory_ + size > limits::kPiecesInMemory) return false;
    wanted_.remove(*piece);
    in_memory_.push_back({*piece, source.ref, 0});
    memory_ += size;
    source.piece = piece;
    source.next = 0;
  }
  // The rest of the piece, as far as the window allows.
  const std::uint32_t size = layout_.size(*source.piece);
  while (source.next < size && source.asked.size() < limits::kRangesAsked) {
    const auto length = std::min<std::uint32_t>(size - source.next, limits::kRangeBytes);
    const Range range{layout_.offset(*source.piece) + source.next, length};
    source.asked.push_back(range);
    effects.emplace_back(AskRange{source.ref, range.offset, range.length});
    source.next += length;
  }
  if (source.next == size) source.piece.reset();
  return true;
}

void Scheduler::ask(Effects& effects) {
  for (bool asked = true; asked;) {
    asked = false;
    for (Source& source : sources_) asked = ask_one(source, effects) || asked;
  }
}

Scheduler::Taken Scheduler::on_chunk(SourceRef source, std::uint64_t offset, std::uint32_t length) {
  Source* const from = find(source);
  if (from == nullptr || from->asked.empty()) return Taken::kRejected;
  if (from->asked.front().offset != offset || from->asked.front().length != length) {
    return Taken::kRejected;
  }
  from->asked.pop_front();
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
