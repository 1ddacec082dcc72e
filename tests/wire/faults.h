// SPDX-License-Identifier: Apache-2.0
// What tests of downloads among troubles have in common.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/wire/transfer_world.h"

namespace shoal::transfer {

/// What a search by content id finds: the n-th search the n-th list, later ones the last.
class Finder {
 public:
  explicit Finder(std::vector<std::vector<SourceInfo>> lists) : lists_(std::move(lists)) {}
  auto hook() {
    return [this](const ContentId& id,
                  std::function<void(std::vector<SourceInfo>, std::string)> found) {
      asked_for = id;
      const std::size_t call = asked++;
      found(list_of(call), "key of search " + std::to_string(call + 1));
    };
  }
  /// All searches from now on.
  void finds(std::vector<SourceInfo> list) {
    const std::lock_guard lock(mutex_);
    lists_ = {std::move(list)};
  }
  std::atomic<unsigned> asked = 0;
  ContentId asked_for;

 private:
  std::vector<SourceInfo> list_of(std::size_t call) {
    const std::lock_guard lock(mutex_);
    return lists_[std::min(call, lists_.size() - 1)];
  }
  std::mutex mutex_;
  std::vector<std::vector<SourceInfo>> lists_;
};

class Faults : public Transfer {
 protected:
  void share_at(Server& server) { file = server.share(tree.id, bytes, tree.layer); }
  Result<std::uint64_t> start(DownloadManager& manager, std::vector<SourceInfo> sources) {
    return manager.start(request(tree.id, std::move(sources)));
  }
  void expect_done(Watcher& watcher) {
    const auto end = watcher.end();
    ASSERT_EQ(end.state, DownloadState::kDone) << (end.error ? end.error->why : "");
    EXPECT_TRUE(content(end.path) == bytes) << "other bytes came";
  }
  const std::string bytes = some_bytes(12'000'000);
  const FileTree tree = tree_of(bytes);
  std::shared_ptr<MemoryFile> file;  ///< the one that was shared last
  TransferTimes hurry{.seek_pause_min = std::chrono::milliseconds(20),
                      .seek_pause_max = std::chrono::milliseconds(40)};
};

}  // namespace shoal::transfer
