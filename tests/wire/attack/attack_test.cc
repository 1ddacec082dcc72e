// SPDX-License-Identifier: Apache-2.0
// What an HTTP front has been brought down with, tried on the real programs: honest requests go on
// meanwhile, none of them fails, and the program grows by at most 5 MiB.
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

#include "proto/types/limits.h"
#include "tests/wire/attack/crowd.h"
#include "tests/wire/attack/world.h"

namespace shoal::attack {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMiB = 1024 * 1024;

TEST_P(Attack, AnEndlessHeaderLineIsRefused) {
  const std::string line(64 * 1024, 'a');
  for (int i = 0; i < 8; ++i) {
    Caller caller(victim.target());
    caller.say(victim.honest_head() + "X-A: ");
    EXPECT_LT(caller.pour(line, 1024), 64 * kMiB);
    EXPECT_TRUE(refused(caller, 431));
  }
}

TEST_P(Attack, AMillionHeadersAreRefused) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "a: b\r\n";
  for (int i = 0; i < 8; ++i) {
    Caller caller(victim.target());
    caller.say(victim.honest_head());
    EXPECT_LT(caller.pour(lines, 1000), 1000 * lines.size());
    EXPECT_TRUE(refused(caller, 431));
  }
}

TEST_P(Attack, AnEndlessTargetIsRefused) {
  Caller caller(victim.target());
  caller.say("GET /");
  caller.pour(std::string(64 * 1024, 'a'), 1024);
  EXPECT_TRUE(refused(caller, 414));
}

TEST_P(Attack, AChunkedBodyWithoutEndIsRefused) {
  const std::string chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
  for (int i = 0; i < 4; ++i) {
    Caller caller(victim.target());
    caller.say(json_head() + "Transfer-Encoding: chunked\r\n\r\n");
    EXPECT_LT(caller.pour(chunk, 1024), 64 * kMiB);
    EXPECT_TRUE(refused(caller, 501));
  }
}

TEST_P(Attack, ABombOfGzipIsNotUnpacked) {
  const std::string bomb = gzip_of_zeros(64 * kMiB);
  ASSERT_LT(bomb.size(), 64 * 1024U);
  for (int i = 0; i < 32; ++i) {
    Caller caller(victim.target());
    caller.pour(json_head() + "Content-Encoding: gzip\r\nContent-Length: " +
                std::to_string(bomb.size()) + "\r\n\r\n" + bomb);
    EXPECT_TRUE(refused(caller, 415));
  }
  // Nor when nobody is told that it is one.
  Caller caller(victim.target());
  caller.pour(json_head() + "Content-Length: " + std::to_string(bomb.size()) + "\r\n\r\n" + bomb);
  EXPECT_TRUE(refused(caller, 400));
}

TEST_P(Attack, BodiesLongerThanAnnouncedAreNoSecondRequest) {
  Caller caller(victim.target());
  caller.pour(json_head() + "Content-Length: 2\r\n\r\n{}" + std::string(1000, '{') + "\r\n\r\n");
  const std::string heard = caller.hear();
  EXPECT_NE(heard.find("HTTP/1.1 4"), std::string::npos);
  EXPECT_EQ(heard.find("HTTP/1.1 2"), std::string::npos) << heard;
}

TEST_P(Attack, ThreeHundredRangesAreNotServed) {
  std::string ranges = "Range: bytes=0-1048575";
  for (int i = 0; i < 300; ++i) ranges += ",0-1048575";
  Caller caller(victim.target());
  caller.say(victim.honest_head() + ranges + "\r\n\r\n");
  EXPECT_TRUE(refused(caller, 416));
  Caller end(victim.target());
  end.say(victim.honest_head() + "Range: bytes=99999999-\r\n\r\n");
  EXPECT_TRUE(refused(end, 416));
}

