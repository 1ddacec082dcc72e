// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/statement.h"

#include <gtest/gtest.h>

namespace shoal::rpc {
namespace {

TEST(Statement, IsOfOneKindOneDirectoryOneUserAndOneMoment) {
  const auto ana = Identity::generate();
  const auto said = make_statement(ana, StatementKind::kLogin, "Host:1", "ana", 5);
  EXPECT_TRUE(verify_statement(said, StatementKind::kLogin, "hOST:1", "ana"));
  EXPECT_FALSE(verify_statement(said, StatementKind::kRegister, "host:1", "ana"));
  EXPECT_FALSE(verify_statement(said, StatementKind::kLogin, "host:2", "ana"));
  EXPECT_FALSE(verify_statement(said, StatementKind::kLogin, "host:1", "Ana"));
  EXPECT_FALSE(verify_statement(said, StatementKind::kLogin, "host:", "1ana"));
  auto later = said;
  ++later.stamp;
  EXPECT_FALSE(verify_statement(later, StatementKind::kLogin, "host:1", "ana"));
}

}  // namespace
}  // namespace shoal::rpc
