// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/shelf.h"

#include <algorithm>
#include <map>
#include <string>

#include "proto/types/limits.h"

namespace shoal::sim {
namespace {

/// The next word of `text`, which loses it; empty at the end.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

bool has_word(std::string_view text, std::string_view wanted) {
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    if (word == wanted) return true;
  }
  return false;
}

bool answers(const HitFile& file, const QueryBody& query) {
  if (file.content.length < query.length_min || file.content.length > query.length_max) {
    return false;
  }
  if (query.content) return file.content == *query.content;
  std::string_view terms = query.terms;
  for (std::string_view word = take_word(terms); !word.empty(); word = take_word(terms)) {
    if (!has_word(file.name, word)) return false;
  }
  return true;
}

}  // namespace

std::vector<HitFile> Shelf::matches(const QueryBody& query) const {
  std::vector<HitFile> found;
  std::ranges::copy_if(files_, std::back_inserter(found),
                       [&](const HitFile& file) { return answers(file, query); });
  return found;
}

bool Shelf::list(const ContentId& after, std::uint32_t limit,
                 std::vector<SharedFile>& files) const {
  std::map<ContentId, std::string> all;
  for (const HitFile& file : files_) {
    if (file.content <= after) continue;
    std::string& words = all[file.content];
    words += (words.empty() ? "" : " ") + file.name;
  }
  for (auto& [content, words] : all) {
    if (limit-- == 0) return true;
    files.push_back({content, std::move(words)});
  }
  return false;
}

std::vector<PayloadRef> hits_of(const PeerId& holder, const std::vector<HitFile>& files,
                                std::size_t count) {
  std::vector<PayloadRef> hits;
  for (std::size_t from = 0; from < count; from += limits::kHitFilesMax) {
    const std::size_t to = std::min(count, from + limits::kHitFilesMax);
    hits.push_back(make_payload<HitBody>([&](HitBody& hit) {
      hit.holder = holder;
      hit.files.assign(files.begin() + static_cast<std::ptrdiff_t>(from),
                       files.begin() + static_cast<std::ptrdiff_t>(to));
    }));
  }
  return hits;
}

}  // namespace shoal::sim
