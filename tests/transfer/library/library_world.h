// SPDX-License-Identifier: Apache-2.0
// A library and a folder that it shares, both in a place of their own.
#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"
#include "transfer/core/merkle.h"
#include "transfer/library/library.h"

namespace shoal::transfer {

/// Threads that help to hash.
class Helpers {
 public:
  explicit Helpers(unsigned threads) {
    for (unsigned n = 0; n < threads; ++n) {
      threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
    }
  }
  HashHelp help() {
    return {[this](std::function<void()> call) {
              const std::lock_guard lock(mutex_);
              calls_.push_back(std::move(call));
              news_.notify_one();
            },
            static_cast<unsigned>(threads_.size())};
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (news_.wait(lock, stop, [&] { return !calls_.empty(); })) {
      auto call = std::move(calls_.front());
      calls_.pop_front();
      lock.unlock();
      call();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable_any news_;
  std::deque<std::function<void()>> calls_;
  std::vector<std::jthread> threads_;
};

inline FileTree tree_of(const std::string& text) {
  TreeHasher hasher(text.size());
  EXPECT_TRUE(hasher.update({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}));
  return hasher.finish();
}
inline ContentId id_of(const std::string& text) { return tree_of(text).id; }

class LibraryWorld : public ::testing::Test {
 protected:
  explicit LibraryWorld(unsigned helpers = 0) : helpers_(helpers) {
    std::filesystem::create_directories(share());
    reopen();
  }
  void reopen() {
    library_.reset();
    auto opened = Library::open({.database = (home_ / "index.db").string(),
                                 .private_folders = {},
                                 .help = helpers_.help()});
    ASSERT_TRUE(opened.has_value()) << opened.error().why;
    library_ = std::move(*opened);
  }
  void put(const std::string& relative, const std::string& text) const {
    const auto path = share() / relative;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  ScanSummary scan() const {
    auto summary = library_->add_share(share().string());
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().why);
    return summary.value_or(ScanSummary{});
  }
  ScanSummary scan_part(const std::string& folder, bool deep) const {
    auto summary = library_->rescan_part(share().string(), folder, deep);
    EXPECT_TRUE(summary.has_value()) << (summary ? "" : summary.error().why);
    return summary.value_or(ScanSummary{});
  }
  std::vector<std::string> names(const std::string& terms) const {
    std::vector<std::string> found;
    const auto matches = library_->search({.terms = terms, .content = {}});
    EXPECT_TRUE(matches.has_value()) << (matches ? "" : matches.error().why);
    if (!matches) return found;
    for (const auto& file : matches->files) found.push_back(file.name);
    return found;
  }
  std::filesystem::path share() const { return home_ / "share"; }

  Helpers helpers_;
  tests::TempFolder folder_;
  const std::filesystem::path home_ = folder_.path();
  std::unique_ptr<Library> library_;
};

using Names = std::vector<std::string>;

}  // namespace shoal::transfer
