// SPDX-License-Identifier: Apache-2.0
// What several real sources bring together, as ratios: four that are each limited against one of
// them, and what one liar among four costs. Prints, and judges nothing but that the bytes are
// right.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <thread>

#include "tests/wire/transfer_world.h"

namespace shoal::transfer {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kMB = 1'000'000;

struct Shared {
  explicit Shared(std::uint64_t length) : bytes(some_bytes(length)), tree(tree_of(bytes)) {}
  std::string bytes;
  FileTree tree;
};

/// A file whose bytes leave at a rate, whoever reads them; wrong from a piece on, if it lies.
class LimitedFile final : public ServedFile {
 public:
  LimitedFile(const Shared& shared, std::uint64_t rate, std::uint64_t lies_after)
      : shared_(shared), rate_(rate), lies_after_(lies_after) {}
  [[nodiscard]] std::string name() const override { return "limited"; }
  [[nodiscard]] const std::vector<Hash256>& layer() const override { return shared_.tree.layer; }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) override {
    Clock::time_point mine;
    bool lie = false;
    {
      const std::lock_guard lock(mutex_);
      free_at_ = std::max(free_at_, Clock::now()) +
                 std::chrono::nanoseconds(into.size() * 1'000'000'000 / rate_);
      mine = free_at_;
      lie = reads_++ >= lies_after_;
    }
    std::copy_n(shared_.bytes.begin() + static_cast<std::ptrdiff_t>(offset), into.size(),
                into.begin());
    if (lie) into[0] ^= 1;
    std::this_thread::sleep_until(mine);
    return {};
  }

 private:
  const Shared& shared_;
  const std::uint64_t rate_;
  const std::uint64_t lies_after_;
  std::mutex mutex_;
  Clock::time_point free_at_;
  std::uint64_t reads_ = 0;
};

struct LimitedFiles final : FileSource {
  Result<std::shared_ptr<ServedFile>> open_file(const ContentId&) override { return file; }
  std::shared_ptr<ServedFile> file;
};

struct Round {
  double seconds = 0;
  std::uint64_t wasted = 0;
};

class MultiSourceBench : public Transfer {
 protected:
  // One that lies after so many ranges among honest ones; none: no liar.
  Round fetch(const Shared& shared, std::size_t sources, std::uint64_t rate,
              std::optional<std::uint64_t> lies_after = std::nullopt) {
    std::vector<std::unique_ptr<LimitedFiles>> files;
    std::vector<std::unique_ptr<Server>> servers;
    std::vector<SourceInfo> infos;
    for (std::size_t i = 0; i < sources; ++i) {
      files.push_back(std::make_unique<LimitedFiles>());
      files.back()->file = std::make_shared<LimitedFile>(
          shared, rate, i == 0 && lies_after ? *lies_after : ~std::uint64_t{0});
      servers.push_back(std::make_unique<Server>(pool, TransferTimes{}, files.back().get()));
      infos.push_back(servers.back()->info());
    }
    Watcher watcher;
    DownloadManager manager(pool.get_executor(), work_.get_executor(), watcher.hooks());
    const auto began = Clock::now();
    EXPECT_TRUE(manager.start({shared.tree.id, "it.bin", folder, infos, ""}));
    // When the last byte is here and verified; the check of the whole file is the disk's.
    watcher.wait([&](const DownloadStatus& s) { return s.bytes_done == shared.bytes.size(); });
    const double seconds = std::chrono::duration<double>(Clock::now() - began).count();
    const auto end = watcher.end();
    EXPECT_EQ(end.state, DownloadState::kDone);
    fs::remove(end.path);
    return {seconds, end.bytes_wasted};
  }
  static double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
  }

  boost::asio::thread_pool work_{4};
};

TEST_F(MultiSourceBench, FourLimitedSourcesAgainstOneOfThem) {
  for (const auto& [mb_per_second, megabytes] :
       {std::pair{std::uint64_t{25}, std::uint64_t{128}}, {100, 512}}) {
    const Shared shared(megabytes * kMB);
    const std::uint64_t rate = mb_per_second * kMB;
    std::vector<double> one;
    std::vector<double> four;
    std::uint64_t wasted = 0;
    for (int round = 0; round < 3; ++round) {
      one.push_back(fetch(shared, 1, rate).seconds);
      const Round all = fetch(shared, 4, rate);
      four.push_back(all.seconds);
      wasted = std::max(wasted, all.wasted);
    }
    std::cout << megabytes << " MB from sources of " << mb_per_second
              << " MB/s, medians of 3 rounds in turn:\n"
              << "  one source:   " << median(one) << " s\n"
              << "  four sources: " << median(four) << " s, " << median(one) / median(four)
              << " x as fast (goal 3.8), at most " << wasted << " bytes wasted\n";
  }
}

TEST_F(MultiSourceBench, OneLiarAmongFour) {
  const Shared shared(256 * kMB);
  for (const std::uint64_t after : {0U, 5U, 20U}) {
    const double honest = fetch(shared, 3, 100 * kMB).seconds;
    const Round lied = fetch(shared, 4, 100 * kMB, after);
    std::cout << "one of four of 100 MB/s lies after " << after << " ranges: " << lied.seconds
              << " s (the three others alone " << honest << " s), wasted "
              << static_cast<double>(lied.wasted) / (1 << 20) << " pieces (goal: below 3)\n";
  }
}

}  // namespace
}  // namespace shoal::transfer
