// SPDX-License-Identifier: Apache-2.0
#include "proto/http/newcomers.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>
#include <vector>

namespace shoal::http {
namespace {

// A connection, both ends of which are here.
class Pair {
 public:
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0); }
  Pair(Pair&& other) noexcept : ends_(std::exchange(other.ends_, {-1, -1})) {}
  ~Pair() { hang_up(); }
  Pair& operator=(Pair&&) = delete;

  /// What the server accepts; whoever takes it closes it.
  [[nodiscard]] int served() const { return ends_[0]; }
  void say() { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void hang_up() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }
  /// Whether the other end was closed.
  [[nodiscard]] bool closed() const {
    char byte = 0;
    return ::recv(ends_[1], &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<int> served(const std::vector<Pair>& pairs, const std::vector<std::size_t>& which) {
  std::vector<int> all;
  for (const auto each : which) all.push_back(pairs[each].served());
  return all;
}

void close_all(const std::vector<int>& taken) {
  for (const int fd : taken) ::close(fd);
}

TEST(Newcomers, WhoHasSaidSomethingGoesBeforeTheSilentWhoCameEarlier) {
  std::vector<Pair> pairs(5);
  Newcomers newcomers;
  for (const auto& each : pairs) newcomers.add(each.served());
  pairs[2].say();
  pairs[4].say();
  const auto first = newcomers.take(2, 2);
  EXPECT_EQ(first, served(pairs, {2, 4, 0, 1}));
  EXPECT_FALSE(newcomers.empty());
  const auto rest = newcomers.take(2, 2);
  EXPECT_EQ(rest, served(pairs, {3}));
  EXPECT_TRUE(newcomers.empty());
  close_all(first);
  close_all(rest);
}

TEST(Newcomers, WhoSpeaksOrGoesWhileItWaitsWaitsNoLonger) {
  std::vector<Pair> pairs(4);
  Newcomers newcomers;
  for (const auto& each : pairs) newcomers.add(each.served());
  EXPECT_TRUE(newcomers.take(2, 0).empty());
  pairs[1].say();
  pairs[3].hang_up();
  const auto taken = newcomers.take(2, 0);
  EXPECT_EQ(taken, served(pairs, {1, 3}));
  close_all(taken);
}

TEST(Newcomers, OfMoreWhoHaveSaidSomethingThanAreTakenTheLaterGoOnWaitingInTheirOrder) {
  std::vector<Pair> pairs(6);
  Newcomers newcomers;
  for (const auto& each : pairs) newcomers.add(each.served());
  for (const std::size_t each : {1U, 2U, 3U, 5U}) pairs[each].say();
  const auto first = newcomers.take(2, 1);
  EXPECT_EQ(first, served(pairs, {1, 2, 0}));
  const auto second = newcomers.take(1, 0);
  EXPECT_EQ(second, served(pairs, {3}));
  const auto third = newcomers.take(2, 2);
  EXPECT_EQ(third, served(pairs, {5, 4}));
  EXPECT_TRUE(newcomers.empty());
  for (const auto& taken : {first, second, third}) close_all(taken);
}

TEST(Newcomers, AreNoMoreThanTheirLimitAndClosedWithIt) {
  std::vector<Pair> pairs(limits::kHttpNewcomers);
  {
    Newcomers newcomers;
    for (const auto& each : pairs) {
      EXPECT_FALSE(newcomers.full());
      newcomers.add(each.served());
    }
    EXPECT_TRUE(newcomers.full());
  }
  for (const auto& each : pairs) EXPECT_TRUE(each.closed());
}

}  // namespace
}  // namespace shoal::http
