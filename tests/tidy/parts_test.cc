// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/parts.h"

#include <gtest/gtest.h>

#include <string>

namespace shoal::tidy {
namespace {

std::string checked(const std::string& path, const std::string& target) {
  return show(check_parts({{path, "#include \"" + target + "\"\n"}}));
}

TEST(Parts, MayIncludeThemselvesAndWhatTheirRowNames) {
  EXPECT_EQ(checked("transfer/host/put/a.cc", "transfer/host/put/b.h"), "");
  EXPECT_EQ(checked("transfer/host/put/a.cc", "transfer/host/inbox/b.h"), "");
  EXPECT_EQ(checked("transfer/host/put/a.cc", "transfer/host/b.h"), "");
  EXPECT_EQ(checked("cli/client/a.cc", "cli/client/verbs/b.h"), "");
}

TEST(Parts, MayNotIncludeUpwardsNorTheTop) {
  EXPECT_EQ(
      checked("transfer/host/disk/a.cc", "transfer/host/put/b.h"),
      "transfer/host/disk/a.cc:1: transfer/host/disk may not include transfer/host/put/b.h\n");
  EXPECT_NE(checked("transfer/host/disk/a.cc", "transfer/host/b.h"), "");
  EXPECT_NE(checked("cli/daemon/state/a.cc", "cli/daemon/b.h"), "");
}

TEST(Parts, AreNotAskedAboutWhatLiesElsewhere) {
  EXPECT_EQ(checked("transfer/host/disk/a.cc", "proto/types/ids.h"), "");
  EXPECT_EQ(checked("tests/cli/client/a.cc", "cli/client/verbs/b.h"), "");
}

TEST(Parts, OfACutFolderAllHaveARow) {
  EXPECT_EQ(checked("cli/client/new/a.cc", "vector"),
            "cli/client/new/a.cc:0: this part has no row in tests/tidy/parts.cc\n");
}

}  // namespace
}  // namespace shoal::tidy
