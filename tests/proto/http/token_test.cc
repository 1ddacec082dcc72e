// SPDX-License-Identifier: Apache-2.0
#include "proto/http/token.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "proto/types/text.h"

namespace shoal::http {
namespace {

TEST(Token, IsFreshEachTimeAndFitsIntoAHeader) {
  const std::regex form("sdt_[A-Za-z0-9_-]{43}");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string token = new_token();
    EXPECT_TRUE(std::regex_match(token, form)) << token;
    EXPECT_TRUE(seen.insert(token).second) << token;
  }
}

// Of FIPS 180-4: what stores keep must not change with a version of the program.
TEST(Token, IsKeptAsItsSha256) {
  EXPECT_EQ(to_hex(token_hash("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace shoal::http
