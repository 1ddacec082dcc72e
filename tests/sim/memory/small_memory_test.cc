// SPDX-License-Identifier: Apache-2.0
#include "sim/memory/small_memory.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

namespace shoal::sim {
namespace {

/// Some bytes with a pattern of their own.
struct Block {
  Block(std::size_t size_, unsigned char mark_)
      : bytes(static_cast<unsigned char*>(operator new(size_))), size(size_), mark(mark_) {
    std::memset(bytes, mark, size);
  }
  Block(Block&& other) noexcept
      : bytes(std::exchange(other.bytes, nullptr)), size(other.size), mark(other.mark) {}
  Block& operator=(Block&& other) noexcept {
    std::swap(bytes, other.bytes);
    std::swap(size, other.size);
    std::swap(mark, other.mark);
    return *this;
  }
  ~Block() { operator delete(bytes); }
  [[nodiscard]] bool intact() const {
    for (std::size_t i = 0; i < size; ++i) {
      if (bytes[i] != mark) return false;
    }
    return true;
  }

  unsigned char* bytes;
  std::size_t size;
  unsigned char mark;
};

RC_GTEST_PROP(SmallMemory, KeepsWhatIsWrittenUntilItIsFreed, ()) {
  std::vector<Block> blocks;
  const auto steps = *rc::gen::inRange(1, 200).as("steps");
  for (int step = 0; step < steps; ++step) {
    const bool frees = !blocks.empty() && *rc::gen::inRange(0, 3).as("frees") == 0;
    if (frees) {
      const auto at = *rc::gen::inRange<std::size_t>(0, blocks.size()).as("which");
      RC_ASSERT(blocks[at].intact());
      std::swap(blocks[at], blocks.back());
      blocks.pop_back();
    } else {
      const auto size = *rc::gen::inRange<std::size_t>(0, 20'000).as("size");
      blocks.emplace_back(size, static_cast<unsigned char>(step));
    }
    if (step % 50 == 49) release_small_memory();
  }
  for (const Block& block : blocks) RC_ASSERT(block.intact());
}

TEST(SmallMemory, GivesBackWhatIsEmptyAndUsesItAgain) {
  const auto fill = [] {
    std::vector<std::unique_ptr<std::uint64_t[]>> many;
    for (int i = 0; i < 100'000; ++i) many.push_back(std::make_unique<std::uint64_t[]>(8));
    return many;
  };
  release_small_memory();
  const std::size_t before = small_memory_bytes();
  auto many = fill();
  const std::size_t full = small_memory_bytes();
  many.clear();
  release_small_memory();
  const std::size_t after = small_memory_bytes();
  EXPECT_GE(full, std::size_t{100'000} * 64);
  EXPECT_LE(full, before + std::size_t{100'000} * 64 + (std::size_t{1} << 20));
  EXPECT_LE(after, before + (std::size_t{1} << 18));
  many = fill();
  EXPECT_LE(small_memory_bytes(), full + (std::size_t{1} << 18));
}

/// Whether any page of an object is in memory.
bool in_memory(unsigned char* object, std::size_t size) {
  constexpr std::size_t kPage = 4096;
  const std::size_t before = reinterpret_cast<std::uintptr_t>(object) % kPage;
  std::array<unsigned char, 8> pages{};
  if (mincore(object - before, before + size, pages.data()) != 0) return true;
  return std::ranges::any_of(pages, [](unsigned char page) { return (page & 1U) != 0; });
}

TEST(SmallMemory, GivesBackThePagesBehindTheLastObjectOfASpan) {
  constexpr std::size_t kSize = 10'000;  // more than two pages, and nobody else's size
  std::vector<Block> blocks;
  for (unsigned char i = 0; i < 100; ++i) blocks.emplace_back(kSize, i);
  std::ranges::sort(blocks, {}, [](const Block& block) { return block.bytes; });
  std::vector<unsigned char*> freed;
  freed.reserve(blocks.size());  // from here on nothing else is allocated
  release_small_memory();
  const std::size_t full = small_memory_bytes();
  while (blocks.size() > 1) {
    freed.push_back(blocks.back().bytes);
    blocks.pop_back();
  }
  freed.pop_back();  // it begins on the last page of the one that stays
  release_small_memory();
  const auto kept =
      std::ranges::count_if(freed, [](auto* object) { return in_memory(object, kSize); });
  for (unsigned char i = 0; i < 99; ++i) blocks.emplace_back(kSize, i);
  const std::size_t again = small_memory_bytes();
  EXPECT_EQ(kept, 0);
  EXPECT_LE(again, full);
  for (const Block& block : blocks) EXPECT_TRUE(block.intact());
}

std::uintptr_t huge_page_of(const Block& block) {
  return reinterpret_cast<std::uintptr_t>(block.bytes) >> 21;
}

TEST(SmallMemory, MixesNoSizesInTheHugePagesOfMany) {
  std::vector<Block> small;
  std::vector<Block> large;
  for (int i = 0; i < 4'000; ++i) {
    small.emplace_back(5'000, static_cast<unsigned char>(i));
    large.emplace_back(7'000, static_cast<unsigned char>(i));
  }
  std::vector<std::uintptr_t> pages;  // but for those that came first
  for (std::size_t i = 1'000; i < small.size(); ++i) pages.push_back(huge_page_of(small[i]));
  for (std::size_t i = 1'000; i < large.size(); ++i) {
    ASSERT_EQ(std::ranges::count(pages, huge_page_of(large[i])), 0);
  }
}

TEST(SmallMemory, GivesAHugePageThatIsEmptyToAnotherSize) {
  const auto fill = [](std::size_t size) {
    std::vector<Block> blocks;
    for (int i = 0; i < 2'000; ++i) blocks.emplace_back(size, static_cast<unsigned char>(i));
    return blocks;
  };
  release_small_memory();
  std::vector<Block> blocks = fill(6'000);
  std::vector<std::uintptr_t> pages;
  for (std::size_t i = 1'000; i < blocks.size(); ++i) pages.push_back(huge_page_of(blocks[i]));
  blocks.clear();
  release_small_memory();
  blocks = fill(9'000);
  EXPECT_TRUE(std::ranges::any_of(blocks, [&](const Block& block) {
    return std::ranges::count(pages, huge_page_of(block)) > 0;
  }));
  EXPECT_TRUE(std::ranges::all_of(blocks, &Block::intact));
}

TEST(SmallMemory, TellsWhatItWouldGiveBackAndKeepsItUntilThen) {
  if (small_memory_bytes() == 0) return;  // another heap
  std::vector<Block> blocks;
  for (int i = 0; i < 2'000; ++i) blocks.emplace_back(3'000, static_cast<unsigned char>(i));
  unsigned char* const last = std::ranges::max_element(blocks, {}, &Block::bytes)->bytes;
  release_small_memory();
  EXPECT_LE(spare_small_memory(), std::size_t{1} << 20);
  blocks.clear();
  const std::size_t spare = spare_small_memory();
  EXPECT_GE(spare, std::size_t{2'000} * 3'000);
  EXPECT_TRUE(in_memory(last, 3'000));
  EXPECT_EQ(spare_small_memory(), spare);
  release_small_memory();
  EXPECT_FALSE(in_memory(last, 3'000));
  EXPECT_EQ(spare_small_memory(), 0U);
}

TEST(SmallMemory, PassesFromThreadToThread) {
  std::vector<Block> blocks;
  for (int round = 0; round < 20; ++round) {
    std::jthread([&blocks, round] {  // makes
      for (int i = 0; i < 5'000; ++i) {
        blocks.emplace_back(static_cast<std::size_t>(16 + i % 480),
                            static_cast<unsigned char>(i + round));
      }
    })
        .join();
    std::jthread([&blocks] {  // checks and frees
      for (const Block& block : blocks) EXPECT_TRUE(block.intact());
      blocks.clear();
    })
        .join();
  }
  release_small_memory();
  if (small_memory_bytes() > 0) {
    EXPECT_LE(small_memory_bytes(), std::size_t{16} << 20);
  }
}

TEST(SmallMemory, IsSharedByThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::atomic<int> broken = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&broken, thread] {
      std::vector<Block> blocks;
      for (int i = 0; i < 20'000; ++i) {
        blocks.emplace_back(static_cast<std::size_t>(1 + (i * 7 + thread) % 600),
                            static_cast<unsigned char>(i + thread));
        if (i % 3 != 0) continue;
        const auto at = static_cast<std::size_t>(i) * 31 % blocks.size();
        if (!blocks[at].intact()) ++broken;
        std::swap(blocks[at], blocks.back());
        blocks.pop_back();
      }
    });
  }
  threads.clear();
  EXPECT_EQ(broken, 0);
}

}  // namespace
}  // namespace shoal::sim
