// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "proto/json/search.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::client {

/// A file that the last search found: what `shoal get 1` means.
struct FoundRow {
  ContentId content;
  std::string name;
  friend bool operator==(const FoundRow&, const FoundRow&) = default;
};

/// The rows of a search, numbered from 1 by content: a second holder of a file has its number.
class FoundRows {
 public:
  explicit FoundRows(std::string search = {}) : search_(std::move(search)) {}

  /// The number of the hit's row.
  std::size_t add(const json::SearchHit& hit);
  /// None when there is no row of that number.
  [[nodiscard]] const FoundRow* row(std::size_t number) const;
  /// The one of that name; none when there is none, or another one.
  [[nodiscard]] const FoundRow* named(const std::string& name) const;
  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  /// The daemon's name of the search.
  [[nodiscard]] const std::string& search() const { return search_; }
  /// That of the last search, which is another one where that found nothing.
  [[nodiscard]] const std::string& latest() const { return latest_.empty() ? search_ : latest_; }
  /// The rows of `before`, when this, the latest, has none of its own.
  [[nodiscard]] FoundRows after(FoundRows before) const {
    before.latest_ = search_;
    return before;
  }

  /// Replaces `path` as a whole. Errors: kIo.
  [[nodiscard]] Result<void> save(const std::string& path) const;
  /// Errors: kNotFound (no search yet), kIntegrity (the file is damaged).
  static Result<FoundRows> load(const std::string& path);

 private:
  std::string search_;
  std::string latest_;
  std::vector<FoundRow> rows_;
};

}  // namespace shoal::client
