// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/ledger.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "proto/types/assert.h"
#include "sim/measure/tally.h"
#include "sim/network/wire_size.h"

namespace shoal::sim {

std::uint64_t SearchRecord::reach() const {
  return static_cast<std::uint64_t>(
      std::accumulate(reach_by_hop.begin(), reach_by_hop.end(), std::int64_t{0}));
}

Traffic& Traffic::operator+=(const Traffic& other) {
  queries += other.queries;
  echoes += other.echoes;
  hits += other.hits;
  others += other.others;
  return *this;
}

Losses& Losses::operator+=(const Losses& other) {
  given_back += other.given_back;
  lost += other.lost;
  rejected += other.rejected;
  return *this;
}

Ledger::Ledger(std::uint32_t peers) : peers_(peers), loads_(peers) {}
Ledger::~Ledger() = default;

Tally* Ledger::tally_of(std::uint32_t shard) {
  while (tallies_.size() <= shard) tallies_.push_back(std::make_unique<Tally>(*this));
  return tallies_[shard].get();
}

std::uint32_t Ledger::open(const SearchRecord& record, std::uint8_t ttl, QueryBody& body) {
  const auto search = static_cast<std::uint32_t>(records_.size());
  records_.push_back(record);
  auto free = std::ranges::find_if(slots_, [](const auto& s) { return s->search == kFree; });
  if (free == slots_.end()) free = slots_.insert(slots_.end(), std::make_unique<Slot>());
  const auto slot = static_cast<std::uint32_t>(free - slots_.begin());
  Slot& own = **free;
  own.search = search;
  own.ttl = ttl;
  own.marks.resize(peers_);
  own.hops.resize(peers_);
  own.marks[record.origin] = UINT8_MAX;  // a copy that comes back to its origin is a duplicate
  // The key of the query, which nothing in the simulator looks at, says whose it is: messages are
  // counted without a search by id.
  std::memcpy(body.key.bytes.data(), &search, sizeof search);
  std::memcpy(body.key.bytes.data() + sizeof search, &slot, sizeof slot);
  own.body_bytes = wire_size(body);
  slot_of_.push_back(slot);
  starting_ = search;
  ++open_;
  return search;
}

void Ledger::started(const QueryId& query) { by_query_[query] = *std::exchange(starting_, {}); }

void Ledger::refused() {
  const std::uint32_t search = *std::exchange(starting_, {});
  records_[search].refused = true;
}

// Most overlays ask few of all peers, and to wipe the marks of all for each search would take
// longer than to make it.
void Ledger::wipe(std::vector<std::uint8_t>& marks, const std::vector<std::uint32_t>& marked) {
  if (marked.size() > Tally::kMarked) std::ranges::fill(marks, std::uint8_t{0});
  for (const std::uint32_t peer : marked) marks[peer] = 0;
}

void Ledger::close(std::uint32_t search) {
  Slot& slot = *slots_[slot_of_[search]];
  SHOAL_ASSERT(slot.search == search);
  SearchRecord& record = records_[search];
  for (const auto& tally : tallies_) {
    if (tally->parts_.size() <= slot_of_[search]) continue;
    Tally::Part& part = tally->parts_[slot_of_[search]];
    record.copies += part.copies;
    record.duplicates += part.duplicates;
    record.refusals += part.refusals;
    record.lost += part.lost;
    record.given_back += part.given_back;
    record.lookups += part.lookups;
    if (record.reach_by_hop.size() < part.by_hop.size()) {
      record.reach_by_hop.resize(part.by_hop.size());
    }
    for (std::size_t hop = 0; hop < part.by_hop.size(); ++hop) {
      record.reach_by_hop[hop] += part.by_hop[hop];
    }
    wipe(slot.marks, part.marked);
    part = Tally::Part();
  }
  slot.marks[record.origin] = 0;
  while (!record.reach_by_hop.empty() && record.reach_by_hop.back() == 0) {
    record.reach_by_hop.pop_back();
  }
  slot.search = kFree;
  --open_;
}

SearchRecord* Ledger::record_of(const QueryId& query) {
  const auto found = by_query_.find(query);
  if (found != by_query_.end()) return &records_[found->second];
  return starting_ ? &records_[*starting_] : nullptr;  // it ended while it was started
}

Traffic Ledger::messages() const {
  Traffic sum;
  for (const auto& tally : tallies_) sum += tally->messages_;
  return sum;
}

Traffic Ledger::bytes() const {
  Traffic sum;
  for (const auto& tally : tallies_) sum += tally->bytes_;
  return sum;
}

Losses Ledger::losses() const {
  Losses sum;
  for (const auto& tally : tallies_) sum += tally->losses_;
  return sum;
}

}  // namespace shoal::sim
