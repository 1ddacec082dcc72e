// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "overlay/core/overlay.h"
#include "overlay/kademlia/point.h"
#include "overlay/kademlia/providers.h"

namespace shoal::overlay::kademlia {

/// By which of its words a search for `terms` looks things up; the others narrow it down. The
/// longest one, since long words are rarer; the first of these. But not the last, which may be the
/// beginning of one only, if another has limits::kKademliaWordSure bytes. Empty when no word of it
/// is a key.
std::string_view key_word(std::string_view terms);

/// What this peer offers under which key, in one round: gathered from the list of its shares, given
/// out key by key, then forgotten. Under a file's content and under each of its words.
class Publisher {
 public:
  /// Takes a page of the list in.
  void add(std::span<const SharedFile> files);
  /// The next key and what is offered there; nothing when all have been given out.
  struct Publication {
    Point key;
    Offer offer;
  };
  std::optional<Publication> next();

  [[nodiscard]] std::size_t keys() const { return by_key_.size(); }
  /// Files and words over a bound, that are not published in this round.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  [[nodiscard]] std::size_t bytes() const;

 private:
  struct Entry {
    std::vector<std::uint32_t> files;  // indexes into files_
    bool all_files = true;
  };
  void offer(const Point& key, std::uint32_t file);

  std::vector<OfferedFile> files_;
  std::map<Point, Entry> by_key_;
  std::uint64_t left_out_ = 0;
};

}  // namespace shoal::overlay::kademlia
