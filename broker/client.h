// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "broker/connection.h"
#include "broker/url.h"

namespace shoal::broker {

/// How a client stands.
struct Status {
  enum class State : std::uint8_t { kConnecting, kUp, kDown };
  State state = State::kConnecting;
  std::string url;  ///< without the password
  Error trouble;    ///< of the last try; no words: none
  std::chrono::milliseconds next_try{};
  std::uint64_t queries = 0;                                ///< heard
  std::uint64_t answers = 0;                                ///< to queries of this peer
  std::map<std::string, std::uint64_t, std::less<>> drops;  ///< by reason
};
std::string_view to_text(Status::State state);

/// What searches need of this peer's client at a broker.
class Asking {
 public:
  Asking() = default;
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;
  virtual ~Asking() = default;

  /// Asks all; answers come with that correlation. Nothing while the connection is down.
  virtual void ask(std::string correlation, std::string body) = 0;
  /// Tries at once, if it waits for its next try.
  virtual void hurry() = 0;
  /// Counts what a hook dropped.
  virtual void dropped(std::string_view reason) = 0;
  [[nodiscard]] virtual Status status() const = 0;
};

/// This peer at a broker: connects, and again with growing pauses for as long as it runs. What it
/// hears goes to the hooks; what is said goes out in order, or not at all when the connection ends
/// first.
///
/// Threads: run() blocks one of the caller's, on which the hooks are called; all else by any.
class Client final : public Asking {
 public:
  struct Hooks {
    /// Somebody asks: any bytes. Answers go by answer() to that delivery.
    std::function<void(Delivery)> on_query;
    /// Somebody answers: any bytes.
    std::function<void(Delivery)> on_answer;
    /// The connection stands: what is open may be asked again, for earlier answers went nowhere.
    std::function<void()> on_up;
    /// It does not, or no longer: why.
    std::function<void(const Error&)> on_down;
  };

  Client(Url url, Hooks hooks);
  ~Client() override;

  /// Works until stop().
  void run();
  /// Idempotent. run() returns soon.
  void stop();

  void ask(std::string correlation, std::string body) override;
  /// Says a query of the shared queue to all, this peer included.
  void pass_on(Delivery query);
  /// Answers a query that came.
  void answer(const Delivery& query, std::string body);
  void hurry() override;
  void dropped(std::string_view reason) override;
  [[nodiscard]] Status status() const override;

 private:
  using Clock = std::chrono::steady_clock;

  bool watch(int socket);
  Error serve(Connection& connection);
  Result<void> serve_once(Connection& connection);
  [[nodiscard]] Result<void> still_hears() const;
  void came(Delivery delivery);
  void post(Outgoing message);
  void count(std::string_view reason);
  void wake() const;
  void rest(std::chrono::milliseconds pause);

  const Url url_;
  Lookup lookup_;  ///< of run()
  const Hooks hooks_;
  const int wake_;  ///< eventfd: something is to be sent, or it is over
  struct Unheard {
    Clock::time_point since;
    std::string correlation;
  };
  std::optional<Unheard>
      unheard_;  ///< the first that we asked and did not hear ourselves; of run()

  mutable std::mutex mutex_;  ///< guards all below
  std::condition_variable over_;
  bool stopped_ = false;
  bool hurried_ = false;
  int socket_ = -1;
  bool sending_ = false;
  Clock::time_point next_try_;
  Status status_;
  std::deque<Outgoing> outbox_;
};

}  // namespace shoal::broker
