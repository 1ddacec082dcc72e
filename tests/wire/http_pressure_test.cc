// SPDX-License-Identifier: Apache-2.0
// More requests and connections than a server has room for: who waits, who is told, who is not.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <vector>

#include "proto/types/limits_http.h"
#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kSlow = "GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr std::string_view kQuick = "GET /quick HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A server as many of whose requests are at work as may be, until they are let go on.
class FullServer {
 public:
  explicit FullServer(ServerOptions options = {}) : world(routes(), std::move(options)) {
    for (std::size_t i = 0; i < limits::kHttpAtWork; ++i) {
      busy.push_back(std::make_unique<RawClient>(target));
      busy.back()->say(kSlow);
    }
    EXPECT_TRUE(soon([&] { return world.server.stats().at_work == limits::kHttpAtWork; }));
  }
  ~FullServer() { go_on(); }
  FullServer(const FullServer&) = delete;
  FullServer& operator=(const FullServer&) = delete;

  /// A client whose request has to wait.
  std::unique_ptr<RawClient> one_more() {
    const std::size_t before = held_back();
    auto client = std::make_unique<RawClient>(target);
    client->say(kQuick);
    EXPECT_TRUE(soon([&] { return held_back() > before; }));
    return client;
  }
  void go_on() {
    if (!gone_on_) gate_.set_value();
    gone_on_ = true;
  }
  std::size_t held_back() const { return world.server.stats().held_back; }

  static bool soon(const auto& what) {
    const auto until = RawClient::Clock::now() + std::chrono::seconds(10);
    while (!what() && RawClient::Clock::now() < until) std::this_thread::yield();
    return what();
  }
  static bool is_answered(RawClient& client) {
    return client.hear("}").starts_with("HTTP/1.1 200 ");
  }

 private:
  Router routes() {
    Router router;
    router.add("GET", "/slow", [passed = gate_.get_future().share()](const Request&) {
      passed.wait();
      return Result<Response>(Response::json("{}"));
    });
    router.add("GET", "/quick",
               [](const Request&) { return Result<Response>(Response::json("{}")); });
    return router;
  }
  std::promise<void> gate_;
  bool gone_on_ = false;

 public:
  HttpWorld world;
  Target target = world.listen();
  std::vector<std::unique_ptr<RawClient>> busy;
};

TEST(HttpPressure, ReadsNoMoreThanItMayAnswerAndTheOthersInTheirTurn) {
  FullServer full;
  std::vector<std::unique_ptr<RawClient>> waiting;
  for (int i = 0; i < 40; ++i) waiting.push_back(full.one_more());
  EXPECT_EQ(full.held_back(), 40U);
  full.go_on();
  for (auto& client : full.busy) EXPECT_TRUE(FullServer::is_answered(*client));
  for (auto& client : waiting) EXPECT_TRUE(FullServer::is_answered(*client));
  EXPECT_EQ(full.held_back(), 0U);
}

// It is the server that does not read.
TEST(HttpPressure, CutsNobodyAtADeadlineWhoHasToWaitForIt) {
  ServerOptions options;
  options.head_time = milliseconds(1000);
  options.request_time = milliseconds(1000);
  options.idle_time = milliseconds(1000);
  FullServer full(options);
  const auto client = full.one_more();
  EXPECT_EQ(client->hear("}", milliseconds(1500)), "");
  EXPECT_FALSE(client->closed);
  full.go_on();
  EXPECT_TRUE(FullServer::is_answered(*client));
  EXPECT_EQ(full.world.server.stats().cut_by_deadline, 0U);
  client->hear();  // and then its time counts again
  EXPECT_TRUE(client->closed);
}

TEST(HttpPressure, ForgetsAConnectionThatGaveWayWhileItHadToWait) {
  ServerOptions options;
  options.connections_max = limits::kHttpAtWork + 1;
  FullServer full(options);
  const auto first = full.one_more();
  RawClient second(full.target);  // in the place of the only one that waits
  EXPECT_EQ(first->hear(), "");
  EXPECT_TRUE(first->closed);
  EXPECT_TRUE(FullServer::soon([&] { return full.held_back() == 0; }));
  second.say(kQuick);
  EXPECT_TRUE(FullServer::soon([&] { return full.held_back() == 1; }));
  EXPECT_EQ(full.world.server.stats().connections, options.connections_max);
  full.go_on();
  EXPECT_TRUE(FullServer::is_answered(second));
}

TEST(HttpPressure, StopsWhileRequestsWaitForOthers) {
  FullServer full;
  const auto client = full.one_more();
  auto stopped = std::async(std::launch::async, [&] { return full.world.server.stop(); });
  EXPECT_EQ(client->hear(), "");
  EXPECT_TRUE(client->closed);
  EXPECT_EQ(full.held_back(), 0U);
  full.go_on();
  EXPECT_TRUE(stopped.get());
}

// A body that waits with its sender takes no memory here.
TEST(HttpPressure, ReadsNothingMoreWhileUnansweredRequestsFillTheirMemory) {
  std::promise<void> gate;
  const auto passed = gate.get_future().share();
  std::atomic<int> inside = 0;
  Router router;
  const RouteOptions large{.body_max = limits::kHttpUnansweredBytes};
  router.add(
      "POST", "/slow",
      [&](const Request&) -> Result<Response> {
        ++inside;
        passed.wait();
        return Response::json("{}");
      },
      large);
  HttpWorld world(std::move(router));
  const auto target = world.listen();
  const std::string body(limits::kHttpUnansweredBytes / 2 + 1, ' ');
  const std::string request =
      "POST /slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2; ++i) {
    clients.push_back(std::make_unique<RawClient>(target));
    clients.back()->say(request);
  }
  EXPECT_TRUE(FullServer::soon([&] { return inside == 2; }));
  clients.push_back(std::make_unique<RawClient>(target));
  clients.back()->say(request);
  EXPECT_TRUE(FullServer::soon([&] { return world.server.stats().held_back == 1; }));
  EXPECT_EQ(inside, 2);
  gate.set_value();
  for (auto& client : clients) EXPECT_TRUE(FullServer::is_answered(*client));
}

// So many are told why; for more there is no word and no memory.
TEST(HttpPressure, ClosesWithoutAWordWhenManyAreBeingTurnedAway) {
  ServerOptions options;
  options.connections_max = limits::kHttpAtWork;
  FullServer full(options);
  std::vector<std::unique_ptr<RawClient>> others;
  std::size_t told = 0;
  for (bool silent = false; !silent && told < 4 * limits::kHttpTurnedAway;) {
    others.push_back(std::make_unique<RawClient>(full.target));
    silent = !others.back()->hear("}").starts_with("HTTP/1.1 503 ");
    told += silent ? 0U : 1U;
  }
  EXPECT_TRUE(others.back()->closed);
  // More when this machine is so slow that the first have ended before the last came.
  EXPECT_GE(told, limits::kHttpTurnedAway);
  EXPECT_LT(told, 4 * limits::kHttpTurnedAway);
  full.go_on();
  for (auto& client : full.busy) EXPECT_TRUE(FullServer::is_answered(*client));
}

}  // namespace
}  // namespace shoal::http
