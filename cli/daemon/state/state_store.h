// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/message.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// A friend that the configuration does not list (or, `removed`, does list but the user took out).
struct StoredFriend {
  PeerId id;
  Role role = Role::kAccepted;
  std::string name;
  std::vector<std::string> endpoints;
  bool removed = false;
};

/// What a peer must not forget: friends it accepted or was given, the ports it chose, its cards'
/// sequence, folders with downloads, downloads and puts that ended. So it starts and searches with
/// its directory dead.
///
/// SQLite with a write-ahead log. Any thread. Errors of all: kIo, kNoSpace.
class StateStore {
 public:
  /// Errors: also kConflict (made by a newer version).
  static Result<std::unique_ptr<StateStore>> open(const std::string& path);
  ~StateStore();

  Result<std::vector<StoredFriend>> friends();
  /// Replaces what was kept of that peer.
  Result<void> put_friend(const StoredFriend& entry);

  /// A number that was kept under that name.
  Result<std::optional<std::int64_t>> number(std::string_view name);
  Result<void> set_number(std::string_view name, std::int64_t value);
  /// One more than the last; on disk before it is returned.
  Result<std::int64_t> next(std::string_view name);

  /// A text that was kept under that name.
  Result<std::optional<std::string>> text(std::string_view name);
  /// Names and texts of all whose names begin so, in their order.
  Result<std::vector<std::pair<std::string, std::string>>> texts(std::string_view prefix);
  /// An empty one is forgotten.
  Result<void> set_text(std::string_view name, const std::string& value);

  /// What ended of that kind, by number, as texts of their owner.
  Result<std::vector<std::string>> ended(std::string_view kind);
  /// Replaces what has that number. Of the kind the `most` with the highest numbers stay.
  Result<void> put_ended(std::string_view kind, std::uint64_t number, const std::string& text,
                         std::size_t most);

  Result<std::vector<std::string>> download_folders();
  Result<void> add_download_folder(const std::string& path);

 private:
  class Impl;
  explicit StateStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal::daemon
