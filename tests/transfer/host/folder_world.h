// SPDX-License-Identifier: Apache-2.0
// Folders on their way, without anybody who has them.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "proto/types/text.h"
#include "tests/support/temp_folder.h"
#include "transfer/core/listing.h"
#include "transfer/core/merkle.h"
#include "transfer/host/folder/folder_manager.h"
#include "transfer/host/folder/folder_note.h"
#include "transfer/host/folder/folder_tree.h"

namespace shoal::transfer::testing {

inline FileTree tree_of(const std::string& bytes) {
  TreeHasher hasher(bytes.size());
  static_cast<void>(
      hasher.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}));
  return hasher.finish();
}

inline ContentId id_of(const std::string& bytes) { return tree_of(bytes).id; }

/// A folder of two files, one of which is here, is fetched into "dl" or folders like it.
class FoldersOnTheirWay : public ::testing::Test {
 protected:
  FoldersOnTheirWay() { std::filesystem::create_directories(folder / "dl"); }
  ~FoldersOnTheirWay() override { end(); }
  void end() {
    if (!manager) return;
    bool stopped = false;
    manager->stop([&] { stopped = true; });
    for (int turns = 0; turns < 1000 && !stopped; ++turns) io.poll();
    EXPECT_TRUE(stopped);
    manager.reset();
  }
  void begin() {
    manager = std::make_unique<FolderManager>(io.get_executor(), io.get_executor(), hooks, times);
  }
  /// What an earlier process left: a note, maybe the list, and one of two files.
  void leave(bool with_list, const std::vector<std::string>& only = {},
             const std::string& into = "dl", std::optional<FolderPause> paused = {}) {
    std::filesystem::create_directories(folder / into);
    auto tree = std::move(FolderTree::open(folder / into, list).value());
    place = tree.place();
    ASSERT_TRUE(tree.keep(to_text(FolderNote{"Album", only, "", 7, paused})));
    write(to_text(id_of("one")), "one");
    if (with_list) write(to_text(list), text);
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(std::filesystem::path(place) / name) << bytes;
  }
  [[nodiscard]] bool is_there(const ContentId& content) const {
    return std::filesystem::exists(place + "/" + to_text(content));
  }
  [[nodiscard]] std::optional<FolderNote> note() const {
    const auto kept = FolderTree::look(folder / "dl", list).value().note().value();
    return read_folder_note(kept.value_or(""));
  }
  [[nodiscard]] FolderRequest request(const std::string& into = "dl") const {
    std::filesystem::create_directories(folder / into);
    return {list, "Album/", folder / into, {}, false, {}};
  }
  FolderStatus comes_to(std::uint64_t id, DownloadState state) {
    for (int turns = 0; turns < 1000; ++turns) {
      const auto now = manager->status(id);
      if (!now || now->state == state) return now.value_or(FolderStatus{});
      io.poll();
    }
    ADD_FAILURE() << to_text(manager->status(id)->state);
    return {};
  }
  void settle() {
    for (int turns = 0; turns < 1000; ++turns) io.poll();
  }

  const tests::TempFolder folder;
  const std::string text =
      print_listing({{"a", id_of("one")}, {"b/c", id_of("nobody has it")}}).value();
  const ContentId list = id_of(text);
  std::string place = folder / "dl/.part/" + to_text(list) + ".folder";
  boost::asio::io_context io;
  const boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      io.get_executor()};
  DownloadHooks hooks{.connect = {}, .find_sources = {}, .on_change = {}, .keep_free = 0};
  TransferTimes times;
  std::unique_ptr<FolderManager> manager;
};

}  // namespace shoal::transfer::testing
