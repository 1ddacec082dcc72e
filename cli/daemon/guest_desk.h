// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cli/daemon/state_store.h"
#include "proto/types/ids.h"
#include "proto/types/limits_tokens.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// The number of a token, as TokenDesk gives them; none of them is this one.
inline constexpr std::int64_t kOwner = 0;

/// The downloads that holders of tokens began: each holder may look at his own, and at no others of
/// the owner's. Kept over restarts. Any thread.
class GuestDesk {
 public:
  /// Errors: those of the store.
  static Result<std::unique_ptr<GuestDesk>> open(StateStore& store);

  /// Calls `start` for one more download, which returns its number, unless that holder has begun
  /// too much of late; then it is his. One of his own that was joined counts once. Holders' starts
  /// come one after the other. Errors: kOverloaded (limits::kTokenDownloads, kTokenDownloadBytes),
  /// those of `start`.
  Result<std::uint64_t> begin(std::int64_t token, const ContentId& content, std::int64_t now_unix,
                              const std::function<Result<std::uint64_t>()>& start);
  [[nodiscard]] bool began(std::int64_t token, std::uint64_t transfer) const;
  [[nodiscard]] bool wanted(std::int64_t token, const ContentId& content) const;

 private:
  struct Begun {
    std::int64_t token = kOwner;
    std::int64_t since_unix = 0;
    ContentId content;
  };

  explicit GuestDesk(StateStore& store) : store_(store) {}
  static std::string record_of(const Begun& begun);
  static Result<Begun> read(const std::string& record);
  /// Requires the mutex.
  Result<void> check(std::int64_t token, const ContentId& content, std::int64_t now_unix) const;
  void keep(std::uint64_t transfer, const Begun& begun);

  StateStore& store_;
  std::mutex starting_;
  mutable std::mutex mutex_;              ///< guards what follows
  std::map<std::uint64_t, Begun> begun_;  ///< by the download's number, so the oldest come first
};

}  // namespace shoal::daemon
