// SPDX-License-Identifier: Apache-2.0
#include "proto/http/request_front.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>

namespace shoal::http {
namespace {

constexpr std::size_t kBodyMax = 1000;

RequestFront new_front() {
  return RequestFront([](std::string_view, std::string_view target) {
    return target == "/big" ? 10 * kBodyMax : kBodyMax;
  });
}

struct Seen {
  int refused = 0;
  bool complete = false;
  std::string head;
  std::string body;
  std::size_t used = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

// Feeds `bytes` cut after each of `cuts` bytes, round and round.
Seen play(std::string_view bytes, const std::vector<std::size_t>& cuts) {
  auto front = new_front();
  Seen seen;
  for (std::size_t round = 0; seen.used < bytes.size(); ++round) {
    const std::size_t size = cuts.empty() ? bytes.size() : cuts[round % cuts.size()];
    const auto part = bytes.substr(seen.used, size);
    const std::size_t used = front.feed(part);
    RC_ASSERT(used <= part.size());
    RC_ASSERT(front.memory() <= limits::kHttpHead + 10 * kBodyMax);
    seen.used += used;
    if (front.complete() || front.refused() != 0) break;
    RC_ASSERT(used == part.size());
  }
  seen.refused = front.refused();
  seen.complete = front.complete();
  if (seen.complete) {
    seen.head = front.head();
    seen.body = front.take_body();
  }
  return seen;
}

using Words = std::vector<std::string>;

// One of `good`, or one time in `rarity` one of `bad`.
rc::Gen<std::string> mostly(const Words& good, const Words& bad, std::size_t rarity) {
  return rc::gen::weightedOneOf<std::string>(
      {{rarity - 1, rc::gen::elementOf(good)}, {1, rc::gen::elementOf(bad)}});
}

rc::Gen<std::string> header_lines() {
  static const Words good{"a: b", "Accept-Encoding: gzip", "Connection: close", "X-Y:z",
                          "Accept: */*"};
  static const Words bad{"host: y",
                         "Content-Length: -1",
                         "Content-Length: 5, 5",
                         "Transfer-Encoding: chunked",
                         "Range: bytes=0-1",
                         " folded",
                         "a : b",
                         "no colon",
                         "remote_addr: 1.2.3.4",
                         "x: \r y",
                         "Expect: 100-continue",
                         "Content-Type: multipart/mixed",
                         "",
                         "Upgrade: h2c",
                         "x: \x01"};
  return rc::gen::map(rc::gen::container<Words>(mostly(good, bad, 60)), [](const Words& lines) {
    std::string text;
    for (const auto& line : lines) text += line + "\r\n";
    return text;
  });
}

rc::Gen<std::string> requests() {
  static const Words bare{"GET", "HEAD", "DELETE"};
  static const Words lengths{"Content-Length: 5\r\n", "Content-Length: 0\r\n"};
  return rc::gen::map(
      rc::gen::tuple(mostly(bare, {"BREW", "get"}, 12), rc::gen::arbitrary<bool>(),
                     mostly({"/", "/v1/x?y=z", "/big"}, {"x", "/a b", "/\xff", "/#a"}, 12),
                     mostly({"HTTP/1.1"}, {"HTTP/1.0", "HTTP/2"}, 12),
                     mostly({"Host: x\r\n"}, {"", "Host: x\n"}, 12), header_lines(),
                     mostly(lengths, {"", "Content-Length: 1001\r\n"}, 8),
                     rc::gen::arbitrary<std::string>()),
      [](const auto& parts) {
        const auto& [method, post, target, version, host, headers, length, body] = parts;
        return (post ? "POST" : method) + " " + target + " " + version + "\r\n" + host + headers +
               (post ? length : "") + "\r\n" + body;
      });
}

RC_GTEST_PROP(RequestFront, SaysTheSameHoweverTheBytesAreSplit, ()) {
  const auto bytes = *requests().as("request");
  const auto cuts = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::size_t>>(
                                           rc::gen::inRange<std::size_t>(1, 20)))
                         .as("cuts");
  const Seen whole = play(bytes, {});
  const Seen split = play(bytes, cuts);
  RC_ASSERT(whole == split);
  RC_ASSERT((whole.refused == 0 || whole.refused == RequestFront::kNoLength ||
             std::ranges::count(RequestFront::kRefusals, whole.refused) == 1));
  RC_TAG(whole.complete ? "complete" : whole.refused != 0 ? "refused" : "waits");
}

RC_GTEST_PROP(RequestFront, TakesRandomBytesInBoundedMemory, ()) {
  const auto bytes = *rc::gen::arbitrary<std::string>().as("bytes");
  const auto times = *rc::gen::inRange(1, 2000).as("times");
  auto front = new_front();
  for (int i = 0; i < times; ++i) {
    front.feed(bytes);
    RC_ASSERT(front.memory() <= limits::kHttpHead + 10 * kBodyMax);
  }
  // Bytes without end are refused or were a request; only short ones may still wait.
  RC_ASSERT((front.refused() != 0 || front.complete() ||
             bytes.size() * static_cast<std::size_t>(times) <= limits::kHttpHead));
}

RC_GTEST_PROP(RequestFront, WhatItLetsPassIsPlain, ()) {
  const auto bytes = *requests().as("request");
  const Seen seen = play(bytes, {});
  RC_PRE(seen.complete);
  RC_ASSERT(seen.head.ends_with("\r\n\r\n"));
  RC_ASSERT(std::ranges::count(seen.head, '\n') == std::ranges::count(seen.head, '\r'));
  RC_ASSERT(seen.head.find("Encoding") == std::string::npos);
  RC_ASSERT(seen.head.find("Range") == std::string::npos);
  RC_ASSERT(seen.head.find("multipart") == std::string::npos);
  RC_ASSERT(seen.used <= bytes.size());
}

// Documents are made of that table.
TEST(RequestFront, RefusesWithEveryStatusOfItsTable) {
  const std::string host = " / HTTP/1.1\r\nHost: x\r\n";
  const std::vector<std::pair<int, std::string>> table = {
      {400, "GET / HTTP/1.1\r\n\r\n"},
      {413, "PUT" + host + "Content-Length: 1001\r\n\r\n"},
      {414, "GET /" + std::string(limits::kHttpTarget, 'a') + " HTTP/1.1\r\n"},
      {415, "PUT" + host + "Content-Encoding: gzip\r\n"},
      {417, "PUT" + host + "Content-Length: 1\r\nExpect: 100-continue\r\n\r\n"},
      {431, "GET" + host + "A: " + std::string(limits::kHttpHead, 'a')},
      {501, "PUT" + host + "Transfer-Encoding: chunked\r\n"},
      {505, "GET / HTTP/1.0\r\n"},
      {RequestFront::kNoLength, "PUT" + host + "\r\n"},
  };
  EXPECT_EQ(table.size(), RequestFront::kRefusals.size() + 1);
  for (const auto& [status, bytes] : table) {
    auto front = new_front();
    front.feed(bytes);
    EXPECT_EQ(front.refused(), status) << bytes.substr(0, 80);
  }
}

TEST(RequestFront, LeavesWhatBelongsToTheNextRequest) {
  const std::string one = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  auto front = new_front();
  EXPECT_EQ(front.feed(one + "GET / HTTP/1.1"), one.size());
  EXPECT_TRUE(front.complete());
  EXPECT_EQ(front.feed("more"), 0U);
  EXPECT_EQ(front.take_body(), "abc");
}

TEST(RequestFront, AsksForTheBodysLimitByRoute) {
  const std::string head = " HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n";
  auto small = new_front();
  small.feed("PUT /" + head);
  EXPECT_EQ(small.refused(), 413);
  auto big = new_front();
  big.feed("PUT /big" + head);
  EXPECT_EQ(big.refused(), 0);
  EXPECT_TRUE(big.head_complete());
}

TEST(RequestFront, DropsWhatIsBetweenTheClientAndUs) {
  auto front = new_front();
  front.feed(
      "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: br\r\nConnection: keep-alive, Close\r\n\r\n");
  ASSERT_TRUE(front.complete());
  EXPECT_EQ(front.head(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(front.wants_close());
}

}  // namespace
}  // namespace shoal::http
