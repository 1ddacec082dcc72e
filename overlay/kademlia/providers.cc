// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/providers.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <numeric>
#include <utility>

#include "overlay/kademlia/ascending.h"
#include "overlay/kademlia/faults.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay::kademlia {
namespace {

// Of the containers' own, about.
constexpr std::size_t kMapNode = 40;

enum class Wanted : std::uint8_t { kWhole, kBeginning };

bool has_word(std::string_view text, std::string_view wanted, Wanted how) {
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (how == Wanted::kWhole ? word == wanted : word.starts_with(wanted)) return true;
  }
  return false;
}

/// Libraries look at no more words than limits::kSearchWordsMax, and take the last for a beginning.
bool has_words(std::string_view text, std::string_view wanted) {
  std::size_t words = 0;
  std::string_view word = take_word(wanted);
  while (!word.empty()) {
    const std::string_view next = ++words < limits::kSearchWordsMax ? take_word(wanted) : "";
    const bool last = next.empty() && !planted(Fault::kWholeWordsOnly);
    if (!has_word(text, word, last ? Wanted::kBeginning : Wanted::kWhole)) return false;
    word = next;
  }
  return true;
}

}  // namespace

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

bool Offer::may_have(std::string_view wanted) const {
  if (wanted.empty() || !all_files) return true;
  return std::ranges::any_of(files, [&](const OfferedFile& file) {
    return !file.all_words || has_words(file.words, wanted);
  });
}

/// The first key that begins so, if there is one.
std::size_t Providers::first_with(std::uint64_t prefix) const {
  return count_below(prefixes_.size(), prefix, [this](std::size_t i) { return prefixes_[i]; });
}

std::size_t Providers::place_of(const Point& key) const {
  std::size_t place = first_with(key.words[0]);
  while (place < keys_.size() && prefixes_[place] == key.words[0] && keys_[place].at < key) ++place;
  return place;
}

Providers::Kept Providers::keep(const Point& key, PeerRef provider, Offer offer, Instant now,
                                Refs refs) {
  const std::size_t place = place_of(key);
  const bool known = stands_at(place, key);
  const Instant until = now + limits::kKademliaOfferTime;
  if (known && !planted(Fault::kOneFillsAKey)) {
    Key& at = keys_[place];
    const auto own = std::ranges::find(at.records, provider, &Record::provider);
    if (own != at.records.end()) {
      Offer& old = at.offers[static_cast<std::size_t>(own - at.records.begin())];
      offer_bytes_ += bytes_of(offer) - bytes_of(old);
      old = std::move(offer);
      own->until = until;
      return Kept::kRenewed;
    }
  }
  const auto keys = keys_of_.find(provider);
  if (size_ >= limits::kKademliaOffers ||
      (known && keys_[place].records.size() >= limits::kKademliaOffersPerKey) ||
      (keys != keys_of_.end() && keys->second >= limits::kKademliaOffersPerPeer)) {
    ++refused_;
    return Kept::kFull;
  }
  offer_bytes_ += bytes_of(offer);
  if (!known) {
    const auto index = static_cast<std::ptrdiff_t>(place);
    prefixes_.insert(prefixes_.begin() + index, key.words[0]);
    keys_.insert(keys_.begin() + index, Key{key, {}, {}});
  }
  keys_[place].records.push_back(Record{provider, until});
  keys_[place].offers.push_back(std::move(offer));
  ++keys_of_[provider];
  ++size_;
  refs.kept.push_back(provider);
  return Kept::kNew;
}

Contact* Providers::find(const Point& key, std::string_view wanted, PeerRef except, std::size_t n,
                         Instant now, Rng& rng, Contact* into) const {
  const std::size_t place = place_of(key);
  if (!stands_at(place, key)) return into;
  const std::vector<Record>& records = keys_[place].records;
  const std::vector<Offer>& offers = keys_[place].offers;
  const auto fits = [&](std::size_t i) {
    const bool over = records[i].until <= now && !planted(Fault::kNeverExpire);
    if (over || records[i].provider == except) return false;
    return wanted.empty() || offers[i].may_have(wanted);
  };
  // If there are more, in a drawn order, and no further than needed: to judge an offer takes long.
  const Contact* const full = into + n;
  const bool drawn = records.size() > n;
  boost::container::small_vector<std::uint16_t, limits::kKademliaOffersPerKey> order(
      records.size());
  std::iota(order.begin(), order.end(), std::uint16_t{0});
  for (std::size_t i = 0; i < order.size() && into != full; ++i) {
    if (drawn) std::swap(order[i], order[i + rng.below(order.size() - i)]);
    if (fits(order[i])) *into++ = Contact{records[order[i]].provider};
  }
  return into;
}

void Providers::sweep(Instant now, Refs refs) {
  if (planted(Fault::kNeverExpire)) return;
  for (Key& key : keys_) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < key.records.size(); ++i) {
      const Record record = key.records[i];
      if (record.until > now) {
        key.records[kept] = record;
        if (kept != i) key.offers[kept] = std::move(key.offers[i]);
        ++kept;
        continue;
      }
      const auto keys = keys_of_.find(record.provider);
      SHOAL_ASSERT(keys != keys_of_.end());
      if (--keys->second == 0) keys_of_.erase(keys);
      --size_;
      offer_bytes_ -= bytes_of(key.offers[i]);
      refs.let_go.push_back(record.provider);
    }
    key.records.resize(kept);
    key.offers.resize(kept);
  }
  if (std::erase_if(keys_, [](const Key& key) { return key.records.empty(); }) == 0) return;
  keys_.shrink_to_fit();
  prefixes_.clear();
  for (const Key& key : keys_) prefixes_.push_back(key.at.words[0]);
  prefixes_.shrink_to_fit();
}

void Providers::warm_key(std::uint64_t prefix) const {
  const std::size_t place = first_with(prefix);
  if (place >= keys_.size() || prefixes_[place] != prefix) return;
  __builtin_prefetch(&keys_[place]);
  __builtin_prefetch(&keys_[place].offers);
}

void Providers::warm_records(const Point& key) const {
  const std::size_t place = place_of(key);
  if (!stands_at(place, key)) return;
  const std::vector<Record>& records = keys_[place].records;
  for (std::size_t i = 0; i < records.size(); i += 64 / sizeof(Record)) {
    __builtin_prefetch(&records[i]);
  }
}

std::size_t Providers::bytes_of(const Offer& offer) {
  std::size_t sum = offer.files.capacity() * sizeof(OfferedFile);
  for (const OfferedFile& file : offer.files) sum += file.words.capacity();
  return sum;
}

std::size_t Providers::bytes() const {
  std::size_t sum = offer_bytes_;
  sum += prefixes_.capacity() * sizeof(prefixes_[0]) + keys_.capacity() * sizeof(Key);
  for (const Key& key : keys_) {
    sum += key.records.capacity() * sizeof(Record) + key.offers.capacity() * sizeof(Offer);
  }
  return sum + keys_of_.size() * (kMapNode + sizeof(PeerRef) + sizeof(std::uint32_t));
}

}  // namespace shoal::overlay::kademlia
