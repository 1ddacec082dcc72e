// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <pqxx/pqxx>
#include <string>

#include "bootstrap/store/postgres_work.h"
#include "bootstrap/store/store.h"
#include "bootstrap/store/watchdog.h"
#include "proto/types/limits_store.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// One connection to a PostgreSQL server. Made anew when it was lost. Any thread; one at a time
/// gets through.
///
/// A server that is not reached or does not answer costs whoever asks first a bounded time, and
/// those after it none: they get kUnreachable until it answers again (limits_store.h).
class PostgresDatabase {
 public:
  /// How long it is waited for, see limits_store.h; tests shorten it.
  struct Patience {
    std::chrono::milliseconds answer = limits::kStoreAnswer;
    std::chrono::milliseconds connect = limits::kStoreConnect;
    std::chrono::milliseconds probe = limits::kStoreProbe;
    std::chrono::milliseconds pause = limits::kStorePause;
  };

  /// Numbers of advisory locks, which hold until a transaction ends.
  enum class Lock : int {
    kSchema = 7'400'000,
    kLeases = 7'400'001,
    kUsers = 7'400'002,
    kIndex = 7'400'003,
  };

  /// Connects, and brings the schema up to date when that has not been done. `url` as libpq takes
  /// it. Errors: kUnreachable, kConflict (a newer program made the schema), kIo.
  /// Once it is open, `tell` if given gets what PostgreSQL says of its troubles, and who asked only
  /// their kind: that names hosts and tables, and those who ask are strangers.
  static Result<std::unique_ptr<PostgresDatabase>> open(const std::string& url, Patience patience,
                                                        TellTrouble tell = {});
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;
  ~PostgresDatabase();

  /// One transaction: all of it, or nothing when `work` returns an error, which is returned. Done
  /// again from the start, once, when the connection turns out to be lost before the commit.
  /// Errors: kUnreachable (after a commit that was not answered, it may have been done), kNoSpace,
  /// kIo.
  Result<void> transact(const std::function<Result<void>(PostgresWork& work)>& work);

  /// For a transaction that lasts over several calls, all by one thread; nothing else may use this
  /// meanwhile. After an error there is none. Errors: as transact().
  Result<void> begin();
  Result<void> within(const std::function<void(PostgresWork& work)>& work);
  Result<void> commit();
  [[nodiscard]] bool in_step() const { return step_ != nullptr; }

 private:
  using Clock = std::chrono::steady_clock;

  PostgresDatabase(std::string url, Patience patience);
  Result<void> enter(std::unique_lock<std::mutex>& lock);
  Result<void> leave(Result<void> done);
  Result<void> guarded(const std::function<Result<void>()>& work, bool& lost);
  Result<void> tried(const std::function<Result<void>()>& work, bool& lost);
  [[nodiscard]] tl::unexpected<Error> trouble(Errc code, const std::string& why) const;
  [[nodiscard]] std::chrono::milliseconds time_to_answer() const;
  [[nodiscard]] std::string url_with_times() const;
  pqxx::connection& connected();
  void disconnect();

  const std::string url_;
  const Patience patience_;
  TellTrouble tell_;
  std::atomic<Clock::rep> asleep_until_ = 0;  // 0: it answered when it was last asked
  Watchdog watchdog_;
  std::mutex mutex_;                              // guards what follows
  bool not_reached_ = false;                      // the last try to connect
  bool not_answered_ = false;                     // the last try at all
  std::unique_ptr<pqxx::connection> connection_;  // null: not connected
  std::unique_ptr<PostgresWork> step_;            // of connection_
};

/// Without the password that may be in it: for messages.
std::string shown_url(const std::string& url);

}  // namespace shoal::bootstrap
