// SPDX-License-Identifier: Apache-2.0
// Several threads hash what one would have hashed.
#include "transfer/library/hash_crew.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "proto/types/limits_library.h"
#include "proto/types/rng.h"
#include "tests/transfer/library/library_world.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

class Folder {
  tests::TempFolder folder_;

 public:
  const fs::path path = folder_.path();
  const Fd fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

  Met put(const std::string& name, const std::string& text) {
    std::ofstream(path / name, std::ios::binary) << text;
    struct stat status {};
    EXPECT_EQ(::stat((path / name).c_str(), &status), 0);
    kept_.push_back(std::make_unique<std::string>(name));
    return {fd.value(), kept_.back()->c_str(), name, stamp_of(status)};
  }

 private:
  std::vector<std::unique_ptr<std::string>> kept_;
};

std::string some_text(std::size_t length, std::uint64_t seed) {
  std::string text(length, '\0');
  Rng rng(seed + 1);
  for (std::size_t at = 0; at < length; at += 997) text[at] = static_cast<char>(rng.next());
  return text;
}

const auto kGoOn = [](std::uint64_t) { return true; };

RC_GTEST_PROP(HashCrew, ComesToWhatOneHasherComesTo, ()) {
  const auto helpers = *rc::gen::inRange(0U, 4U).as("helpers");
  const auto sizes =
      *rc::gen::container<std::vector<std::size_t>>(
           rc::gen::weightedOneOf<std::size_t>({{40, rc::gen::inRange<std::size_t>(0, 40'000)},
                                                {1, rc::gen::inRange<std::size_t>(1, 3'500'000)}}))
           .as("sizes");
  Helpers threads(helpers);
  Folder folder;
  HashCrew crew(threads.help());
  std::vector<std::pair<std::string, ContentId>> expected;
  const auto take = [&] {
    const auto done = crew.take(kGoOn);
    RC_ASSERT(done.result.has_value());
    RC_ASSERT(done.relative == expected.front().first);  // in the order of adding
    RC_ASSERT(done.result->tree.id == expected.front().second);
    RC_ASSERT(root_of_layer(done.result->tree.layer, Layout(done.met.size)) ==
              done.result->tree.id.root);
    expected.erase(expected.begin());
  };
  for (std::size_t n = 0; n < std::min<std::size_t>(sizes.size(), 8); ++n) {
    const std::string text = some_text(sizes[n], n);
    const std::string name = "f" + std::to_string(n);
    while (crew.full()) take();
    crew.add(folder.put(name, text));
    expected.emplace_back(name, id_of(text));
  }
  while (!crew.empty()) take();
  RC_ASSERT(expected.empty());
  RC_ASSERT(crew.bytes() == 0U);
}

TEST(HashCrew, SaysWhichFileChangedAndHashesTheOthers) {
  Helpers threads(2);
  Folder folder;
  HashCrew crew(threads.help());
  crew.add(folder.put("a", "one"));
  Met gone = folder.put("b", "two");
  fs::remove(folder.path / "b");
  crew.add(gone);
  crew.add(folder.put("c", "three"));
  EXPECT_TRUE(crew.take(kGoOn).result);
  const auto lost = crew.take(kGoOn);
  ASSERT_FALSE(lost.result);
  EXPECT_EQ(lost.result.error().code, Errc::kSourceChanged);
  EXPECT_EQ(crew.take(kGoOn).result->tree.id, id_of("three"));
}

TEST(HashCrew, ReadsAFileThatWasReplacedMeanwhileOnceMore) {
  Folder folder;
  HashCrew crew({});
  crew.add(folder.put("a", "before"));
  fs::rename(folder.path / "a", folder.path / "old");
  folder.put("a", "after");
  EXPECT_EQ(crew.take(kGoOn).result->tree.id, id_of("after"));
}

TEST(HashCrew, TakesNoMoreThanItsBounds) {
  Folder folder;
  HashCrew crew({});
  std::size_t files = 0;
  for (; !crew.full(); ++files) crew.add(folder.put("f" + std::to_string(files), "x"));
  EXPECT_EQ(files, limits::kHashFilesAhead);
  EXPECT_TRUE(crew.take(kGoOn).result);
  EXPECT_FALSE(crew.full());
}

TEST(HashCrew, StopsInTheMiddleOfAFileAndLetsGoOfIt) {
  Helpers threads(3);
  Folder folder;
  const std::string text = some_text(64 << 20, 7);
  {
    HashCrew crew(threads.help());
    crew.add(folder.put("long", text));
    std::uint64_t seen = 0;
    const auto done = crew.take([&](std::uint64_t bytes) {
      seen = bytes;
      return false;
    });
    ASSERT_FALSE(done.result);
    EXPECT_EQ(done.result.error().code, Errc::kCancelled);
    EXPECT_GE(seen, 8U << 20);
    EXPECT_LT(seen, text.size());
  }
  {
    HashCrew crew(threads.help());  // ended with all of it still to do
    crew.add(folder.put("long", text));
  }
}

}  // namespace
}  // namespace shoal::transfer
