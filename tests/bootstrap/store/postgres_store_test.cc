// SPDX-License-Identifier: Apache-2.0
// What only a store that several processes share has.
#include <gtest/gtest.h>

#include <thread>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/core/support.h"
#include "tests/bootstrap/store/postgres_server.h"

#ifdef SHOAL_POSTGRESQL
#include "bootstrap/store/postgres_database.h"
#endif

namespace shoal::bootstrap {
namespace {

Lease lease(unsigned number, std::uint64_t stamp) {
  return {card(number), stamp, "192.0.2.1", at(1000)};
}

#ifdef SHOAL_POSTGRESQL

class PostgresStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
    url = PostgresServer::shared().fresh_url();
    for (auto* const store : {&one, &two}) {
      auto opened = open_store(url);
      ASSERT_TRUE(opened) << opened.error().why;
      *store = std::move(*opened);
    }
  }
  std::string url;
  std::unique_ptr<Store> one;
  std::unique_ptr<Store> two;
};

TEST_F(PostgresStoreTest, TellsEachWhatOthersChangedSinceItLastLooked) {
  ASSERT_TRUE(one->leases().put(lease(1, 5)));
  const auto loaded = two->leases().load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_TRUE(two->leases().changes()->empty());
  ASSERT_TRUE(one->leases().put(lease(2, 7)));
  const auto changed = two->leases().changes();
  ASSERT_EQ(changed->size(), 1U);
  EXPECT_EQ(changed->front().id, peer(2));
  const std::vector<Leases::Gone> gone{{peer(1), 5, at(9)}};
  ASSERT_TRUE(one->leases().end(gone));
  const auto begun = two->leases().begin();
  ASSERT_TRUE(begun);
  ASSERT_EQ(begun->size(), 1U);
  EXPECT_EQ(begun->front(), (LeaseStore::Row{peer(1), 5, "", "", at(9)}));
  ASSERT_TRUE(two->leases().finish());
}

TEST_F(PostgresStoreTest, LetsNobodyComeBetweenTheStepsOfAnother) {
  ASSERT_TRUE(one->leases().begin());
  std::thread other([&] {
    const auto begun = two->leases().begin();  // waits
    ASSERT_TRUE(begun);
    ASSERT_EQ(begun->size(), 1U);
    EXPECT_EQ(begun->front().stamp, 5U);
    EXPECT_TRUE(two->leases().finish());
  });
  ASSERT_TRUE(one->leases().put(lease(1, 5)));
  ASSERT_TRUE(one->leases().finish());
  other.join();
}

TEST_F(PostgresStoreTest, GoesOnAfterTheServerCrashedWithAllThatWasAnswered) {
  ASSERT_TRUE(one->leases().put(lease(1, 5)));
  ASSERT_TRUE(one->accounts().change("ana", [](std::optional<Account>& account) -> Result<void> {
    account.emplace().name = "ana";
    return {};
  }));
  PostgresServer::shared().crash_and_restart();
  EXPECT_EQ(one->accounts().count(), std::size_t{1});
  EXPECT_EQ(two->leases().load()->size(), 1U);
  ASSERT_TRUE(one->leases().begin());
  ASSERT_TRUE(one->leases().put(lease(2, 5)));
  PostgresServer::shared().crash_and_restart();  // in the middle of a step
  EXPECT_FALSE(one->leases().finish());
  EXPECT_EQ(two->leases().load()->size(), 1U);
  ASSERT_TRUE(one->leases().begin());
  ASSERT_TRUE(one->leases().put(lease(2, 5)));
  ASSERT_TRUE(one->leases().finish());
  EXPECT_EQ(two->leases().load()->size(), 2U);
}

TEST(PostgresUrl, HidesItsPasswordInMessages) {
  EXPECT_EQ(shown_url("postgresql://ana:s3:cr@t@db.example/shoal"),
            "postgresql://ana:***@db.example/shoal");
  EXPECT_EQ(shown_url("postgresql://ana@db/x?password=secret&port=1"),
            "postgresql://ana@db/x?password=***&port=1");
  EXPECT_EQ(shown_url("postgresql://db:5432/x"), "postgresql://db:5432/x");
}

TEST(PostgresUrl, OfNoServerIsRefusedInWords) {
  const auto store = open_store("postgresql://ana:secret@127.0.0.1:1/x");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::kUnreachable);
  EXPECT_NE(store.error().what.find("ana:***@127.0.0.1"), std::string::npos);
  EXPECT_EQ(store.error().why.find("secret"), std::string::npos);
}

#else

TEST(PostgresUrl, IsRefusedInWordsByAProgramThatWasBuiltWithoutIt) {
  const auto store = open_store("postgresql://ana@127.0.0.1/x");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, Errc::kUnsupported);
  EXPECT_NE(store.error().next.find("libpqxx-dev"), std::string::npos);
}

#endif

}  // namespace
}  // namespace shoal::bootstrap
