// SPDX-License-Identifier: Apache-2.0
// What only a store that several processes share has.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/core/index_support.h"
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

// Its names are bytes to such a database; they are neither converted nor refused.
TEST(PostgresEncoding, KeepsNamesInADatabaseThatIsNotOfUnicode) {
  if (!PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
  for (const std::string encoding : {"LATIN1", "SQL_ASCII", "UTF8"}) {
    const auto store = open_store(PostgresServer::shared().fresh_url(
        {"--encoding=" + encoding, "--template=template0", "--locale=C"}));
    ASSERT_TRUE(store) << store.error().why;
    IndexStore& index = (*store)->index();
    const std::string name = "Caf\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97 \"a\\b\".txt";
    const IndexUpdate update = replacement(1, {entry(1, name)});
    const auto put = index.change(peer(1), {update, to_bytes(seal_of(update)), "sig"},
                                  [&](const IndexState& state) { return judge(update, state, 0); });
    ASSERT_TRUE(put) << encoding << ": " << put.error().why;
    const auto named = index.find({.name = name});
    ASSERT_TRUE(named) << encoding << ": " << named.error().why;
    ASSERT_EQ(named->size(), 1U) << encoding;
    EXPECT_EQ(named->front().entry, update.add.front()) << encoding;
    for (const char* const words : {"cafe", "\xe6\xbc\xa2\xe5\xad\x97"}) {
      const auto found = index.find({.words = words});
      ASSERT_TRUE(found) << encoding << ": " << found.error().why;
      EXPECT_EQ(found->size(), 1U) << encoding << ": " << words;
    }
  }
}

// A server that stops to answer, by a cable that passes nothing more.
class SilentPostgresTest : public testing::Test {
 protected:
  using Database = std::unique_ptr<PostgresDatabase>;
  using milliseconds = std::chrono::milliseconds;

  void SetUp() override {
    if (!PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
    const std::string url = PostgresServer::shared().fresh_url();
    const auto at = url.find("host=") + 5;
    cable = std::make_unique<SilentServer>(url.substr(at));
    behind_cable = url.substr(0, at) + cable->folder();
  }
  Database open(milliseconds pause) const {
    auto opened = PostgresDatabase::open(
        behind_cable, {.answer = milliseconds(300), .probe = milliseconds(100), .pause = pause});
    EXPECT_TRUE(opened) << opened.error().why;
    return opened ? std::move(*opened) : nullptr;
  }
  static Result<void> ask(PostgresDatabase& db, const std::string& sql = "SELECT 1") {
    return db.transact([&](PostgresWork& work) -> Result<void> {
      work.exec(sql);
      return {};
    });
  }
  static std::string why(const Result<void>& done) { return done ? "" : done.error().why; }

  std::unique_ptr<SilentServer> cable;
  std::string behind_cable;
};

// Were the wait without an end, so would be these tests.
TEST_F(SilentPostgresTest, IsWaitedForByOneAndThenForAWhileByNobody) {
  const auto db = open(std::chrono::hours(1));
  ASSERT_TRUE(db->begin());
  cable->silent(true);
  const auto done = db->commit();
  EXPECT_EQ(done.error().code, Errc::kUnreachable);
  EXPECT_EQ(why(done), "PostgreSQL does not answer");
  const int callers = cable->callers();
  EXPECT_EQ(why(ask(*db)), "PostgreSQL does not answer; it is asked again soon");
  EXPECT_EQ(cable->callers(), callers);
}

TEST_F(SilentPostgresTest, IsAskedAgainByOneWhomTheOthersDoNotWaitFor) {
  const auto db = open(milliseconds(0));
  cable->silent(true);
  EXPECT_FALSE(ask(*db));
  const int callers = cable->callers();
  std::thread first([&] { EXPECT_EQ(ask(*db).error().code, Errc::kUnreachable); });
  while (cable->callers() == callers) std::this_thread::yield();  // it connects, and waits
  EXPECT_EQ(why(ask(*db)), "PostgreSQL does not answer; it is asked again soon");
  first.join();
  cable->silent(false);
  EXPECT_TRUE(ask(*db));
}

TEST_F(SilentPostgresTest, IsNotWaitedForWhenItFellSilentBeforeItsRollback) {
  const auto db = open(std::chrono::hours(1));
  cable->silent_after("ERROR");
  const auto done = ask(*db, "SELECT nothing_of_that_name");
  EXPECT_EQ(done.error().code, Errc::kUnreachable);
  cable->silent(false);
  const auto in_steps = open(std::chrono::hours(1));
  ASSERT_TRUE(in_steps->begin());
  cable->silent_after("ERROR");
  EXPECT_EQ(in_steps->within([](PostgresWork& work) { work.exec("SELECT nothing"); }).error().code,
            Errc::kUnreachable);
}

// It is each answer that has a time, not all of a transaction.
TEST_F(SilentPostgresTest, MayTakeLongForManyStatements) {
  const auto db = open(std::chrono::hours(1));
  cable->slow(milliseconds(60));
  const auto done = db->transact([](PostgresWork& work) -> Result<void> {
    for (int i = 0; i < 8; ++i) work.exec("SELECT 1");
    return {};
  });
  EXPECT_TRUE(done) << why(done);
}

TEST_F(SilentPostgresTest, IsNotBlamedForWhatComesAfterwards) {
  const auto db = open(milliseconds(0));
  cable->silent(true);
  EXPECT_EQ(why(ask(*db)), "PostgreSQL does not answer");
  cable.reset();  // and now nobody listens there
  const auto done = ask(*db);
  EXPECT_EQ(done.error().code, Errc::kUnreachable);
  EXPECT_NE(why(done), "PostgreSQL does not answer");
}

// Who asks a directory is a stranger, and learns nothing of the machine behind it.
TEST_F(SilentPostgresTest, TellsItsKeeperWhatIsWrongAndOthersThatSomethingIs) {
  std::vector<std::string> told;
  const auto db = PostgresDatabase::open(behind_cable, {.pause = milliseconds(0)},
                                         [&](const Error& error) { told.push_back(error.why); });
  ASSERT_TRUE(db) << db.error().why;
  EXPECT_EQ(why(ask(**db, "SELECT secret FROM nowhere")), "PostgreSQL does not do it");
  const std::string place = cable->folder();
  cable.reset();
  EXPECT_EQ(why(ask(**db)), "PostgreSQL is not reached");
  ASSERT_EQ(told.size(), 3U);  // the connection was lost, and there is no new one
  EXPECT_NE(told.front().find("nowhere"), std::string::npos) << told.front();
  EXPECT_NE(told.back().find(place), std::string::npos) << told.back();
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