// Lengths that two readers take differently, lines that only one of them sees as such.
TEST_P(Attack, NoHeaderShadowsAnother) {
  const std::string inner = victim.honest();
  const std::string length = std::to_string(inner.size());
  const std::string ours = json_head();
  const std::vector<std::pair<std::string, int>> table = {
      {ours + "Content-Length: " + length + "\r\nContent-Length: 0\r\n\r\n" + inner, 400},
      {ours + "Content-Length: 0\r\nContent-Length: " + length + "\r\n\r\n" + inner, 400},
      {ours + "Content-Length: " + length + ", " + length + "\r\n\r\n" + inner, 400},
      {ours + "Content-Length: +" + length + "\r\n\r\n" + inner, 400},
      {ours + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 501},
      {ours + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + inner, 501},
      {ours + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner, 400},
      {ours + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + inner, 501},
      {ours + "Content-Length:\r\n " + length + "\r\n\r\n" + inner, 400},
      {ours + "X-A: b\r\n\tContent-Length: 5\r\n\r\n" + inner, 400},
      {ours + "X-A: b\nContent-Length: " + length + "\r\n\r\n" + inner, 400},
      {ours + "X-A: b\rContent-Length: " + length + "\r\n\r\n" + inner, 400},
      {ours + std::string("X-A: \0b\r\n", 9) + "Content-Length: 0\r\n\r\n" + inner, 400},
      {ours + std::string("Content-Length\0: 5\r\n", 20) + "\r\n" + inner, 400},
      {victim.honest_head() + "Host: localhost\r\n\r\n", 400},
      {ours + "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n" + inner, 400},
      {victim.honest_head() + "Authorization: Bearer x\r\nauthorization: Bearer y\r\n\r\n", 400},
      {victim.honest_head() + "Origin: http://127.0.0.1\r\nOrigin: http://evil.example\r\n\r\n",
       400},
      {victim.honest_head() + "REMOTE_ADDR: 10.0.0.1\r\n\r\n", 400},
      {victim.honest_head() + "Content-Length: " + length + "\r\n\r\n" + inner, 400},
  };
  for (const auto& [bytes, status] : table) {
    Caller caller(victim.target());
    caller.pour(bytes);
    const std::string heard = caller.hear();
    EXPECT_EQ(status_of(heard), status) << bytes;
    EXPECT_EQ(heard.find("HTTP/1.1 2"), std::string::npos) << bytes;
    EXPECT_NE(heard.find("application/problem+json"), std::string::npos) << bytes;
  }
}

TEST_P(Attack, NamesThatAreNotOursAndPagesOfOtherSitesAreRefused) {
  const std::vector<std::string> hosts = {
      "evil.example",
      "127.0.0.1.evil.example",
      "localhost.evil.example",
      "evil.example:80",
      "evil@127.0.0.1",
      "127.0.0.1@evil.example",
      "2130706433",
      "0x7f000001",
      "127.1",
      "[::ffff:10.0.0.1]",
      "127.0.0.1 evil.example",
      "localhost.",
      "169.254.169.254",
      "[::1",
      "127.0.0.1:80:80",
      "",
      "127.0.0.1/../evil",
      "127.0.0.256.1",
  };
  const std::string path = victim.honest_head().substr(0, victim.honest_head().find("Host: "));
  for (const auto& host : hosts) {
    Caller caller(victim.target());
    caller.say(path + "Host: " + host + "\r\n\r\n");
    EXPECT_EQ(status_of(caller.hear("}")), 421) << host;
  }
  const std::string here = std::to_string(victim.target().port);
  for (const std::string& origin :
       {std::string("http://evil.example"), std::string("null"), std::string("https://127.0.0.2"),
        std::string("http://127.0.0.1.evil.example"), "http://127.0.0.1:" + here,
        std::string("file://"), std::string("chrome-extension://abc")}) {
    Caller caller(victim.target());
    caller.say(victim.honest_head() + "Origin: " + origin + "\r\n\r\n");
    EXPECT_EQ(status_of(caller.hear("}")), 403) << origin;
  }
}

TEST_P(Attack, AThousandSlowAndSilentConnectionsHoldUpNobody) {
  auto callers = crowd(victim, 1000);
  for (std::size_t i = 0; i < callers.size(); ++i) {
    if (i % 4 == 1) callers[i].say("GET");
    if (i % 4 == 2) callers[i].say(victim.honest_head() + "X-A: ");
    if (i % 4 == 3) callers[i].say(json_head() + "Content-Length: 5000\r\n\r\n{");
  }
  for (int round = 0; round < 50; ++round) {
    for (auto& caller : callers) caller.say("a");
    std::this_thread::sleep_for(milliseconds(20));
  }
  honest.goes_on(50);
}

// No attack, but as many as a small server sees.
TEST_P(Attack, FiveHundredClientsAtOnceAreAllAnswered) {
  constexpr std::size_t kClients = 500;
  auto callers = crowd(victim, kClients);
  EXPECT_EQ(callers.size(), kClients);
  std::size_t answered = 0;
  for (int round = 0; round < 4; ++round) {
    for (auto& caller : callers) caller.say(victim.honest());
    for (auto& caller : callers) answered += status_of(caller.hear("}")) == 200 ? 1U : 0U;
  }
  EXPECT_EQ(answered, 4 * kClients);
}

