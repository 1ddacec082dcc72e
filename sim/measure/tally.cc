// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/tally.h"

#include <algorithm>
#include <cstring>

#include "sim/network/wire_size.h"

namespace shoal::sim {
namespace {

std::uint64_t& of_kind(Traffic& traffic, MessageKind kind) {
  if (carries_query(kind)) return traffic.queries;
  switch (kind) {
    case MessageKind::kEchoDuplicate:
    case MessageKind::kEchoLeaf:
    case MessageKind::kEchoRefused:
    case MessageKind::kEcho:
      return traffic.echoes;
    case MessageKind::kHit:
      return traffic.hits;
    default:
      return traffic.others;
  }
}

bool answered_with(const overlay::Effects& out, MessageKind kind) {
  return out.sends.size() == 1 && out.sends[0].message.kind == kind;
}

}  // namespace

void Tally::on_delivery(Instant, PeerRef, PeerRef to, const Message& message, Verdict verdict,
                        const overlay::Effects& out) {
  ++ledger_.loads_[to.value];
  ++of_kind(messages_, message.kind);
  if (verdict == Verdict::kReject) ++losses_.rejected;
  if (message.kind == MessageKind::kQuery) return on_query(to, message, out);
  of_kind(bytes_, message.kind) += wire_size(message);
  if (carries_query(message.kind)) on_own_copy(to, message, out);
}

// An overlay that carries queries in messages of its own has its own rules for whom to ask again
// and whom to refuse, but who looks among its files was asked.
void Tally::on_own_copy(PeerRef to, const Message& message, const overlay::Effects& out) {
  const std::uint32_t index = slot_of(message.query);
  if (index == Ledger::kFree) return;
  Part& counts = part(index);
  ++counts.copies;
  std::uint8_t& mark = ledger_.slots_[index]->marks[to.value];
  if (mark != 0) {
    ++counts.duplicates;
    return;
  }
  const auto asks = [&message](const overlay::Lookup& lookup) {
    return lookup.id == message.query;
  };
  if (!std::ranges::any_of(out.lookups, asks)) {
    ++counts.refusals;
    return;
  }
  counts.lookups += out.lookups.size();
  mark = 1;
  note_marked(counts, to);
  if (counts.by_hop.size() <= message.hops) counts.by_hop.resize(message.hops + std::size_t{1});
  ++counts.by_hop[message.hops];
}

void Tally::on_query(PeerRef to, const Message& message, const overlay::Effects& out) {
  const auto& body = message.body.ref<QueryBody>();
  const std::uint32_t index = slot_of(body);
  if (index == Ledger::kFree) {  // late, of a search that was closed
    bytes_.queries += wire_size(message);
    return;
  }
  Ledger::Slot& slot = *ledger_.slots_[index];
  bytes_.queries += query_wire_size(message, slot.body_bytes);
  Part& counts = part(index);
  ++counts.copies;
  if (answered_with(out, MessageKind::kEchoRefused)) {
    ++counts.refusals;
    return;
  }
  counts.lookups += out.lookups.size();
  std::uint8_t& mark = slot.marks[to.value];
  const bool known = mark != 0;
  // Who echoes tells itself, also when a search goes by several ids.
  const bool deeper = body.rule == DuplicateRule::kDeepest && message.ttl > mark;
  if (body.echo ? answered_with(out, MessageKind::kEchoDuplicate) : known && !deeper) {
    ++counts.duplicates;
    return;
  }
  if (message.ttl > slot.ttl || message.ttl == 0) return;  // nobody made this one
  std::uint8_t& hop = slot.hops[to.value];
  if (!known || message.hops < hop) {
    if (counts.by_hop.size() <= message.hops) counts.by_hop.resize(message.hops + std::size_t{1});
    if (known) {
      if (counts.by_hop.size() <= hop) counts.by_hop.resize(hop + std::size_t{1});
      --counts.by_hop[hop];
    }
    hop = message.hops;
    ++counts.by_hop[hop];
  }
  if (!known) note_marked(counts, to);
  mark = std::max(mark, message.ttl);
}

std::uint32_t Tally::slot_of(const QueryBody& body) const {
  std::uint32_t search = 0;
  std::uint32_t slot = 0;
  std::memcpy(&search, body.key.bytes.data(), sizeof search);
  std::memcpy(&slot, body.key.bytes.data() + sizeof search, sizeof slot);
  const bool open = slot < ledger_.slots_.size() && ledger_.slots_[slot]->search == search;
  return open ? slot : Ledger::kFree;
}

std::uint32_t Tally::slot_of(const QueryId& query) const {
  std::optional<std::uint32_t> search = ledger_.starting_;  // given back while it was started
  const auto found = ledger_.by_query_.find(query);
  if (found != ledger_.by_query_.end()) search = found->second;
  if (!search) return Ledger::kFree;
  const std::uint32_t slot = ledger_.slot_of_[*search];
  return ledger_.slots_[slot]->search == *search ? slot : Ledger::kFree;
}

std::uint32_t Tally::slot_of(const Message& message) const {
  return message.kind == MessageKind::kQuery ? slot_of(message.body.ref<QueryBody>())
                                             : slot_of(message.query);
}

Tally::Part& Tally::part(std::uint32_t slot) {
  if (parts_.size() <= slot) parts_.resize(std::size_t{slot} + 1);
  return parts_[slot];
}

void Tally::on_given_back(Instant, PeerRef, PeerRef, const Message& message) {
  ++of_kind(losses_.given_back, message.kind);
  if (!carries_query(message.kind)) return;
  const std::uint32_t slot = slot_of(message);
  if (slot != Ledger::kFree) ++part(slot).given_back;
}

void Tally::on_lost(Instant, PeerRef, PeerRef, const Message& message) {
  ++of_kind(losses_.lost, message.kind);
  if (!carries_query(message.kind)) return;
  const std::uint32_t slot = slot_of(message);
  if (slot != Ledger::kFree) ++part(slot).lost;
}

void Tally::on_found(Instant now, PeerRef, const overlay::Found& found) {
  SearchRecord* const record = ledger_.record_of(found.query);
  if (record == nullptr) return;
  record->found += static_cast<std::uint32_t>(found.hit.ref<HitBody>().files.size());
  record->last_hit = now - record->started;
  if (!record->first_hit) record->first_hit = record->last_hit;
}

void Tally::on_finished(Instant, PeerRef, const overlay::Finished& finished) {
  SearchRecord* const record = ledger_.record_of(finished.report.query);
  if (record == nullptr) return;
  record->report = finished.report;
}

}  // namespace shoal::sim
