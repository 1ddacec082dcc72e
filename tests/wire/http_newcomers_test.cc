// SPDX-License-Identifier: Apache-2.0
// Crowds that call all at once, before a server that has one thread: so the order is what is
// tested, and no clock is.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

constexpr std::string_view kAsk = "GET /v1/thing HTTP/1.1\r\nHost: localhost\r\n\r\n";

class HttpNewcomers : public testing::Test {
 protected:
  using Clients = std::vector<std::unique_ptr<RawClient>>;

  void serve(ServerOptions options = {}) {
    Router router;
    router.add("GET", "/v1/thing", [this](const Request&) -> Result<Response> {
      if (let_in == 0) let_in = server->stats().connections;
      return Response::json("{}");
    });
    server = std::make_unique<Server>(io.get_executor(), io.get_executor(), std::move(router),
                                      std::move(options));
    const auto port = server->listen_tcp("127.0.0.1", 0);
    ASSERT_TRUE(port);
    target.port = *port;
  }
  Clients callers(std::size_t count) const {
    Clients all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_unique<RawClient>(target));
    return all;
  }
  // Lets the server work until it has answered that client.
  bool answers(RawClient& client) {
    std::string heard;
    const bool ended = until([&] {
      heard += client.hear("{}", std::chrono::milliseconds(0));
      return heard.ends_with("{}") || client.closed;
    });
    return ended && heard.starts_with("HTTP/1.1 200 ");
  }
  // Lets the server work until that is true; false: it does not get true.
  template <class Condition>
  bool until(const Condition& condition) {
    return soon([&] {
      if (condition()) return true;
      io.run_one_for(std::chrono::milliseconds(10));
      return false;
    });
  }

  boost::asio::io_context io;
  std::size_t let_in = 0;  // when the first request was answered
  std::unique_ptr<Server> server;
  Target target{"127.0.0.1", 0, {}};
};

TEST_F(HttpNewcomers, WhoAsksIsAnsweredBeforeTheSilentWhoCameBeforeAreLetIn) {
  serve();
  constexpr std::size_t kSilent = 1000;
  const auto silent = callers(kSilent);
  RawClient honest(target);
  honest.say(kAsk);
  ASSERT_TRUE(until([&] { return let_in > 0; }));
  EXPECT_LT(let_in, 20U);
  EXPECT_TRUE(answers(honest));
}

TEST_F(HttpNewcomers, ComeInThoughTheyAreSilentWhenNobodyElseAsks) {
  serve();
  const auto silent = callers(50);
  EXPECT_TRUE(until([&] { return server->stats().connections == 50; }));
}

// Of those that are in and not read yet the eldest goes for each that comes in.
TEST_F(HttpNewcomers, AreAllAnsweredThoughTwiceAsManyAskAtOnceAsHavePlaces) {
  constexpr std::size_t kPlaces = limits::kHttpConnectionsPerAddress;
  ServerOptions options;
  options.connections_max = kPlaces;  // this machine's own are not counted by address
  serve(options);
  const auto all = callers(2 * kPlaces);
  for (const auto& each : all) each->say(kAsk);
  std::size_t answered = 0;
  for (const auto& each : all) answered += answers(*each) ? 1U : 0U;
  EXPECT_EQ(answered, 2 * kPlaces);
}

TEST_F(HttpNewcomers, LeaveTheDescriptorsThatAreKeptForOtherThings) {
  serve();
  constexpr std::size_t kPlaces = 30;
  const auto silent = callers(300);
  RawClient honest(target);
  honest.say(kAsk);
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const int next = ::dup(0);
  ::close(next);
  const rlimit few{static_cast<rlim_t>(next) + kPlaces + limits::kDescriptorReserve,
                   before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  int highest = 0;
  for (int i = 0; i < 2000; ++i) {
    io.poll_one();
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    highest = file < 0 ? limits::kDescriptorReserve + 1'000'000 : std::max(highest, file);
    ::close(file);
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_LE(highest, next + static_cast<int>(kPlaces));
  EXPECT_TRUE(until([&] { return let_in > 0; }));
  EXPECT_TRUE(answers(honest));
}

TEST_F(HttpNewcomers, AreClosedByAStopThoughTheyWereNotLetIn) {
  serve();
  const auto silent = callers(300);
  ASSERT_TRUE(until([&] { return server->stats().connections > 0; }));
  ASSERT_LT(server->stats().connections, 300U);
  EXPECT_TRUE(server->stop());
  ASSERT_TRUE(until([&] { return io.stopped(); }));
  for (const auto& each : silent) {
    each->hear();
    ASSERT_TRUE(each->closed);
  }
}

}  // namespace
}  // namespace shoal::http