TEST_P(Attack, ConnectionsThatComeAndGoWithoutAWordHoldUpNobody) {
  for (int round = 0; round < 20; ++round) {
    const auto callers = crowd(victim, 200);
    for (std::size_t i = 0; i < callers.size(); i += 2) callers[i].reset();
  }
  honest.goes_on(50);
}

TEST_P(Attack, BodiesThatNeverEndTakeNoMemoryFromOthers) {
  const std::string announced = std::to_string(victim.body_max());
  const std::string most(victim.body_max() - 1, ' ');
  auto callers = crowd(victim, 400);
  for (auto& caller : callers) {
    caller.say(json_head() + "Content-Length: " + announced + "\r\n\r\n");
    caller.say(most);
  }
  for (int round = 0; round < 20; ++round) {
    for (auto& caller : callers) caller.say(most);
    std::this_thread::sleep_for(milliseconds(20));
  }
  honest.goes_on(50);
}

TEST_P(Attack, HeadsThatNeverEndTakeNoMemoryFromOthers) {
  const std::string most = "X-A: " + std::string(7000, 'a');
  auto callers = crowd(victim, 500);
  for (auto& caller : callers) caller.say(victim.honest_head() + most);
  honest.goes_on(100);
}

TEST_P(Attack, WhoeverAsksWithoutEndAndReadsNothingHoldsUpNobody) {
  auto callers = crowd(victim, 200, 2048);
  std::string many;
  for (int i = 0; i < 100; ++i) many += victim.honest();
  for (int round = 0; round < 50; ++round) {
    for (auto& caller : callers) caller.say(many);
    std::this_thread::sleep_for(milliseconds(10));
  }
  honest.goes_on(50);
}

// Once the kernel takes no more of its answers, and at the latest when the time to read them is
// over.
TEST_P(Attack, WhoeverReadsNothingOfWhatDoesNotFitIntoTheKernelIsCut) {
  auto callers = crowd(victim, 8, 2048);
  std::string many;
  for (int i = 0; i < 200; ++i) many += victim.head("GET", "/v1/openapi.json") + "\r\n";
  for (auto& caller : callers) caller.pour(many);
  EXPECT_TRUE(daemon::soon(
      [&] { return std::ranges::all_of(callers, [](Caller& each) { return each.hung_up(); }); },
      limits::kHttpAnswerTime + std::chrono::seconds(10)));
}

// Reads long answers a little at a time: all that came until the other end closed.
std::string read_slowly(const Caller& caller) {
  std::string heard;
  std::array<char, 1024> some{};
  for (ssize_t got = 1; got > 0;) {
    got = ::recv(caller.socket(), some.data(), some.size(), 0);
    if (got > 0) heard.append(some.data(), static_cast<std::size_t>(got));
    std::this_thread::sleep_for(milliseconds(1));
  }
  return heard;
}

// What the kernel does not take of them waits in the server, up to a bound; who reads on is not the
// one that has to go.
TEST_P(Attack, LongAnswersThatNobodyReadsAreBoundedAndThoseThatSomebodyReadsArrive) {
  const std::string head = victim.head("GET", "/v1/openapi.json");
  const std::string one = head + "\r\n";
  Caller slow(victim.target(), "127.0.0.1", 2048);
  for (int i = 0; i < 7; ++i) slow.say(one);  // as much as the others
  slow.say(head + "Connection: close\r\n\r\n");
  std::string heard;
  std::jthread reader([&] { heard = read_slowly(slow); });
  auto callers = crowd(victim, 500, 2048);
  for (int round = 0; round < 4; ++round) {
    for (auto& caller : callers) caller.say(one + one);
    std::this_thread::sleep_for(milliseconds(50));
  }
  honest.goes_on(50);
  reader.join();
  std::size_t answers = 0;
  for (std::size_t at = 0; (at = heard.find("HTTP/1.1 200 ", at)) != std::string::npos; ++at) {
    ++answers;
  }
  EXPECT_EQ(answers, 8U);
  EXPECT_TRUE(heard.ends_with("}")) << heard.size();
}

INSTANTIATE_TEST_SUITE_P(Of, Attack,
                         testing::Values(Victim::Place::kDirectory, Victim::Place::kRest,
                                         Victim::Place::kPublic),
                         [](const auto& place) { return to_text(place.param); });

}  // namespace
}  // namespace shoal::attack
