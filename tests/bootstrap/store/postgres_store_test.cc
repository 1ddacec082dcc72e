// SPDX-License-Identifier: Apache-2.0
// What only a store that several processes share has.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/core/support.h"
#include "tests/bootstrap/store/postgres_server.h"

#ifdef SHOAL_POSTGRESQL
#include "bootstrap/store/postgres_database.h"
#include "tests/bootstrap/store/silent_server.h"
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

TEST_F(PostgresStoreTest, DoesNotWaitForAServerThatHangs) {
  using std::chrono::milliseconds;
  const auto at = url.find("host=") + 5;
  SilentServer cable(url.substr(at));
  const auto db = PostgresDatabase::open(url.substr(0, at) + cable.folder(),
                                         {milliseconds(300), milliseconds(100), milliseconds(200)});
  ASSERT_TRUE(db) << db.error().why;
  const auto ask = [&] {
    return (*db)->transact([](pqxx::work& work) -> Result<void> {
      work.exec("SELECT 1");
      return {};
    });
  };
  const auto time_of = [&](const auto& what) {
    const auto begun = std::chrono::steady_clock::now();
    what();
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun);
  };
  ASSERT_TRUE(ask());
  ASSERT_TRUE((*db)->begin());
  cable.silent(true);
  EXPECT_LT(time_of([&] {
              EXPECT_EQ((*db)->commit().error().code, Errc::kUnreachable);  // in a step
            }),
            milliseconds(2000));
  EXPECT_LT(time_of([&] { EXPECT_EQ(ask().error().code, Errc::kUnreachable); }), milliseconds(100))
      << "somebody just found out";
  std::this_thread::sleep_for(milliseconds(250));  // the pause is over: one asks, nobody else waits
  std::thread first([&] { EXPECT_EQ(ask().error().code, Errc::kUnreachable); });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_LT(time_of([&] { EXPECT_EQ(ask().error().code, Errc::kUnreachable); }), milliseconds(500));
  first.join();
  cable.silent(false);
  bool answers = false;
  for (int i = 0; i < 200 && !answers; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    answers = ask().has_value();
  }
  EXPECT_TRUE(answers);
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
