// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/identity.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "proto/types/text.h"
#include "tests/support/temp_folder.h"

namespace shoal::rpc {
namespace {

class KeyFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    dir = root_ / "data/shoal";
    key = dir + "/identity.key";
  }
  static unsigned mode(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
  }
  std::string dir;
  std::string key;

 private:
  tests::TempFolder root_;
};

TEST_F(KeyFolder, KeepsOneKeyForItsUserOnly) {
  const auto first = Identity::load_or_create(dir);
  ASSERT_TRUE(first);
  EXPECT_EQ(mode(dir), 0700U);
  EXPECT_EQ(mode(key), 0600U);
  const auto again = Identity::load_or_create(dir);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->id(), first->id());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir), {}), 1);
}

TEST_F(KeyFolder, RefusesAKeyThatOthersCanRead) {
  ASSERT_TRUE(Identity::load_or_create(dir));
  for (const unsigned bits : {0640U, 0604U, 0620U}) {
    std::filesystem::permissions(key, static_cast<std::filesystem::perms>(bits));
    EXPECT_EQ(Identity::load_or_create(dir).error().code, Errc::kDenied);
  }
  std::filesystem::permissions(key, std::filesystem::perms(0600));
  std::filesystem::permissions(dir, std::filesystem::perms(0722));
  EXPECT_EQ(Identity::load_or_create(dir).error().code, Errc::kDenied);
}

TEST_F(KeyFolder, RefusesWhatIsNoKeyAndKeepsIt) {
  ASSERT_TRUE(Identity::load_or_create(dir));
  std::ofstream(key) << "not a key";
  EXPECT_EQ(Identity::load_or_create(dir).error().code, Errc::kIntegrity);
  std::string text;
  std::getline(std::ifstream(key), text);
  EXPECT_EQ(text, "not a key");
}

TEST_F(KeyFolder, GivesAllThatStartAtOnceTheSameKey) {
  std::vector<std::future<PeerId>> starters;
  for (int i = 0; i < 8; ++i) {
    starters.push_back(std::async(std::launch::async, [&] {
      const auto made = Identity::load_or_create(dir);
      return made ? made->id() : PeerId{};
    }));
  }
  const PeerId id = starters[0].get();
  EXPECT_NE(id, PeerId{});
  for (std::size_t i = 1; i < starters.size(); ++i) EXPECT_EQ(starters[i].get(), id);
}

TEST(Identity, IsTheSameAfterItsPem) {
  const auto identity = Identity::generate();
  const auto copy = Identity::from_key_pem(identity.key_pem());
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->id(), identity.id());
  EXPECT_EQ(copy->public_key().size(), 44U);
  EXPECT_EQ(id_of_key(copy->public_key()), identity.id());
  EXPECT_EQ(public_key_of_cert(identity.cert_pem()), identity.public_key());
  EXPECT_NE(Identity::generate().id(), identity.id());
  EXPECT_EQ(Identity::from_key_pem("").error().code, Errc::kIntegrity);
  EXPECT_EQ(public_key_of_cert("x"), std::nullopt);
}

// RFC 8032 section 7.1, test 2.
TEST(Identity, VerifiesTheRfcsSignature) {
  std::string der(44, '\0');
  std::string signature(64, '\0');
  const auto fill = [](std::string_view hex, std::string& out) {
    ASSERT_TRUE(from_hex(hex, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()}));
  };
  fill("302a300506032b65700321003d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
       der);
  fill(
      "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      signature);
  EXPECT_TRUE(verify(der, "", "\x72", signature));
  EXPECT_FALSE(verify(der, "", "\x73", signature));
}

// With the neutral element as key and as the signature's point, 0 = 0 + hash * 0 holds for all
// bytes.
TEST(Identity, TakesNoKeyForWhichAnybodySigns) {
  std::string der = Identity::generate().public_key();
  std::string signature(64, '\0');
  der.replace(12, 32, std::string(32, '\0'));
  der[12] = signature[0] = '\1';
  EXPECT_FALSE(verify(der, context::kCard, "anything", signature));
  EXPECT_FALSE(verify(der, context::kLease, "", signature));
}

RC_GTEST_PROP(Identity, SignaturesHoldForTheirKeyContextAndBytesOnly, ()) {
  static const auto mine = Identity::generate();
  static const auto other = Identity::generate();
  const auto bytes = *rc::gen::arbitrary<std::string>().as("bytes");
  auto signature = mine.sign(context::kCard, bytes);
  RC_ASSERT(verify(mine.public_key(), context::kCard, bytes, signature));
  RC_ASSERT(!verify(other.public_key(), context::kCard, bytes, signature));
  RC_ASSERT(!verify(mine.public_key(), context::kOffer, bytes, signature));
  RC_ASSERT(!verify(mine.public_key(), context::kCard, bytes + "x", signature));
  const auto at = *rc::gen::inRange<std::size_t>(0, signature.size() * 8).as("bit");
  signature[at / 8] = static_cast<char>(signature[at / 8] ^ (1 << at % 8));
  RC_ASSERT(!verify(mine.public_key(), context::kCard, bytes, signature));
}

RC_GTEST_PROP(Identity, KeysOfGarbageVerifyNothing, ()) {
  static const auto mine = Identity::generate();
  auto der = mine.public_key();
  const auto cut = *rc::gen::inRange<std::size_t>(0, der.size()).as("cut");
  const auto tail = *rc::gen::arbitrary<std::string>().as("tail");
  const auto changed = der.substr(0, cut) + tail;
  RC_PRE(changed != der);
  RC_ASSERT(!verify(changed, "", "x", mine.sign("", "x")));
}

}  // namespace
}  // namespace shoal::rpc
