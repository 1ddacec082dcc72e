// SPDX-License-Identifier: Apache-2.0
// The real programs as somebody sees them who means no good.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "proto/http/rest_client.h"
#include "tests/support/sanitized.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::attack {

/// Memory that an attack may cost a program.
inline constexpr std::size_t kGrowthMax = 5 * 1024 * 1024;

/// Whether the programs are built with a sanitizer, which keeps what was freed: their memory and
/// their speed say nothing then.
constexpr bool sanitized() { return tests::address_sanitized(); }

/// A server and what honest clients ask it for.
class Victim {
 public:
  /// Where it may be attacked.
  enum class Place : std::uint8_t {
    kDirectory,  ///< shoal-directory
    kRest,       ///< a peer's REST for its owner's programs
    kPublic,     ///< the one port that a peer shows to the world
  };
  Victim(Place place, const daemon::Folder& folder);

  [[nodiscard]] const http::Target& target() const { return target_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// The head of an honest request, without its empty line: answered with 200.
  [[nodiscard]] std::string honest_head() const;
  [[nodiscard]] std::string honest() const { return honest_head() + "\r\n"; }
  /// `method` and `path` with a token where one is needed, without the empty line.
  [[nodiscard]] std::string head(std::string_view method, std::string_view path) const;
  /// The path of a request with a body that this server takes, and its most bytes.
  [[nodiscard]] std::string body_path() const;
  [[nodiscard]] std::size_t body_max() const;
  /// Where attackers come from. Of silent connections to the public port an address has its share
  /// only, and no honest client shares one with them; elsewhere loopback is exempt.
  [[nodiscard]] std::string attackers() const {
    return place_ == Place::kPublic ? "127.0.0.2" : "127.0.0.1";
  }
  /// The peer, when it is one.
  daemon::Peer& peer() { return *peer_; }

 private:
  Place place_;
  std::unique_ptr<daemon::Process> directory_;
  std::unique_ptr<daemon::Peer> peer_;
  http::Target target_;
  std::string token_;
  pid_t pid_ = -1;
};

std::string to_text(Victim::Place place);

/// What a process has grown by at most since this began.
class Growth {
 public:
  explicit Growth(pid_t pid);
  /// Bytes by which its memory was ever above what it was in the beginning.
  [[nodiscard]] std::size_t bytes() const;

 private:
  pid_t pid_;
  std::size_t began_;
};

/// One connection that says what it likes and never waits long.
class Caller {
 public:
  /// `from`: the address it calls from. `reads`: bytes of its receive buffer, few make a slow
  /// reader; 0: the system's.
  explicit Caller(const http::Target& target, const std::string& from = "127.0.0.1", int reads = 0);
  ~Caller();
  Caller(Caller&& other) noexcept;
  Caller& operator=(Caller&&) = delete;

  /// Sends what goes at once; false when the other end is gone.
  bool say(std::string_view bytes);
  /// Sends all of it, or until the other end is gone or has taken nothing for 5 s: how much.
  std::size_t pour(std::string_view bytes, std::size_t times = 1);
  /// What came until the other end closed, `enough` was heard, or the time is over.
  std::string hear(std::string_view enough = {},
                   std::chrono::milliseconds time = std::chrono::seconds(10));
  /// When it ends, then without a goodbye.
  void reset() const;
  /// Whether the other end is gone; reads nothing.
  [[nodiscard]] bool hung_up() const;
  /// Whether the other end is gone; throws away what it said.
  bool cut();
  [[nodiscard]] bool connected() const { return fd_ >= 0; }
  [[nodiscard]] int socket() const { return fd_; }
  /// Ends it and makes a new connection as the first was made.
  void call_again();

 private:
  void connect();

  http::Target target_;
  std::string from_;
  int reads_;
  int fd_ = -1;
};

/// The status that begins an answer; 0 without one.
int status_of(std::string_view answer);

}  // namespace shoal::attack
