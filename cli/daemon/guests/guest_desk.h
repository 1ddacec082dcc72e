// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cli/daemon/state/state_store.h"
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
  /// Whether one more may begin. Errors: kOverloaded (limits::kTokenDownloads,
  /// kTokenDownloadBytes).
  using MayBegin = std::function<Result<void>()>;
  /// Has a download at hand for its holder and returns its number. Asks before one begins; not
  /// where it joins one of his own.
  using Start = std::function<Result<std::uint64_t>(const MayBegin&)>;

  /// What was begun with other tokens than `tokens` is the owner's alone from now on.
  /// Errors: those of the store.
  static Result<std::unique_ptr<GuestDesk>> open(StateStore& store,
                                                 const std::vector<std::int64_t>& tokens);

  /// Calls `start`; what that has at hand is his. Holders' starts come one after the other.
  /// Errors: those of `start`.
  Result<std::uint64_t> begin(std::int64_t token, const ContentId& content, std::int64_t now_unix,
                              const Start& start);
  /// The token was revoked.
  void forget(std::int64_t token);
  /// A number alone says little: after a crash it may be given once more, to another's download.
  [[nodiscard]] bool began(std::int64_t token, std::uint64_t transfer,
                           const ContentId& content) const;
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
  Result<void> check(std::int64_t token, const ContentId& content, std::int64_t now_unix);
  // These require the mutex.
  void keep(std::uint64_t transfer, const Begun& begun);
  void write(std::uint64_t transfer, const std::string& record);

  StateStore& store_;
  std::mutex starting_;
  mutable std::mutex mutex_;              ///< guards what follows
  std::map<std::uint64_t, Begun> begun_;  ///< by the download's number
};

}  // namespace shoal::daemon
