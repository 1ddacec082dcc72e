// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "tests/wire/http_world.h"

namespace shoal::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Streams that go line by line as the test lets them.
struct Streams {
  std::counting_semaphore<1000> lines{0};
  std::atomic<int> open = 0;
  std::atomic<int> ended = 0;

  Router router() {
    Router router;
    router.add_stream("GET", "/lines", [this](const Request&, StreamWriter& to) -> Result<void> {
      for (int i = 0; i < 3; ++i) {
        lines.acquire();
        if (!to.write(R"({"line":)" + std::to_string(i) + "}")) break;
      }
      return {};
    });
    router.add_stream("GET", "/wait", [this](const Request&, StreamWriter& to) -> Result<void> {
      to.open();
      ++open;
      while (!to.wait(seconds(10))) {
      }
      ++ended;
      return {};
    });
    router.add_stream("POST", "/fails", [](const Request& in, StreamWriter& to) -> Result<void> {
      if (in.body == "[1]") to.write("{}");
      return fail(Errc::kNoSpace, "it failed", "the disk is full", "make room");
    });
    router.add_stream("GET", "/flood", [this](const Request&, StreamWriter& to) -> Result<void> {
      while (to.write(std::string(1000, 'x'))) {
      }
      ++ended;
      return {};
    });
    router.add_stream("GET", "/throws",
                      [](const Request&, StreamWriter&) -> Result<void> { throw 42; });
    return router;
  }

  void until(const std::atomic<int>& count, int wanted) const {
    for (int i = 0; i < 1000 && count != wanted; ++i) std::this_thread::sleep_for(milliseconds(5));
    EXPECT_EQ(count, wanted);
  }
};

TEST(HttpStream, ArrivesLineByLine) {
  Streams streams;
  HttpWorld world(streams.router());
  const RestClient client(world.listen());
  std::vector<std::string> seen;
  streams.lines.release();  // each further line is written only after the one before was read
  const auto done = client.stream("GET", "/lines", {}, [&](std::string_view line) {
    seen.emplace_back(line);
    streams.lines.release();
    return true;
  });
  EXPECT_TRUE(done);
  EXPECT_EQ(seen, (std::vector<std::string>{R"({"line":0})", R"({"line":1})", R"({"line":2})"}));
}

TEST(HttpStream, EndsForItsHandlerWhenTheClientGoes) {
  Streams streams;
  HttpWorld world(streams.router());
  const auto target = world.listen();
  {
    RawClient client(target);
    client.say("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_NE(client.hear("\r\n\r\n").find("application/x-ndjson"), std::string::npos);
  }
  streams.until(streams.ended, 1);
}

TEST(HttpStream, ErrorsBeforeTheFirstLineAreAnswersAndAfterItLines) {
  Streams streams;
  HttpWorld world(streams.router());
  const RestClient client(world.listen());
  const auto nothing = [](std::string_view) { return true; };
  const auto early = client.stream("POST", "/fails", "[0]", nothing);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, Errc::kNoSpace);
  EXPECT_EQ(client.send("POST", "/fails", "[0]")->status, 507);
  std::vector<std::string> seen;
  const auto late = client.stream("POST", "/fails", "[1]", [&](std::string_view line) {
    seen.emplace_back(line);
    return true;
  });
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::kNoSpace);
  EXPECT_EQ(late.error().next, "make room");
  EXPECT_EQ(seen, std::vector<std::string>{"{}"});
  EXPECT_EQ(client.stream("GET", "/throws", {}, nothing).error().code, Errc::kInternal);
}

TEST(HttpStream, TheThirtyThirdGets503WithRetryAfter) {
  Streams streams;
  HttpWorld world(streams.router());
  const auto target = world.listen();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (std::size_t i = 0; i < limits::kHttpStreams; ++i) {
    clients.push_back(std::make_unique<RawClient>(target));
    clients.back()->say("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  streams.until(streams.open, static_cast<int>(limits::kHttpStreams));
  RawClient late(target);
  late.say("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answer = late.hear("}");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
  EXPECT_EQ(world.server.stats().streams, limits::kHttpStreams);
  clients.pop_back();
  streams.until(streams.ended, 1);
  for (int i = 0; i < 1000 && world.server.stats().streams == limits::kHttpStreams; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  RawClient next(target);
  next.say("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_TRUE(next.hear("\r\n\r\n").starts_with("HTTP/1.1 200 "));
}

TEST(HttpStream, StopEndsStreamsThatWaitAndStreamsThatAreStuck) {
  Streams streams;
  HttpWorld world(streams.router());
  const auto target = world.listen();
  RawClient waiting(target);
  waiting.say("GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
  streams.until(streams.open, 1);
  RawClient reads_nothing(target);
  reads_nothing.say("GET /flood HTTP/1.1\r\nHost: localhost\r\n\r\n");
  for (int i = 0; i < 1000 && world.server.stats().streams < 2; ++i) {
    std::this_thread::sleep_for(milliseconds(5));
  }
  const auto began = RawClient::Clock::now();
  EXPECT_TRUE(world.server.stop());
  EXPECT_LT(RawClient::Clock::now() - began, seconds(2));
  EXPECT_EQ(streams.ended, 2);
}

TEST(HttpStream, CutOffInTheMiddleIsAnErrorForItsClient) {
  Streams streams;
  HttpWorld world(streams.router());
  const RestClient client(world.listen());
  auto done = std::async(std::launch::async, [&] {
    return client.stream("GET", "/wait", {}, [](std::string_view) { return true; });
  });
  streams.until(streams.open, 1);
  world.server.stop();
  const auto result = done.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::kUnreachable);
}

}  // namespace
}  // namespace shoal::http
