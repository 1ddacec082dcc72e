// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/disk/piece_bytes.h"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "proto/types/limits_transfer.h"

namespace shoal::transfer {
namespace {

// Pieces are of 1 MiB or a power of two times that; only the last one of a file is not.
constexpr std::size_t kStep = 1024 * 1024;

std::size_t room_for(std::size_t size) {
  return std::max<std::size_t>(1, (size + kStep - 1) / kStep) * kStep;
}

/// Blocks that were freed, the last one first: its pages are warm.
class Spare {
 public:
  std::uint8_t* take(std::size_t room) {
    {
      const std::lock_guard lock(mutex_);
      const auto found = std::find_if(blocks_.rbegin(), blocks_.rend(),
                                      [&](const Block& one) { return one.room == room; });
      if (found != blocks_.rend()) {
        std::uint8_t* const bytes = found->bytes;
        bytes_ -= room;
        blocks_.erase(std::next(found).base());
        return bytes;
      }
    }
    void* const fresh =
        ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (fresh == MAP_FAILED) throw std::bad_alloc();
    return static_cast<std::uint8_t*>(fresh);
  }

  void give_back(std::uint8_t* bytes, std::size_t room) {
    std::vector<Block> old;
    {
      const std::lock_guard lock(mutex_);
      blocks_.push_back({bytes, room});
      bytes_ += room;
      std::size_t count = 0;
      while (bytes_ > limits::kPieceBytesSpare) bytes_ -= blocks_[count++].room;
      old.assign(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(count));
      blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    for (const Block& one : old) ::munmap(one.bytes, one.room);
  }

 private:
  struct Block {
    std::uint8_t* bytes;
    std::size_t room;
  };
  std::mutex mutex_;  ///< guards what follows
  std::vector<Block> blocks_;
  std::size_t bytes_ = 0;
};

// Never destroyed: a piece may be freed by a thread that ends after main().
Spare& spare() {
  static Spare* const all = new Spare;
  return *all;
}

}  // namespace

PieceBytes::PieceBytes(std::size_t size) : bytes_(spare().take(room_for(size))), size_(size) {}

PieceBytes::~PieceBytes() {
  if (message_.size() == 0) spare().give_back(bytes_, room_for(size_));
}

}  // namespace shoal::transfer
