// SPDX-License-Identifier: Apache-2.0
// Files that older and newer programs wrote.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/core/support.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

void execute(const std::string& file, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(::sqlite3_open(file.c_str(), &db), SQLITE_OK);
  EXPECT_EQ(::sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << ::sqlite3_errmsg(db);
  ::sqlite3_close(db);
}

// As version 1 of the program left it: leases only.
constexpr const char* kFirstVersion = R"(
CREATE TABLE peer(id BLOB PRIMARY KEY, stamp INTEGER NOT NULL, sealed BLOB, address TEXT,
  until INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX peer_ended ON peer(until) WHERE sealed IS NULL;
INSERT INTO peer VALUES(zeroblob(32), 7, x'414243', '192.0.2.1', 5000000);
INSERT INTO peer VALUES(x'0100000000000000000000000000000000000000000000000000000000000000', 8, NULL, NULL, 6000000);
PRAGMA user_version=1;)";

TEST(StoreSchema, KeepsTheLeasesOfTheFirstVersionAndGetsUsers) {
  const tests::TempFolder folder;
  const std::string file = folder / "directory.db";
  execute(file, kFirstVersion);
  for (int start = 0; start < 2; ++start) {
    auto store = open_sqlite_store(file);
    ASSERT_TRUE(store);
    const auto rows = (*store)->leases().load();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_EQ((*rows)[0], (LeaseStore::Row{PeerId{}, 7, "ABC", "192.0.2.1", at(5)}));
    EXPECT_EQ((*rows)[1].stamp, 8U);
    EXPECT_EQ((*rows)[1].sealed, "");
    EXPECT_EQ((*store)->accounts().count(), std::size_t(start));
    ASSERT_TRUE((*store)->accounts().change("ana", [](std::optional<Account>& account) {
      account.emplace().name = "Ana";
      return Result<void>();
    }));
  }
}

TEST(StoreSchema, RefusesAFileOfANewerProgramAndLeavesItAlone) {
  const tests::TempFolder folder;
  const std::string file = folder / "directory.db";
  execute(file, "CREATE TABLE later(x); PRAGMA user_version=1000");
  for (int start = 0; start < 2; ++start) {
    const auto store = open_sqlite_store(file);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::kConflict);
    EXPECT_NE(store.error().why.find("newer"), std::string::npos);
  }
  execute(file, "INSERT INTO later VALUES(1)");
}

}  // namespace
}  // namespace shoal::bootstrap
