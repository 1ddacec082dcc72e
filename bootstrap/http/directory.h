// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bootstrap/core/leases.h"
#include "bootstrap/http/lease_request.h"
#include "bootstrap/store/lease_store.h"
#include "proto/types/result.h"
#include "proto/types/rng.h"

namespace shoal::bootstrap {

/// A directory at work: verifies requests, asks the rules (bootstrap/core), keeps the outcome
/// (bootstrap/store).
///
/// Any thread may call; signatures are verified outside the lock. A store that fails (a full disk)
/// stops nothing: leases are granted from memory, and health() says so. Several directories may use
/// one store that is made for it: each decides and answers with what all of them decided; only what
/// an address may ask is counted by each for itself.
class Directory {
 public:
  struct Clocks {
    /// Since 1970, never going back.
    std::function<Instant()> now;
    /// Seconds since 1970, to judge cards by.
    std::function<std::int64_t()> unix_now;

    /// The machine's.
    static Clocks real();
  };

  Directory(LeaseLimits limits, Clocks clocks, std::uint64_t seed,
            std::function<void(const Error&)> on_store_error);
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /// Takes over what a store holds and keeps what comes in it from now on; it must outlive this.
  /// Leases whose cards do not verify any more are dropped. Errors: those of the store.
  Result<void> use(LeaseStore& store);

  /// Hears of peers whose leases have ended, on the thread that saw it and under this object's
  /// lock: must be quick and call nothing here. Set before the first request.
  void on_gone(std::function<void(std::span<const Leases::Gone>)> hook) {
    on_gone_ = std::move(hook);
  }

  /// Counts a request of that (numeric) address that is not about a lease. Errors: kOverloaded.
  Result<void> admit(const std::string& address);

  /// A live lease, by value.
  struct Listed {
    LeaseCard card;
    std::uint64_t stamp = 0;
    Duration left{};  ///< until it expires
  };

  /// Takes or renews a lease for the peer `id` at `address` (numeric). Errors: kDenied (forged),
  /// kInvalidArgument (card), kConflict (stamp_of says which stamp to pass), kOverloaded.
  Result<Listed> put(const PeerId& id, const LeaseRequest& request, const std::string& address);
  /// Errors: kDenied, kNotFound, kConflict, kOverloaded.
  Result<void> leave(const PeerId& id, const LeaveRequest& request, const std::string& address);
  std::optional<std::uint64_t> stamp_of(const PeerId& id);

  std::optional<Listed> find(const PeerId& id);
  std::vector<Listed> list(const std::optional<PeerId>& after, std::size_t limit);
  /// Somebody else, each equally likely.
  std::optional<Listed> suggest(const PeerId& asker, std::span<const PeerId> except);

  /// Ends what has expired; called now and then so that the store follows.
  void sweep();

  struct Health {
    std::size_t leases = 0;
    std::string store_error;  ///< of the last write, in words; empty: it worked
  };
  Health health();

 private:
  /// A decision, made with what other processes on the store decided before, and its writes.
  class Step {
   public:
    Step(Directory& directory, Instant now);
    ~Step();
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Directory& directory_;
  };
  [[nodiscard]] bool may_ask_store(Instant now) const;
  void write(const std::function<Result<void>()>& work);
  void follow(Instant now);
  void learn(std::vector<LeaseStore::Row> rows, Instant now);
  void keep(Result<void> stored);
  void end_gone(Instant now);
  static Listed listed(const Lease& lease, Instant now);

  Clocks clocks_;
  std::function<void(const Error&)> on_store_error_;
  std::mutex mutex_;  // guards all below
  Leases leases_;
  Rng rng_;
  LeaseStore* store_ = nullptr;
  std::string store_error_;
  Instant ask_store_from_;
  bool in_step_ = false;
  bool wrote_ = false;    // in this step
  Result<void> outcome_;  // of the writes of a step
  std::function<void(std::span<const Leases::Gone>)> on_gone_;
};

}  // namespace shoal::bootstrap
