// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/name.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

namespace shoal::transfer {
namespace {

TEST(SafeName, HostileNamesStayInTheFolder) {
  EXPECT_EQ(safe_name(".."), "file");
  EXPECT_EQ(safe_name("."), "file");
  EXPECT_EQ(safe_name(""), "file");
  EXPECT_EQ(safe_name("../../etc/passwd"), ".._.._etc_passwd");
  EXPECT_EQ(safe_name(std::string_view("a\0b", 3)), "a_b");
  EXPECT_EQ(safe_name("a\nb"), "a_b");
  EXPECT_EQ(safe_name("a\xE2\x80\xAEgpj.exe"), "agpj.exe");
  EXPECT_EQ(safe_name("a\xE2\x80\x8B"
                      "b"),
            "ab");
  EXPECT_EQ(safe_name("CON"), "_CON");
  EXPECT_EQ(safe_name("nul.txt"), "_nul.txt");
  EXPECT_EQ(safe_name("com1"), "_com1");
  EXPECT_EQ(safe_name("name. . "), "name");
  EXPECT_EQ(safe_name("\xFF"), "_");
  EXPECT_EQ(safe_name("e\xCC\x81"), "\xC3\xA9");
  EXPECT_EQ(safe_name("Ordinary name (1).txt"), "Ordinary name (1).txt");
  EXPECT_EQ(safe_name(std::string(300, 'x') + ".txt"), std::string(251, 'x') + ".txt");
}

TEST(SafeName, ANumberGoesBeforeTheExtension) {
  EXPECT_EQ(numbered_name("a.txt", 2), "a (2).txt");
  EXPECT_EQ(numbered_name("a", 3), "a (3)");
  EXPECT_EQ(numbered_name(std::string(255, 'x'), 2).size(), 255U);
}

RC_GTEST_PROP(SafeName, IsOneShortComponentAndStable, (const std::string& remote)) {
  const std::string name = safe_name(remote);
  RC_ASSERT(!name.empty());
  RC_ASSERT(name.size() <= 255U);
  RC_ASSERT(name.find('/') == std::string::npos);
  RC_ASSERT(name.find('\0') == std::string::npos);
  RC_ASSERT((name != "." && name != ".."));
  RC_ASSERT(safe_name(name) == name);
}

}  // namespace
}  // namespace shoal::transfer
