// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/directory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <map>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/http/requests.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() { directory = make(); }

  std::unique_ptr<Directory> make() {
    return std::make_unique<Directory>(
        LeaseLimits{},
        Directory::Clocks{[this] { return Instant(std::chrono::seconds(seconds)); },
                          [this] { return seconds; }},
        7, [this](const Error& error) { store_errors.push_back(error.code); });
  }
  void open_store() {
    auto store = open_sqlite_store(folder_ / "directory.db");
    ASSERT_TRUE(store);
    store_ = std::move(*store);
    ASSERT_TRUE(directory->use(store_->leases()));
  }
  void restart() {
    directory = make();
    store_.reset();
    open_store();
  }

  std::int64_t seconds = kNow;
  std::vector<Errc> store_errors;
  std::unique_ptr<Directory> directory;
  const rpc::Identity ana = rpc::Identity::generate();
  const rpc::Identity luis = rpc::Identity::generate();

 private:
  tests::TempFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_F(DirectoryTest, ListsAPeerUntilItsLeaseExpires) {
  const auto granted = directory->put(ana.id(), lease_of(ana, 1, seconds), "127.0.0.1");
  ASSERT_TRUE(granted);
  EXPECT_EQ(granted->left, Duration(std::chrono::seconds(90)));
  seconds += 89;
  ASSERT_TRUE(directory->find(ana.id()));
  EXPECT_EQ(directory->list(std::nullopt, 10).size(), 1U);
  EXPECT_TRUE(directory->suggest(luis.id(), {}));
  seconds += 1;
  EXPECT_FALSE(directory->find(ana.id()));
  EXPECT_TRUE(directory->list(std::nullopt, 10).empty());
  EXPECT_FALSE(directory->suggest(luis.id(), {}));
}

TEST_F(DirectoryTest, RefusesWhatWasUsedAndSaysWhichStampToPass) {
  const auto used = lease_of(ana, 5, seconds);
  ASSERT_TRUE(directory->put(ana.id(), used, "127.0.0.1"));
  EXPECT_EQ(directory->put(ana.id(), used, "127.0.0.9").error().code, Errc::kConflict);
  EXPECT_EQ(directory->stamp_of(ana.id()), 5U);
  ASSERT_TRUE(directory->leave(ana.id(), leave_of(ana, 6), "127.0.0.1"));
  EXPECT_EQ(directory->put(ana.id(), used, "127.0.0.9").error().code, Errc::kConflict);
  EXPECT_FALSE(directory->find(ana.id()));
  EXPECT_EQ(directory->leave(ana.id(), leave_of(ana, 6), "127.0.0.1").error().code,
            Errc::kNotFound);
}

// A renewal brings the card that was verified before; what it may not bring is a card out of date.
TEST_F(DirectoryTest, RenewsWithAKnownCardUntilItsTimeIsOverAndForNobodyElse) {
  auto request = lease_of(ana, 1, seconds);
  ASSERT_TRUE(directory->put(ana.id(), request, "127.0.0.1"));
  const auto sign = [&](const rpc::Identity& who) {
    ++request.stamp;
    request.signature = who.sign(rpc::context::kLease, lease_bytes(request.stamp, request.card));
  };
  for (int minute = 1; minute <= 120; ++minute) {
    seconds += 60;
    sign(ana);
    ASSERT_TRUE(directory->put(ana.id(), request, "127.0.0.1")) << minute;
  }
  sign(luis);
  EXPECT_EQ(directory->put(ana.id(), request, "127.0.0.1").error().code, Errc::kDenied);
  sign(luis);
  EXPECT_EQ(directory->put(luis.id(), request, "127.0.0.1").error().code, Errc::kDenied);
  seconds += 1;
  sign(ana);
  EXPECT_EQ(directory->put(ana.id(), request, "127.0.0.1").error().code, Errc::kInvalidArgument);
}

TEST_F(DirectoryTest, LetsNobodyLeaveForAnother) {
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 1, seconds), "127.0.0.1"));
  EXPECT_EQ(directory->leave(ana.id(), leave_of(luis, 2), "127.0.0.1").error().code, Errc::kDenied);
  EXPECT_TRUE(directory->find(ana.id()));
}

