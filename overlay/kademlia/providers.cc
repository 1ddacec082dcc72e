// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/providers.h"

#include <algorithm>
#include <boost/container/small_vector.hpp>
#include <utility>

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
  if (!all_files || wanted.empty()) return true;
  return std::ranges::any_of(files, [&](const OfferedFile& file) {
    return !file.all_words || has_words(file.words, wanted);
  });
}

Providers::Kept Providers::keep(const Point& key, PeerRef provider, Offer offer, Instant now,
                                Refs refs) {
  const auto at = by_key_.find(key);
  const Instant until = now + limits::kKademliaOfferTime;
  if (at != by_key_.end() && !planted(Fault::kOneFillsAKey)) {
    const auto own = std::ranges::find(at->second, provider, &Record::provider);
    if (own != at->second.end()) {
      offer_bytes_ += bytes_of(offer) - bytes_of(own->offer);
      own->offer = std::move(offer);
      own->until = until;
      return Kept::kRenewed;
    }
  }
  const auto keys = keys_of_.find(provider);
  if (size_ >= limits::kKademliaOffers ||
      (at != by_key_.end() && at->second.size() >= limits::kKademliaOffersPerKey) ||
      (keys != keys_of_.end() && keys->second >= limits::kKademliaOffersPerPeer)) {
    ++refused_;
    return Kept::kFull;
  }
  offer_bytes_ += bytes_of(offer);
  by_key_[key].push_back(Record{provider, until, std::move(offer)});
  ++keys_of_[provider];
  ++size_;
  refs.kept.push_back(provider);
  return Kept::kNew;
}

Contact* Providers::find(const Point& key, std::string_view wanted, PeerRef except, std::size_t n,
                         Instant now, Rng& rng, Contact* into) const {
  const auto at = by_key_.find(key);
  if (at == by_key_.end()) return into;
  const std::vector<Record>& records = at->second;
  const auto fits = [&](const Record& record) {
    const bool over = record.until <= now && !planted(Fault::kNeverExpire);
    return !over && record.provider != except && record.offer.may_have(wanted);
  };
  // If there are more, in a drawn order, and no further than needed: to judge an offer takes long.
  const Contact* const full = into + n;
  const bool drawn = records.size() > n;
  boost::container::small_vector<std::uint16_t, limits::kKademliaOffersPerKey> order;
  for (std::size_t i = 0; i < records.size(); ++i) order.push_back(static_cast<std::uint16_t>(i));
  for (std::size_t i = 0; i < order.size() && into != full; ++i) {
    if (drawn) std::swap(order[i], order[i + rng.below(order.size() - i)]);
    const Record& record = records[order[i]];
    if (fits(record)) *into++ = Contact{record.provider};
  }
  return into;
}

void Providers::sweep(Instant now, Refs refs) {
  if (planted(Fault::kNeverExpire)) return;
  for (auto at = by_key_.begin(); at != by_key_.end();) {
    std::erase_if(at->second, [&](const Record& record) {
      if (record.until > now) return false;
      const auto keys = keys_of_.find(record.provider);
      SHOAL_ASSERT(keys != keys_of_.end());
      if (--keys->second == 0) keys_of_.erase(keys);
      --size_;
      offer_bytes_ -= bytes_of(record.offer);
      refs.let_go.push_back(record.provider);
      return true;
    });
    at = at->second.empty() ? by_key_.erase(at) : std::next(at);
  }
}

std::size_t Providers::bytes_of(const Offer& offer) {
  std::size_t sum = offer.files.capacity() * sizeof(OfferedFile);
  for (const OfferedFile& file : offer.files) sum += file.words.capacity();
  return sum;
}

std::size_t Providers::bytes() const {
  std::size_t sum = offer_bytes_;
  for (const auto& [key, records] : by_key_) {
    sum += kMapNode + sizeof(Point) + sizeof(records) + records.capacity() * sizeof(Record);
  }
  return sum + keys_of_.size() * (kMapNode + sizeof(PeerRef) + sizeof(std::uint32_t));
}

}  // namespace shoal::overlay::kademlia
