// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proto/asio.h"
#include "proto/types/ids.h"
#include "proto/types/limits.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// A peer as the directory lists it, after its card was verified here: a directory can hide peers,
/// not forge them.
struct DirectoryPeer {
  PeerId id;
  std::string name;
  std::vector<std::string> endpoints;
  std::string card;  ///< the SignedCard
  std::int64_t expires_in_ms = 0;
};

struct DirectoryPage {
  std::vector<DirectoryPeer> peers;
  std::string next_cursor;  ///< empty: this was the last page
};

/// How the directory was when it was last talked to.
struct DirectoryStatus {
  enum class State : std::uint8_t { kIdle, kUp, kDown };
  std::string url;
  State state = State::kIdle;  ///< kIdle: not asked yet
  std::string last_error;      ///< in words, of the last failure; empty when up
  bool leased = false;         ///< our lease is live there, as far as we know
  std::size_t refused = 0;     ///< peers it told of whose cards did not verify; left out
};
std::string_view to_text(DirectoryStatus::State state);

/// A peer's view of its directory. Optional at every step: nothing here blocks its caller, and any
/// failure is a state and an Error.
///
/// Any thread may call. Callbacks come on `workers`, also after this is gone (then with
/// kCancelled).
class DirectoryClient {
 public:
  struct Options {
    std::string url;  ///< "http://host:port"
    /// Sooner when the directory's leases are short.
    std::chrono::milliseconds renewal = limits::kLeaseRenewal;
    std::chrono::milliseconds timeout{5000};  ///< of one call
    /// A lease was granted; with the sequence of what the directory's index has of this peer (0:
    /// nothing), or none when it keeps no index. Called on `workers`, never after leave() or the
    /// end of this. May be empty.
    std::function<void(std::optional<std::uint64_t>)> on_leased = {};
  };
  /// Gives the current card (the same bytes as long as its sequence is the same), and signs
  /// "context" + bytes with the peer's key; asked on `workers`, never after this is gone. Must not
  /// call back into this client.
  struct Signer {
    PeerId id;
    std::string public_key;  ///< DER
    std::function<std::string()> card;
    std::function<std::string(std::string_view context, std::string_view bytes)> sign;
  };
  template <class T>
  using Callback = std::function<void(Result<T>)>;

  /// `timers` runs no blocking code; `workers` does (calls take up to `timeout`).
  /// Errors: kInvalidArgument (the URL).
  static Result<std::unique_ptr<DirectoryClient>> make(boost::asio::any_io_executor timers,
                                                       boost::asio::any_io_executor workers,
                                                       Signer signer, Options options);
  /// Stops without leaving.
  ~DirectoryClient();

  /// Takes a lease now and renews it for as long as this lives, also after failures.
  void keep_lease();
  /// Renews at once: the card changed.
  void card_changed();

  void peers(std::size_t limit, std::string cursor, Callback<DirectoryPage> done);
  /// kNotFound when that peer has no live lease.
  void find(const PeerId& id, Callback<DirectoryPeer> done);
  /// Somebody to befriend, other than we and `except` (the first limits::kSuggestionExceptMax
  /// count). kNotFound when there is nobody.
  void suggest(std::vector<PeerId> except, Callback<DirectoryPeer> done);

  [[nodiscard]] DirectoryStatus status() const;

  /// Gives the lease back, if one was ever asked for, and stops; blocks for at most `budget`. Calls
  /// under way are cancelled: their callbacks get kCancelled. `workers` must still run, and this is
  /// not called from them.
  Result<void> leave(std::chrono::milliseconds budget = std::chrono::milliseconds(1500));

 private:
  class Impl;
  explicit DirectoryClient(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::bootstrap