TEST_F(DirectoryTest, TakesNoAddressesFromElsewhereThatMeanTheReaderItself) {
  const std::vector<std::pair<std::string, bool>> table = {
      {"127.0.0.1:7401", false},
      {"127.1.2.3:7401", false},
      {"0.0.0.0:7401", false},
      {"169.254.1.1:7401", false},
      {"[::1]:7401", false},
      {"[fe80::1]:7401", false},
      {"[::]:7401", false},
      {"[::ffff:127.0.0.1]:1", false},
      {"192.0.2.7:7401", true},
      {"10.0.0.7:7401", true},
      {"[2001:db8::1]:7401", true},
      {"ana.example.org:7401", true},
      {"[::ffff:192.0.2.1]:1", true},
      {"localhost:7401", false},
      {"LocalHost.:7401", false},
      {"db.localhost:5432", false},
      {"localhost.localdomain:1", false},
      {"ip6-loopback:7401", false},
      {"ip6-localhost:7401", false},
      {"ipv6-loopback:7401", false},
      {"IPv6-localhost:7401", false},
      {"localhost4:7401", false},
      {"localhost4.localdomain4:7401", false},
      {"localhost6:7401", false},
      {"localhost6.localdomain6:7401", false},
      {"localhost6.example.org:7401", true},
      {"localhost7:7401", true},
      {"127.1:7401", false},
      {"2130706433:7401", false},
      {"0x7f000001:7401", false},
      {"0177.0.0.1:7401", false},
      {"127.0.0.1.:7401", false},
      {"localhost.example.org:7401", true},
      {"ana7:7401", true},
  };
  std::uint64_t number = 0;
  for (const auto& [endpoint, good] : table) {
    ++number;
    const auto request = lease_of(ana, 2 * number, seconds, 2 * number, {endpoint});
    const auto from_elsewhere = directory->put(ana.id(), request, "192.0.2.9");
    EXPECT_EQ(from_elsewhere.has_value(), good) << endpoint;
    if (!from_elsewhere) {
      EXPECT_EQ(from_elsewhere.error().code, Errc::kInvalidArgument);
      EXPECT_NE(from_elsewhere.error().why.find(endpoint), std::string::npos);
    }
    const auto local = lease_of(ana, 2 * number + 1, seconds, 2 * number + 1, {endpoint});
    EXPECT_TRUE(directory->put(ana.id(), local, "127.0.0.2")) << endpoint;
  }
}

TEST_F(DirectoryTest, BoundsWhatOneAddressAsksEvenWithForgedRequests) {
  auto forged = lease_of(ana, 1, seconds);
  forged.signature[0] ^= 1;
  std::map<Errc, unsigned> counts;
  for (int i = 0; i < 400; ++i)
    ++counts[directory->put(ana.id(), forged, "192.0.2.1").error().code];
  EXPECT_EQ(counts[Errc::kDenied], limits::kLeaseRequestsBurst);
  EXPECT_EQ(counts[Errc::kOverloaded], 400 - limits::kLeaseRequestsBurst);
  EXPECT_TRUE(directory->put(luis.id(), lease_of(luis, 1, seconds), "127.0.0.1"));
}

TEST_F(DirectoryTest, KeepsLeasesAndStampsOverARestart) {
  open_store();
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 5, seconds), "127.0.0.1"));
  ASSERT_TRUE(directory->put(luis.id(), lease_of(luis, 5, seconds), "127.0.0.1"));
  ASSERT_TRUE(directory->leave(luis.id(), leave_of(luis, 6), "127.0.0.1"));
  seconds += 30;
  restart();
  const auto found = directory->find(ana.id());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->left, Duration(std::chrono::seconds(60)));
  EXPECT_FALSE(directory->find(luis.id()));
  EXPECT_EQ(directory->put(luis.id(), lease_of(luis, 6, seconds), "127.0.0.1").error().code,
            Errc::kConflict);
  EXPECT_TRUE(directory->put(luis.id(), lease_of(luis, 7, seconds), "127.0.0.1"));
}

TEST_F(DirectoryTest, KeepsTheStampOfAPeerThatReturnsJustAsItsLeaseEnded) {
  open_store();
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 5, seconds), "127.0.0.1"));
  seconds += 200;  // the lease ends inside this very request
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 6, seconds), "127.0.0.1"));
  directory->sweep();  // must not end in the store what was granted since
  restart();
  EXPECT_TRUE(directory->find(ana.id()));
  EXPECT_EQ(directory->stamp_of(ana.id()), 6U);
}

TEST_F(DirectoryTest, DropsALeaseWhoseCardIsTooOldAfterALongStop) {
  open_store();
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 5, seconds - 7190), "127.0.0.1"));
  seconds += 20;
  restart();
  EXPECT_FALSE(directory->find(ana.id()));
  EXPECT_EQ(directory->stamp_of(ana.id()), 5U);
}

TEST_F(DirectoryTest, SweepsWhatExpiredOutOfItsStore) {
  open_store();
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 5, seconds), "127.0.0.1"));
  seconds += 91;
  directory->sweep();
  EXPECT_EQ(directory->health().leases, 0U);
  seconds += 5 * 3600;
  directory->sweep();
  restart();
  EXPECT_EQ(directory->stamp_of(ana.id()), std::nullopt);
}

// A full disk, planted with the limit on file sizes.
TEST_F(DirectoryTest, GrantsLeasesAndSaysSoWhenItsStoreFails) {
  open_store();
  ASSERT_TRUE(directory->put(ana.id(), lease_of(ana, 1, seconds), "127.0.0.1"));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 1;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto granted = directory->put(luis.id(), lease_of(luis, 1, seconds), "127.0.0.1");
  const auto sick = directory->health();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_TRUE(granted);
  EXPECT_TRUE(directory->find(luis.id()));
  EXPECT_NE(sick.store_error, "");
  EXPECT_EQ(store_errors.size(), 1U);
  ASSERT_TRUE(directory->put(luis.id(), lease_of(luis, 2, seconds), "127.0.0.1"));
  EXPECT_EQ(directory->health().store_error, "");
  restart();
  EXPECT_EQ(directory->health().leases, 2U);
}

}  // namespace
}  // namespace shoal::bootstrap
