// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/open_connections.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

using namespace std::chrono_literals;
using Clock = OpenConnections::Clock;

OpenConnections::Address address(unsigned number) {
  return boost::asio::ip::address_v4(0x0a000000 + number);
}

/// A process's descriptors, which the kernel gives out lowest first.
class Descriptors {
 public:
  int open(unsigned owner) {
    int fd = 3;
    while (files_.contains(fd)) ++fd;
    files_[fd] = {++inodes_, owner};
    return fd;
  }
  void close(int fd) { files_.erase(fd); }
  ino_t inode_of(int fd) {
    ++looked;
    const auto at = files_.find(fd);
    return at == files_.end() ? 0 : at->second.first;
  }
  [[nodiscard]] std::size_t open_of(unsigned owner) const {
    return static_cast<std::size_t>(
        std::ranges::count(files_, owner, [](const auto& file) { return file.second.second; }));
  }
  [[nodiscard]] const auto& all() const { return files_; }
  std::size_t looked = 0;

 private:
  std::map<int, std::pair<ino_t, unsigned>> files_;
  ino_t inodes_ = 0;
};

RC_GTEST_PROP(OpenConnections, AdmitsExactlyWhileFewerThanTheBoundAreOpen, ()) {
  const auto most = *rc::gen::inRange<std::size_t>(1, 6).as("most");
  const auto steps = *rc::gen::container<std::vector<std::pair<unsigned, int>>>(
                          rc::gen::pair(rc::gen::inRange(0U, 8U), rc::gen::inRange(0, 100)))
                          .as("steps: owner (from 4 on: close one), which");
  Descriptors files;
  OpenConnections open([&](int fd) { return files.inode_of(fd); });
  Clock::time_point now{};
  std::size_t accepted = 0;
  std::size_t refused = 0;
  int highest = 0;
  for (const auto& [owner, which] : steps) {
    now += limits::kFullPause;
    if (owner >= 4) {
      if (files.all().empty()) continue;
      files.close(std::next(files.all().begin(), which % std::ssize(files.all()))->first);
      continue;
    }
    const bool room = files.open_of(owner) < most;
    const int fd = files.open(owner);
    highest = std::max(highest, fd);
    RC_ASSERT(open.admit(address(owner), fd, most, now) == room);
    ++(room ? accepted : refused);
    if (!room) files.close(fd);
    RC_ASSERT(open.size() <= static_cast<std::size_t>(highest - 2));
  }
  RC_CLASSIFY(refused > 0);
  // Each is looked at when it comes and once when it is gone; only a full address costs more.
  RC_ASSERT(files.looked <= (2 + most) * accepted + most * refused);
}

TEST(OpenConnections, CostNothingForOthersHoweverManyAreOpen) {
  Descriptors files;
  OpenConnections open([&](int fd) { return files.inode_of(fd); });
  for (unsigned i = 0; i < 1000; ++i) {
    ASSERT_TRUE(open.admit(address(i / 50), files.open(i / 50), 64, Clock::time_point{}));
  }
  EXPECT_EQ(files.looked, 1000U) << "its own inode, once each";
}

TEST(OpenConnections, LookAtAFullAddressAtMostOncePerPause) {
  Descriptors files;
  OpenConnections open([&](int fd) { return files.inode_of(fd); });
  const Clock::time_point start{};
  for (unsigned i = 0; i < 64; ++i) ASSERT_TRUE(open.admit(address(1), files.open(1), 64, start));
  files.looked = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    const int fd = files.open(1);
    EXPECT_FALSE(open.admit(address(1), fd, 64, start + 5ms));
    files.close(fd);
  }
  EXPECT_EQ(files.looked, 64U);
  files.close(10);
  const int fd = files.open(1);
  EXPECT_TRUE(open.admit(address(1), fd, 64, start + 5ms)) << "its number came back by itself";
}

}  // namespace
}  // namespace shoal::rpc
