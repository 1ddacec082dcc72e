// SPDX-License-Identifier: Apache-2.0
// One suite over every database that a directory may keep its things in.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "bootstrap/store/store.h"
#include "tests/bootstrap/store/postgres_server.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {

/// A test that is run once for "Sqlite" and once for "Postgres"; the latter is skipped on a machine
/// without a server.
class AnyStore : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    const bool postgres = std::string(GetParam()) == "Postgres";
    if (postgres && !PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
    place_ = postgres ? PostgresServer::shared().fresh_url() : folder_ / "directory.db";
    reopen();
  }
  /// As a new process would.
  void reopen() {
    store_.reset();
    auto store = open_store(place_);
    ASSERT_TRUE(store) << store.error().why;
    store_ = std::move(*store);
  }
  [[nodiscard]] Store& store() { return *store_; }

 private:
  tests::TempFolder folder_;
  std::string place_;
  std::unique_ptr<Store> store_;
};

inline std::string kind_name(const testing::TestParamInfo<const char*>& info) { return info.param; }

}  // namespace shoal::bootstrap
