// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace shoal::overlay {

/// A row of objects each of which has memory of its own and stays where it is.
///
/// A row that lies together has to be moved to a larger room for each few objects more; the rooms
/// that are left, of all sizes, suit nobody else when all peers grow at once. 16 bytes; 8 more for
/// each object if there are several.
template <class T>
class Scattered {
 public:
  Scattered() = default;
  Scattered(Scattered&& other) noexcept { swap(other); }
  Scattered& operator=(Scattered&& other) noexcept {
    Scattered(std::move(other)).swap(*this);
    return *this;
  }
  ~Scattered() {
    for (std::uint32_t at = 0; at < size_; ++at) delete &(*this)[at];
    if (room_ > 0) delete[] all();
  }

  T& operator[](std::size_t at) { return room_ == 0 ? *static_cast<T*>(memory_) : *all()[at]; }
  const T& operator[](std::size_t at) const { return const_cast<Scattered&>(*this)[at]; }
  [[nodiscard]] std::size_t size() const { return size_; }

  /// One more, at the end.
  T& add() {
    auto fresh = std::make_unique<T>();
    if (size_ == 0) {
      memory_ = fresh.release();
    } else {
      if (size_ >= room_) widen();
      all()[size_] = fresh.release();
    }
    return (*this)[size_++];
  }
  [[nodiscard]] std::size_t bytes() const { return size_ * sizeof(T) + room_ * sizeof(T*); }
  /// Has the processor fetch the only object, or where the objects are.
  void warm() const {
    __builtin_prefetch(memory_);
    __builtin_prefetch(static_cast<const char*>(memory_) + 64);
  }

 private:
  [[nodiscard]] T** all() const { return static_cast<T**>(memory_); }
  void swap(Scattered& other) noexcept {
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
  }
  /// Room for two more, and an eighth.
  void widen() {
    const std::uint32_t room = (size_ + 2 + size_ / 8) & ~1U;
    auto wider = std::make_unique_for_overwrite<T*[]>(room);
    for (std::uint32_t at = 0; at < size_; ++at) wider[at] = &(*this)[at];
    if (room_ > 0) delete[] all();
    memory_ = wider.release();
    room_ = room;
  }

  void* memory_ = nullptr;  // the only object; if there is room for more, where all are
  std::uint32_t size_ = 0;
  std::uint32_t room_ = 0;
};

}  // namespace shoal::overlay
