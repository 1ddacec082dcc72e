// SPDX-License-Identifier: Apache-2.0
#include "sim/engine/team.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <mutex>
#include <set>

#include "sim/engine/threads.h"

namespace shoal::sim {
namespace {

// While it lives no thread can be started: each would want a stack larger than any address space.
class NoMoreThreads {
 public:
  NoMoreThreads() {
    pthread_getattr_default_np(&before_);
    pthread_attr_t huge;
    pthread_attr_init(&huge);
    EXPECT_EQ(pthread_attr_setstacksize(&huge, std::size_t{120} << 40), 0);
    EXPECT_EQ(pthread_setattr_default_np(&huge), 0);
    pthread_attr_destroy(&huge);
  }
  ~NoMoreThreads() {
    pthread_setattr_default_np(&before_);
    pthread_attr_destroy(&before_);
  }
  NoMoreThreads(const NoMoreThreads&) = delete;
  NoMoreThreads& operator=(const NoMoreThreads&) = delete;

 private:
  pthread_attr_t before_;
};

// How often each part was worked, by how many members.
struct Worked {
  std::vector<unsigned> times;
  std::set<unsigned> members;
};

Worked work(Team& team, std::uint32_t parts) {
  Worked out{std::vector<unsigned>(parts), {}};
  std::mutex guard;
  team.work(parts, [&](unsigned member, std::uint32_t part) {
    const std::lock_guard hold(guard);
    ++out.times[part];
    out.members.insert(member);
  });
  return out;
}

TEST(Team, WorksEveryPartOnceAgainAndAgain) {
  Team team(4);
  for (const std::uint32_t parts : {0U, 1U, 3U, 4U, 1000U}) {
    EXPECT_EQ(work(team, parts).times, std::vector<unsigned>(parts, 1)) << parts;
  }
}

TEST(Team, WorksAloneWhereTheSystemGrantsNoThreads) {
  const NoMoreThreads limit;
  Team team(4);
  const Worked worked = work(team, 100);
  EXPECT_EQ(worked.times, std::vector<unsigned>(100, 1));
  EXPECT_EQ(worked.members, std::set<unsigned>{0});
}

TEST(Threads, AreAsManyAsTheSystemGrants) {
  std::atomic<unsigned> ran = 0;
  {
    const auto threads = start_threads(3, [&](unsigned number) { ran |= 1U << number; });
    EXPECT_EQ(threads.size(), 3U);
  }
  EXPECT_EQ(ran, 7U);
  const NoMoreThreads limit;
  EXPECT_TRUE(start_threads(3, [](unsigned) {}).empty());
}

}  // namespace
}  // namespace shoal::sim
