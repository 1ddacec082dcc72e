// SPDX-License-Identifier: Apache-2.0
// Whom the files of a folder are fetched from: those that a link names, and those that searches
// find by several ways.
#include "transfer/host/folder/folder_sources.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/transfer/host/folder_world.h"

namespace shoal::transfer {
namespace {

using testing::FoldersOnTheirWay;
using testing::id_of;

std::vector<SourceInfo> peer(std::uint8_t number) {
  SourceInfo one;
  one.peer.bytes[0] = number;
  one.endpoints = {"peer" + std::to_string(number)};
  return {one};
}

std::string keys(const FolderSources& from) {
  std::string all;
  for (const SourceGroup& one : from.groups()) {
    all += one.key_pem + ":" +
           (one.sources.empty() ? "" : std::to_string(one.sources[0].peer.bytes[0])) + " ";
  }
  return all;
}

TEST(SourcesOfAFolder, ASearchReplacesOnlyWhatSearchesFound) {
  FolderSources none({});
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(keys(none), ": ");
  FolderSources from({{peer(1), ""}, {peer(2), "query"}});
  EXPECT_FALSE(from.empty());
  EXPECT_EQ(keys(from), ":1 query:2 ");
  EXPECT_FALSE(from.found(1, {}, "nobody"));
  EXPECT_EQ(keys(from), ":1 query:2 ");
  EXPECT_TRUE(from.found(2, peer(3), "later"));
  EXPECT_EQ(keys(from), "later:3 :1 ") << "a link's own source stays, an old query's key does not";
  EXPECT_TRUE(from.found(3, peer(4), "last"));
  EXPECT_EQ(keys(from), "last:4 :1 ");
}

TEST(SourcesOfAFolder, TheWaysOfOneSearchAddToEachOther) {
  FolderSources from({});
  EXPECT_TRUE(from.found(1, peer(1), "flood"));
  EXPECT_TRUE(from.found(1, peer(2), "broker"));
  EXPECT_FALSE(from.found(1, {}, ""));
  EXPECT_EQ(keys(from), "flood:1 broker:2 ");
  EXPECT_TRUE(from.found(3, peer(3), "new flood"));
  EXPECT_FALSE(from.found(2, peer(4), "an older broker")) << "it was begun before";
  EXPECT_EQ(keys(from), "new flood:3 ");
}

// Who asks, and who is dialled with which key; nobody answers.
class AskingForSources : public FoldersOnTheirWay {
 protected:
  using Found = std::function<void(std::vector<SourceInfo>, std::string)>;

  AskingForSources() {
    hooks.find_sources = [this](const ContentId& content, Found found) {
      asked.emplace_back(content, std::move(found));
    };
    hooks.connect = [this](const std::string& endpoint, const PeerId&,
                           const std::string& key) -> Result<SourceRoute> {
      dialled.insert(key + ":" + endpoint);
      return fail(Errc::kUnreachable, "nobody is dialled here");
    };
    leave(true);
    begin();
    EXPECT_EQ(manager->resume(folder / "dl"), 1U);
    settle();
  }
  ~AskingForSources() override { end(); }
  [[nodiscard]] bool each_is_asked_for_alone() const {
    return std::ranges::any_of(
        asked, [&](const auto& one) { return one.first == id_of("nobody has it"); });
  }
  void hear(std::vector<SourceInfo> sources, const std::string& key) {
    asked.at(0).second(std::move(sources), key);
    settle();
  }

  std::vector<std::pair<ContentId, Found>> asked;
  std::set<std::string> dialled;
};

TEST_F(AskingForSources, EachFileIsAskedForAloneOnlyWhenNoWayFindsWhoHasTheList) {
  ASSERT_EQ(asked.size(), 1U);
  EXPECT_EQ(asked[0].first, list);
  EXPECT_FALSE(each_is_asked_for_alone());
  hear({}, "");
  EXPECT_TRUE(each_is_asked_for_alone());
}

TEST_F(AskingForSources, ASlowWayKeepsNoFileFromBeingAskedForAlone) {
  times.folder_sources_wait = std::chrono::milliseconds(1);
  end();
  asked.clear();
  begin();
  ASSERT_EQ(manager->resume(folder / "dl"), 1U);
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!each_is_asked_for_alone() && io.run_one_until(until) > 0) {
  }
  ASSERT_TRUE(each_is_asked_for_alone()) << "nobody has answered";
  hear(peer(1), "broker");
  EXPECT_TRUE(dialled.contains("broker:peer1")) << "who comes late is asked too";
}

TEST_F(AskingForSources, AFileIsFetchedFromAllThatTheWaysFindOneAfterTheOther) {
  ASSERT_EQ(asked.size(), 1U);
  hear(peer(1), "flood");
  EXPECT_EQ(dialled, std::set<std::string>{"flood:peer1"});
  hear(peer(2), "broker");
  EXPECT_TRUE(dialled.contains("broker:peer2"));
}

}  // namespace
}  // namespace shoal::transfer
