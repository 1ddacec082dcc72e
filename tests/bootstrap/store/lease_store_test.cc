// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/store/lease_store.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/core/support.h"
#include "tests/bootstrap/store/store_kinds.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

struct Folder : tests::TempFolder {
  [[nodiscard]] std::string file() const { return *this / "directory.db"; }
};

Lease lease(unsigned number, std::uint64_t stamp) {
  return {card(number), stamp, "192.0.2." + std::to_string(number), at(1000 + number)};
}

std::map<PeerId, LeaseStore::Row> rows(LeaseStore& store) {
  std::map<PeerId, LeaseStore::Row> out;
  const auto loaded = store.load();
  EXPECT_TRUE(loaded);
  for (const auto& row : *loaded) out.emplace(row.id, row);
  return out;
}

class AnyLeaseStore : public AnyStore {};
INSTANTIATE_TEST_SUITE_P(Stores, AnyLeaseStore, testing::Values("Sqlite", "Postgres"), kind_name);

TEST_P(AnyLeaseStore, KeepsLeasesAndStampsOverARestart) {
  ASSERT_TRUE(store().leases().put(lease(1, 5)));
  ASSERT_TRUE(store().leases().put(lease(2, UINT64_MAX >> 1)));
  ASSERT_TRUE(store().leases().put(lease(1, 6)));
  const std::vector<Leases::Gone> gone{{peer(2), UINT64_MAX >> 1, at(5000)}};
  ASSERT_TRUE(store().leases().end(gone));
  reopen();
  const auto kept = rows(store().leases());
  ASSERT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.at(peer(1)), (LeaseStore::Row{peer(1), 6, card(1).sealed, "192.0.2.1", at(1001)}));
  EXPECT_EQ(kept.at(peer(2)), (LeaseStore::Row{peer(2), UINT64_MAX >> 1, "", "", at(5000)}));
  ASSERT_TRUE(store().leases().purge(at(5000)));
  EXPECT_EQ(rows(store().leases()).size(), 1U);
}

TEST_P(AnyLeaseStore, TakesSeveralChangesAsOneStep) {
  auto& leases = store().leases();
  ASSERT_TRUE(leases.put(lease(1, 5)));
  ASSERT_TRUE(leases.begin());
  const std::vector<Leases::Gone> gone{{peer(1), 5, at(5000)}};
  ASSERT_TRUE(leases.end(gone));
  ASSERT_TRUE(leases.put(lease(2, 1)));
  ASSERT_TRUE(leases.finish());
  reopen();
  const auto kept = rows(store().leases());
  EXPECT_EQ(kept.at(peer(1)).sealed, "");
  EXPECT_EQ(kept.at(peer(2)).stamp, 1U);
}

TEST_P(AnyLeaseStore, HoldsWhatAMapWouldHold) {
  auto& leases = store().leases();
  EXPECT_TRUE(rc::check([&] {
    std::map<PeerId, LeaseStore::Row> model;
    const auto steps = *rc::gen::inRange(0, 9).as("steps");
    for (int step = 0; step < steps; ++step) {
      const auto who = *rc::gen::inRange(0U, 4U).as("who");
      const auto stamp = *rc::gen::inRange<std::uint64_t>(0, 1000).as("stamp");
      const auto action = *rc::gen::inRange(0, 4).as("action");
      const Instant now = at(static_cast<std::int64_t>(stamp));
      if (action < 2) {
        RC_ASSERT(leases.put(lease(who, stamp)).has_value());
        const Lease put = lease(who, stamp);
        model[peer(who)] = {peer(who), stamp, put.card.sealed, put.address, put.expires};
      } else if (action == 2) {
        const std::vector<Leases::Gone> gone{{peer(who), stamp, now}};
        RC_ASSERT(leases.end(gone).has_value());
        // Not one that was renewed since.
        if (model.contains(peer(who)) && model[peer(who)].stamp <= stamp) {
          model[peer(who)] = {peer(who), stamp, "", "", now};
        }
      } else {
        RC_ASSERT(leases.purge(now).has_value());
        std::erase_if(model, [&](const auto& each) {
          return each.second.sealed.empty() && each.second.until <= now;
        });
      }
      RC_ASSERT(rows(leases) == model);
    }
    std::vector<Leases::Gone> all;
    for (const auto& [id, row] : model) all.push_back({id, 1000, at(0)});
    RC_ASSERT(leases.end(all).has_value());
    RC_ASSERT(leases.purge(at(0)).has_value());
    RC_ASSERT(rows(leases).empty());
  }));
}

TEST(LeaseStore, IsReadableByItsUserOnly) {
  const Folder folder;
  ASSERT_TRUE(open_sqlite_store(folder.file()));
  struct stat status {};
  ASSERT_EQ(::stat(folder.file().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
}

TEST(LeaseStore, BelongsToOneProcess) {
  const Folder folder;
  auto store = open_sqlite_store(folder.file());
  ASSERT_TRUE(store);
  const auto second = open_sqlite_store(folder.file());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::kConflict);
  EXPECT_EQ(open_sqlite_store("/nonexistent/x.db").error().code, Errc::kIo);
}

TEST(LeaseStore, RefusesADamagedFileInWordsAndLeavesItAsItIs) {
  const Folder folder;
  const std::string garbage(10'000, 'x');
  std::ofstream(folder.file()) << garbage;
  const auto store = open_sqlite_store(folder.file());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::kIntegrity);
  EXPECT_NE(store.error().why.find("damaged"), std::string::npos);
  EXPECT_NE(store.error().next, "");
  std::ifstream in(folder.file());
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), garbage);
}

// A child writes leases and says each number once put() has returned; it is killed in the middle.
TEST(LeaseStore, LosesNothingAcknowledgedToKillNine) {
  for (const int lines : {1, 7, 40}) {
    const Folder folder;
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto store = open_sqlite_store(folder.file());
      for (unsigned i = 0; store && i < 100'000; ++i) {
        const unsigned number = i % 50;
        if (!(*store)->leases().put(lease(number, i + 1))) break;
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) break;
      }
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    unsigned last = 0;
    for (int i = 0; i < lines; ++i) {
      ASSERT_EQ(::read(pipe_ends[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (unsigned more = 0; ::read(pipe_ends[0], &more, sizeof more) == sizeof more;) last = more;
    ::close(pipe_ends[0]);
    auto store = open_sqlite_store(folder.file());
    ASSERT_TRUE(store);
    const auto kept = rows((*store)->leases());
    for (unsigned i = last < 50 ? 0 : last - 49; i <= last; ++i) {
      ASSERT_TRUE(kept.contains(peer(i % 50)));
      EXPECT_GE(kept.at(peer(i % 50)).stamp, i + 1);
    }
  }
}

}  // namespace
}  // namespace shoal::bootstrap
