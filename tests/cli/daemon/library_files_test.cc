// SPDX-License-Identifier: Apache-2.0
// The lists of folders that are kept for those who ask for them again.
#include "cli/daemon/shares/library_files.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temp_folder.h"

namespace shoal::daemon {
namespace {

class LibraryFilesTest : public testing::Test {
 protected:
  LibraryFilesTest() {
    write("share/a/one.txt", "1");
    EXPECT_TRUE(library_->add_share(folder_ / "share"));
  }
  void write(const std::string& path, const std::string& text) {
    const std::filesystem::path full = folder_ / path;
    std::filesystem::create_directories(full.parent_path());
    std::ofstream(full) << text;
  }
  ContentId folder() {
    const auto found = library_->at(folder_ / "share/a");
    EXPECT_TRUE(found && found->name == "a/");
    return found->content;
  }
  std::shared_ptr<transfer::ServedFile> open(const ContentId& id) {
    auto file = files_.open_file(id);
    EXPECT_TRUE(file);
    return file ? *file : nullptr;
  }
  std::string text(const ContentId& id) {
    std::string bytes(id.length, ' ');
    const auto file = open(id);
    EXPECT_TRUE(file->read(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
    return bytes;
  }

  const tests::TempFolder folder_;
  const std::unique_ptr<transfer::Library> library_ =
      std::move(*transfer::Library::open({folder_ / "index.db"}));
  LibraryFiles files_{*library_};
};

TEST_F(LibraryFilesTest, KeepAListForAsLongAsNothingChanges) {
  const ContentId id = folder();
  const auto kept = open(id);
  EXPECT_EQ(open(id), kept) << "it was made again";
  write("share/b/other.txt", "2");
  ASSERT_TRUE(library_->rescan());
  EXPECT_NE(open(id), kept) << "it is of another version";
}

TEST_F(LibraryFilesTest, KeepNoListThatWasMadeWhileSomethingChanged) {
  // Two that were not given yet: noting that is the change.
  write("share/b/other.txt", "2");
  ASSERT_TRUE(library_->rescan());
  const auto listed = library_->contents({}, 100);
  ASSERT_TRUE(listed);
  std::vector<ContentId> lists;
  for (const auto& one : *listed) {
    if (!library_->open_file(one.content)) lists.push_back(one.content);
  }
  ASSERT_GE(lists.size(), 2U);
  for (const ContentId& id : lists) {
    const auto first = open(id);
    const auto second = open(id);
    EXPECT_NE(second, first);
    EXPECT_EQ(open(id), second);
  }
}

TEST_F(LibraryFilesTest, GiveTheListOfWhatIsThereNow) {
  const ContentId before = folder();
  EXPECT_NE(text(before).find("one.txt"), std::string::npos);
  write("share/a/two.txt", "2");
  ASSERT_TRUE(library_->rescan());
  const ContentId after = folder();
  EXPECT_NE(after, before);
  EXPECT_NE(text(after).find("two.txt"), std::string::npos);
  EXPECT_EQ(text(before).find("two.txt"), std::string::npos) << "all of it is shared still";
  std::filesystem::remove(folder_ / "share/a/one.txt");
  ASSERT_TRUE(library_->rescan());
  EXPECT_FALSE(files_.open_file(before));
}

}  // namespace
}  // namespace shoal::daemon
