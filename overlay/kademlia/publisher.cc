// SPDX-License-Identifier: Apache-2.0
#include "overlay/kademlia/publisher.h"

#include <algorithm>
#include <utility>

#include "proto/types/limits.h"

namespace shoal::overlay::kademlia {
namespace {

bool is_key(std::string_view word) {
  return word.size() >= limits::kKademliaWordMin && word.size() <= limits::kKademliaWordMax;
}

/// As many whole words as fit.
OfferedFile offered(const SharedFile& file) {
  OfferedFile out{file.content, {}, true};
  std::string_view rest = file.words;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    const std::size_t gap = out.words.empty() ? 0 : 1;
    if (out.words.size() + gap + word.size() > limits::kKademliaFileWords) {
      out.all_words = false;
      break;
    }
    if (gap == 1) out.words.push_back(' ');
    out.words.append(word);
  }
  return out;
}

}  // namespace

std::string_view key_word(std::string_view terms) {
  std::string_view longest;
  std::string_view word = take_word(terms);
  for (std::size_t words = 1; !word.empty(); ++words) {
    const std::string_view next = words < limits::kSearchWordsMax ? take_word(terms) : "";
    const bool last = next.empty();
    const bool sure = longest.size() >= limits::kKademliaWordSure;
    if (is_key(word) && word.size() > longest.size() && !(last && sure)) longest = word;
    word = next;
  }
  return longest;
}

void Publisher::add(std::span<const SharedFile> files) {
  for (const SharedFile& file : files) {
    if (files_.size() >= limits::kKademliaPublishFiles) {
      ++left_out_;
      continue;
    }
    const auto index = static_cast<std::uint32_t>(files_.size());
    files_.push_back(offered(file));
    offer(point_of_content(file.content), index);
    std::string_view rest = file.words;
    std::size_t words = 0;
    for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
      if (!is_key(word)) continue;
      if (words++ < limits::kKademliaPublishWords) {
        offer(point_of_word(word), index);
      } else {
        ++left_out_;
      }
    }
  }
}

void Publisher::offer(const Point& key, std::uint32_t file) {
  if (by_key_.size() >= limits::kKademliaPublishKeys && !by_key_.contains(key)) {
    ++left_out_;
    return;
  }
  Entry& entry = by_key_[key];
  if (std::ranges::find(entry.files, file) != entry.files.end()) return;  // a word twice
  if (entry.files.size() >= limits::kKademliaFiles) {
    entry.all_files = false;
  } else {
    entry.files.push_back(file);
  }
}

std::optional<Publisher::Publication> Publisher::next() {
  if (by_key_.empty()) {
    files_ = std::vector<OfferedFile>();
    return std::nullopt;
  }
  auto node = by_key_.extract(by_key_.begin());
  Publication out{node.key(), {}};
  out.offer.all_files = node.mapped().all_files;
  for (const std::uint32_t file : node.mapped().files) out.offer.files.push_back(files_[file]);
  return out;
}

std::size_t Publisher::bytes() const {
  std::size_t sum = files_.capacity() * sizeof(OfferedFile);
  for (const OfferedFile& file : files_) sum += file.words.capacity();
  return sum + by_key_.size() * (40 + sizeof(Point) + sizeof(Entry) +
                                 limits::kKademliaFiles * sizeof(std::uint32_t));
}

}  // namespace shoal::overlay::kademlia
