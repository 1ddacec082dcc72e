// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/kademlia/point.h"
#include "overlay/kademlia/table.h"
#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/rng.h"
#include "proto/types/time.h"

namespace shoal::overlay::kademlia {

/// One file of an offer: what it is, and words of it by which a search is narrowed down.
struct OfferedFile {
  ContentId content;
  std::string words;      ///< folded, parted by single spaces
  bool all_words = true;  ///< it has no others
  friend bool operator==(const OfferedFile&, const OfferedFile&) = default;
};

/// What one peer says it has under one key. Not to be believed: whoever looks for something asks
/// the peer itself.
struct Offer {
  std::vector<OfferedFile> files;
  bool all_files = true;  ///< it has no others under that key
  friend bool operator==(const Offer&, const Offer&) = default;

  /// Whether a file of it may have all `wanted` words, which are parted by spaces; the last one may
  /// be the beginning of one.
  [[nodiscard]] bool may_have(std::string_view wanted) const;
};

/// The next word of `text`, which loses it; empty at the end.
std::string_view take_word(std::string_view& text);

/// What this peer keeps for others: who offers something under which key.
///
/// A provider has one offer under a key and makes it anew before it expires. Bounds: offers under a
/// key, keys of a provider, offers in all; at each a further one is refused and nobody's is put out
/// for it, so one peer fills neither a key nor the store.
/// Ordered tables, since others choose the keys and expired offers are looked for in all. That of
/// the keys is flat: most who ask are told that there is nothing, and that takes two cache lines.
class Providers {
 public:
  enum class Kept : std::uint8_t { kNew, kRenewed, kFull };
  Kept keep(const Point& key, PeerRef provider, Offer offer, Instant now, Refs refs);
  /// Writes up to `n` providers there whose offers are not over and may have all `wanted` words,
  /// without `except`; if there are more, each as likely as any other. Returns the end.
  Contact* find(const Point& key, std::string_view wanted, PeerRef except, std::size_t n,
                Instant now, Rng& rng, Contact* into) const;
  /// Throws away what is over.
  void sweep(Instant now, Refs refs);

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }
  [[nodiscard]] std::size_t bytes() const;
  /// Has the processor fetch what find() will read, in three steps: each reads what the one before
  /// fetched. The second is for a key that begins so.
  void warm() const {
    __builtin_prefetch(prefixes_.data());
    __builtin_prefetch(reinterpret_cast<const char*>(prefixes_.data()) + 64);
  }
  void warm_key(std::uint64_t prefix) const;
  void warm_records(const Point& key) const;

 private:
  struct Record {
    PeerRef provider;
    Instant until;
  };
  /// Offers stand apart from whose they are, since most who look for a content want no words of it.
  struct Key {
    Point at;
    std::vector<Record> records;
    std::vector<Offer> offers;  // of each record
  };
  static std::size_t bytes_of(const Offer& offer);
  /// Where `key` stands, or would.
  [[nodiscard]] std::size_t place_of(const Point& key) const;
  [[nodiscard]] std::size_t first_with(std::uint64_t prefix) const;
  [[nodiscard]] bool stands_at(std::size_t place, const Point& key) const {
    return place < keys_.size() && prefixes_[place] == key.words[0] && keys_[place].at == key;
  }

  std::vector<std::uint64_t> prefixes_;       // the first word of each key, ascending
  std::vector<Key> keys_;                     // ascending
  std::map<PeerRef, std::uint32_t> keys_of_;  // by provider: its offers here
  std::size_t size_ = 0;
  std::size_t offer_bytes_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace shoal::overlay::kademlia
