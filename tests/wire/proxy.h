// SPDX-License-Identifier: Apache-2.0
// A cable between two peers that a test can cut or hold.
#pragma once

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "proto/asio.h"

namespace shoal::tests {

/// Listens on loopback and passes bytes both ways between each caller and one target.
class Proxy {
 public:
  using Clock = std::chrono::steady_clock;
  using Tcp = boost::asio::ip::tcp;

  Proxy(boost::asio::any_io_executor executor, const std::string& target)
      : state_(std::make_shared<State>(executor)) {
    state_->target = {boost::asio::ip::address_v4::loopback(),
                      static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)))};
    boost::asio::post(state_->strand, [state = state_] { State::accept(state); });
  }
  ~Proxy() {
    run([](State& state) {
      boost::system::error_code ignored;
      state.acceptor.close(ignored);
      state.cut();
    });
  }
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  [[nodiscard]] std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(state_->acceptor.local_endpoint().port());
  }
  /// Resets all connections, as a kernel does whose process died.
  void cut() {
    run([](State& state) { state.cut(); });
  }
  /// Keeps all connections, also those that still come, and passes nothing more: no power.
  void freeze() {
    run([](State& state) {
      state.frozen = true;
      for (const auto& pair : state.pairs) pair->frozen = true;
    });
  }
  /// Connections that come from now on work; frozen ones are lost.
  void thaw() {
    run([](State& state) { state.frozen = false; });
  }
  /// When each connection came in.
  [[nodiscard]] std::vector<Clock::time_point> calls() const {
    const std::lock_guard lock(state_->mutex);
    return state_->calls;
  }

 private:
  struct Pair {
    explicit Pair(Tcp::socket from) : near(std::move(from)), far(near.get_executor()) {}
    Tcp::socket near;
    Tcp::socket far;
    std::array<std::array<char, 16384>, 2> bytes;
    bool frozen = false;
  };
  struct State {
    explicit State(const boost::asio::any_io_executor& executor)
        : strand(boost::asio::make_strand(executor)),
          acceptor(strand, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)) {}

    static void accept(const std::shared_ptr<State>& state) {
      state->acceptor.async_accept(
          [state](const boost::system::error_code& error, Tcp::socket socket) {
            if (error) return;
            {
              const std::lock_guard lock(state->mutex);
              state->calls.push_back(Clock::now());
            }
            const auto pair = state->pairs.emplace_back(std::make_shared<Pair>(std::move(socket)));
            pair->frozen = state->frozen;
            pair->far.async_connect(state->target, [pair](const boost::system::error_code& failed) {
              if (failed) return reset(*pair);
              pump(pair, pair->near, pair->far, 0);
              pump(pair, pair->far, pair->near, 1);
            });
            accept(state);
          });
    }
    static void pump(const std::shared_ptr<Pair>& pair, Tcp::socket& from, Tcp::socket& to,
                     std::size_t way) {
      from.async_read_some(
          boost::asio::buffer(pair->bytes[way]),
          [pair, &from, &to, way](const boost::system::error_code& error, std::size_t got) {
            if (pair->frozen) return;
            if (error) return reset(*pair);
            boost::asio::async_write(
                to, boost::asio::buffer(pair->bytes[way].data(), got),
                [pair, &from, &to, way](const boost::system::error_code& failed, std::size_t) {
                  if (pair->frozen) return;
                  if (failed) return reset(*pair);
                  pump(pair, from, to, way);
                });
          });
    }
    static void reset(Pair& pair) {
      boost::system::error_code ignored;
      for (Tcp::socket* const socket : {&pair.near, &pair.far}) {
        socket->set_option(boost::asio::socket_base::linger(true, 0), ignored);
        socket->close(ignored);
      }
    }
    void cut() {
      for (const auto& pair : pairs) reset(*pair);
      pairs.clear();
    }

    boost::asio::strand<boost::asio::any_io_executor> strand;
    Tcp::acceptor acceptor;
    Tcp::endpoint target;
    std::list<std::shared_ptr<Pair>> pairs;
    bool frozen = false;
    std::mutex mutex;  ///< guards calls
    std::vector<Clock::time_point> calls;
  };

  template <class F>
  void run(F f) {
    boost::asio::post(state_->strand, boost::asio::use_future([&] { f(*state_); })).get();
  }

  std::shared_ptr<State> state_;
};

}  // namespace shoal::tests
