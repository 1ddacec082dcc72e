// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "proto/types/assert.h"

namespace shoal {

enum class PayloadKind : std::uint8_t { kQuery, kEcho, kHit, kOpaque };

/// The part of a message that is written once and shared by every copy of it. Immutable as soon as
/// a second owner holds it.
///
/// Counted by hand and not by std::shared_ptr: a handle of 8 bytes keeps a message at 32.
/// Threads: handles may be copied and dropped on any thread; `wire` belongs to the codec.
class Payload {
 public:
  virtual ~Payload() = default;
  Payload& operator=(const Payload&) = delete;

  [[nodiscard]] PayloadKind kind() const { return kind_; }

  /// The encoded form: as received, or filled by the codec when it first encodes. Empty in the
  /// simulator. Not part of the value.
  mutable std::string wire;

 protected:
  explicit Payload(PayloadKind kind) : kind_(kind) {}
  Payload(const Payload& other) : kind_(other.kind_) {}

 private:
  friend class PayloadRef;
  /// Instead of a count: the payload is lent, and handles leave it alone.
  static constexpr std::uint32_t kLent = 0x8000'0000U;

  [[nodiscard]] bool lent() const { return owners_.load(std::memory_order_relaxed) == kLent; }

  mutable std::atomic<std::uint32_t> owners_{0};
  PayloadKind kind_;
};

/// A shared handle of an immutable Payload; empty when the message has none.
class PayloadRef {
 public:
  PayloadRef() = default;
  explicit PayloadRef(std::unique_ptr<const Payload> fresh) : payload_(fresh.release()) {
    if (payload_ != nullptr) payload_->owners_.store(1, std::memory_order_relaxed);
  }
  PayloadRef(const PayloadRef& other) : payload_(other.payload_) { hold(); }
  PayloadRef(PayloadRef&& other) noexcept : payload_(std::exchange(other.payload_, nullptr)) {}
  PayloadRef& operator=(PayloadRef other) noexcept {
    std::swap(payload_, other.payload_);
    return *this;
  }
  ~PayloadRef() { let_go(payload_); }

  /// A handle that counts nothing. The payload's owner keeps it until no handle is left. Without a
  /// count to write, any number of threads can share a payload at the price of reading it.
  /// Requires that no counted handle of it exists, now or later.
  [[nodiscard]] static PayloadRef lend(const Payload& owned) {
    owned.owners_.store(Payload::kLent, std::memory_order_relaxed);
    return adopt(&owned);
  }
  /// Gives up the payload without letting go of it; adopt() takes it up again. For stores that move
  /// messages as plain bytes.
  [[nodiscard]] const Payload* release() noexcept { return std::exchange(payload_, nullptr); }
  /// Requires that `payload` comes from release(), once for each.
  [[nodiscard]] static PayloadRef adopt(const Payload* payload) noexcept {
    PayloadRef handle;
    handle.payload_ = payload;
    return handle;
  }

  explicit operator bool() const { return payload_ != nullptr; }
  [[nodiscard]] const Payload* get() const { return payload_; }

  /// The payload as a `T`, or null when it is empty or of another kind.
  template <class T>
  [[nodiscard]] const T* as() const {
    if (payload_ == nullptr || payload_->kind() != T::kKind) return nullptr;
    return static_cast<const T*>(payload_);
  }

  /// The payload as a `T`. Requires that it is one.
  template <class T>
  [[nodiscard]] const T& ref() const {
    const T* const payload = as<T>();
    SHOAL_ASSERT(payload != nullptr);
    return *payload;
  }

  friend bool operator==(const PayloadRef&, const PayloadRef&) = default;  ///< same object

 private:
  void hold() const {
    if (payload_ == nullptr || payload_->lent()) return;
    payload_->owners_.fetch_add(1, std::memory_order_relaxed);
  }
  static void let_go(const Payload* payload) {
    if (payload == nullptr) return;
    const std::uint32_t owners = payload->owners_.load(std::memory_order_acquire);
    if (owners == Payload::kLent) return;
    // Nobody can join a sole owner, so it needs no lock, which is dear.
    if (owners == 1 || payload->owners_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete payload;
    }
  }

  const Payload* payload_ = nullptr;
};

/// Makes a payload and its first handle: `make_payload<QueryBody>([&](QueryBody& q) { ... })`.
template <class T, class Fill>
PayloadRef make_payload(Fill fill) {
  auto fresh = std::make_unique<T>();
  fill(*fresh);
  return PayloadRef(std::move(fresh));
}

}  // namespace shoal
