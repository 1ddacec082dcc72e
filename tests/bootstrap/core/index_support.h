// SPDX-License-Identifier: Apache-2.0
// Updates of an index as tests draw them.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "bootstrap/core/index_plan.h"

namespace shoal::bootstrap {

inline ContentId content(unsigned number) {
  ContentId id;
  id.root.bytes[0] = static_cast<std::uint8_t>(number * 91);  // not in the order of numbers
  id.root.bytes[30] = static_cast<std::uint8_t>(number >> 8);
  id.root.bytes[31] = static_cast<std::uint8_t>(number);
  id.length = 1000 + number;
  return id;
}

inline IndexEntry entry(unsigned number, const std::string& name) {
  return {content(number), name};
}

inline IndexUpdate replacement(std::uint64_t sequence, std::vector<IndexEntry> add) {
  return {IndexUpdate::Kind::kReplace, sequence, 0, std::move(add), {}};
}

inline IndexUpdate change(std::uint64_t sequence, std::vector<IndexEntry> add,
                          std::vector<ContentId> remove = {}) {
  return {IndexUpdate::Kind::kChange, sequence, 0, std::move(add), std::move(remove)};
}

/// A list of at most `most` of `contents` contents, named by few names.
inline IndexList draw_list(unsigned contents, std::size_t most, const char* as) {
  const auto size = *rc::gen::inRange<std::size_t>(0, most + 1).as("size");
  const auto drawn =
      *rc::gen::container<std::vector<std::pair<unsigned, unsigned>>>(
           size, rc::gen::pair(rc::gen::inRange(0U, contents), rc::gen::inRange(0U, 3U)))
           .as(as);
  IndexList list;
  for (const auto& [number, name] : drawn) list[content(number)] = "name " + std::to_string(name);
  return list;
}

/// An update of few files over `contents` contents, each once.
inline IndexUpdate draw_update(unsigned contents, std::uint64_t sequence) {
  IndexUpdate update;
  update.kind = *rc::gen::element(IndexUpdate::Kind::kReplace, IndexUpdate::Kind::kChange,
                                  IndexUpdate::Kind::kChange)
                     .as("kind");
  update.sequence = sequence;
  for (const auto& [id, name] : draw_list(contents, 3, "add")) update.add.push_back({id, name});
  if (update.kind == IndexUpdate::Kind::kReplace) return update;
  for (const auto& [id, name] : draw_list(contents, 3, "remove")) {
    if (std::ranges::find(update.add, id, &IndexEntry::content) == update.add.end()) {
      update.remove.push_back(id);
    }
  }
  return update;
}

}  // namespace shoal::bootstrap
