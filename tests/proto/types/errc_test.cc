// SPDX-License-Identifier: Apache-2.0
#include "proto/types/errc.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "proto/types/result.h"

namespace shoal {
namespace {

// Every code: from the first to the last of the list.
std::vector<Errc> all_codes() {
  std::vector<Errc> codes;
  for (int code = 0; code <= static_cast<int>(Errc::kInternal); ++code) {
    codes.push_back(static_cast<Errc>(code));
  }
  return codes;
}

TEST(Errc, HasARowForEveryCode) {
  for (const Errc code : all_codes()) EXPECT_EQ(info(code).code, code);
  EXPECT_EQ(all_codes().size(), 19U);
  const auto beyond = static_cast<Errc>(static_cast<int>(Errc::kInternal) + 1);
  EXPECT_DEATH(static_cast<void>(info(beyond)), "assertion failed");
}

TEST(Errc, HasNamesThatAreUniqueAndReadBack) {
  std::set<std::string_view> names;
  for (const Errc code : all_codes()) {
    const std::string_view name = info(code).name;
    EXPECT_TRUE(names.insert(name).second) << name;
    EXPECT_EQ(errc_from_name(name), code);
    EXPECT_TRUE(std::ranges::all_of(name, [](char c) {
      return (c >= 'a' && c <= 'z') || c == '_';
    })) << name;
  }
  EXPECT_EQ(errc_from_name(""), std::nullopt);
  EXPECT_EQ(errc_from_name("Internal"), std::nullopt);
}

TEST(Errc, UsesOnlyTheExitCodesOfTheManual) {
  const std::set<int> manual = {1, 2, 3, 4, 5, 6, 7, 8, 9, 130};
  std::set<int> used;
  for (const Errc code : all_codes()) {
    EXPECT_TRUE(manual.contains(info(code).exit_code)) << info(code).name;
    used.insert(info(code).exit_code);
  }
  EXPECT_EQ(used, manual);  // and each of them means something
}

TEST(Errc, UsesStatusesThatSayError) {
  for (const Errc code : all_codes()) {
    EXPECT_GE(info(code).http, 400) << info(code).name;
    EXPECT_LT(info(code).http, 600) << info(code).name;
    EXPECT_GE(info(code).grpc, 1) << info(code).name;  // 0 is OK
    EXPECT_LE(info(code).grpc, 16) << info(code).name;
  }
  // The rows that clients act on.
  EXPECT_EQ(info(Errc::kUnauthenticated).http, 401);
  EXPECT_EQ(info(Errc::kDenied).http, 403);
  EXPECT_EQ(info(Errc::kNotFound).http, 404);
  EXPECT_EQ(info(Errc::kOverloaded).http, 429);
  EXPECT_EQ(info(Errc::kTimeout).exit_code, 5);
  EXPECT_EQ(info(Errc::kCancelled).exit_code, 130);
}

TEST(Errc, ComesBackFromGrpcAsACodeOfTheSameStatus) {
  for (const Errc code : all_codes()) {
    EXPECT_EQ(info(errc_from_grpc(info(code).grpc)).grpc, info(code).grpc) << info(code).name;
  }
  EXPECT_EQ(errc_from_grpc(16), Errc::kUnauthenticated);
  EXPECT_EQ(errc_from_grpc(14), Errc::kUnreachable);
  EXPECT_EQ(errc_from_grpc(0), Errc::kInternal);
  EXPECT_EQ(errc_from_grpc(-1), Errc::kInternal);
  EXPECT_EQ(errc_from_grpc(99), Errc::kInternal);
}

Result<int> half_of(int number) {
  if (number % 2 != 0) return fail(Errc::kInvalidArgument, "no half", "it is odd", "try another");
  return number / 2;
}

TEST(Result, IsAValueOrAnErrorWithItsWords) {
  EXPECT_EQ(half_of(4), 2);
  const auto none = half_of(3);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(none.error().what, "no half");
  EXPECT_EQ(none.error().why, "it is odd");
  EXPECT_EQ(none.error().next, "try another");
  EXPECT_EQ(half_of(8).and_then(half_of), 2);
  EXPECT_EQ(half_of(6).and_then(half_of).error().why, "it is odd");
  EXPECT_EQ(Error{}.code, Errc::kInternal);  // unknown until somebody says better
}

}  // namespace
}  // namespace shoal
