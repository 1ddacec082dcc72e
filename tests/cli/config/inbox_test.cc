// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "cli/config/config.h"

namespace shoal::config {
namespace {

TEST(Inbox, IsConfigured) {
  const auto loaded = load_text(
      "inbox: {accept: share, folder: /data/in, quota: 1TiB, friend_quota: 500MiB}", "f.yaml");
  ASSERT_TRUE(loaded) << loaded.error().why;
  EXPECT_EQ(loaded->config.inbox_accept, InboxPolicy::kShare);
  EXPECT_EQ(loaded->config.inbox_folder, "/data/in");
  EXPECT_EQ(loaded->config.inbox_quota, std::uint64_t{1} << 40);
  EXPECT_EQ(loaded->config.inbox_friend_quota, std::uint64_t{500} << 20);
  EXPECT_FALSE(load_text("inbox: {accept: maybe}", "f.yaml"));
  EXPECT_FALSE(load_text("inbox: {folder: relative}", "f.yaml"));
  EXPECT_FALSE(load_text("inbox: {quota: much}", "f.yaml"));
}

}  // namespace
}  // namespace shoal::config
