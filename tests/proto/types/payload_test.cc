// SPDX-License-Identifier: Apache-2.0
#include "proto/types/payload.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>
#include <vector>

#include "proto/types/bodies.h"

namespace shoal {
namespace {

// Counts itself; a kind of its own is not needed.
struct Counted final : Payload {
  static constexpr PayloadKind kKind = PayloadKind::kOpaque;
  explicit Counted(std::atomic<int>& counter) : Payload(kKind), alive(counter) { ++alive; }
  ~Counted() override { --alive; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  std::atomic<int>& alive;
};

PayloadRef counted(std::atomic<int>& alive) {
  return PayloadRef(std::make_unique<const Counted>(alive));
}

TEST(Payload, LivesAsLongAsItsLastHandle) {
  std::atomic<int> alive = 0;
  PayloadRef first = counted(alive);
  {
    const PayloadRef second = first;
    EXPECT_EQ(second, first);
    EXPECT_EQ(second.get(), first.get());
    first = PayloadRef();
    EXPECT_FALSE(first);
    EXPECT_EQ(alive, 1);
    first = second;
  }
  EXPECT_EQ(alive, 1);
  PayloadRef moved = std::move(first);
  EXPECT_EQ(alive, 1);
  moved = counted(alive);  // the old one goes
  EXPECT_EQ(alive, 1);
  PayloadRef& itself = moved;
  moved = itself;
  EXPECT_EQ(alive, 1);
  EXPECT_TRUE(moved);
  moved = PayloadRef();
  EXPECT_EQ(alive, 0);
}

TEST(Payload, ThatIsLentLivesUntilItsOwnerEndsIt) {
  std::atomic<int> alive = 0;
  auto owned = std::make_unique<const Counted>(alive);
  {
    const PayloadRef first = PayloadRef::lend(*owned);
    PayloadRef second = first;
    const PayloadRef third = PayloadRef::lend(*owned);
    EXPECT_EQ(second, third);
    second = PayloadRef();
  }
  EXPECT_EQ(alive, 1);
  owned.reset();
  EXPECT_EQ(alive, 0);
}

TEST(Payload, ThatIsLentIsSharedByThreads) {
  std::atomic<int> alive = 0;
  const auto owned = std::make_unique<const Counted>(alive);
  const PayloadRef lent = PayloadRef::lend(*owned);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([lent] {
        for (int k = 0; k < 1000; ++k) std::vector<PayloadRef>(3, lent).pop_back();
      });
    }
  }
  EXPECT_EQ(alive, 1);
}

TEST(Payload, GoesThroughPlainBytesWithoutLosingCount) {
  std::atomic<int> alive = 0;
  PayloadRef handle = counted(alive);
  const PayloadRef other = handle;
  const Payload* const bytes = handle.release();
  EXPECT_FALSE(handle);
  EXPECT_EQ(PayloadRef::adopt(bytes), other);  // and lets go of it
  EXPECT_EQ(alive, 1);
}

TEST(Payload, IsCopiedWithoutItsHandles) {
  const PayloadRef query = make_payload<QueryBody>([](QueryBody& body) {
    body.terms = "boats";
    body.echo = false;
  });
  const std::unique_ptr<const QueryBody> copy = query.ref<QueryBody>().copy();
  EXPECT_EQ(copy->terms, "boats");
  EXPECT_FALSE(copy->echo);
  const PayloadRef lent = PayloadRef::lend(*copy);
  EXPECT_NE(lent, query);
}

TEST(Payload, IsReadAsWhatItIsOnly) {
  const PayloadRef query = make_payload<QueryBody>([](QueryBody& body) { body.terms = "boats"; });
  EXPECT_EQ(query.ref<QueryBody>().terms, "boats");
  EXPECT_EQ(query.as<HitBody>(), nullptr);
  EXPECT_EQ(PayloadRef().as<QueryBody>(), nullptr);
  EXPECT_DEATH(static_cast<void>(query.ref<HitBody>()), "assertion failed");
  EXPECT_DEATH(static_cast<void>(PayloadRef().ref<QueryBody>()), "assertion failed");
}

// Also run under the thread sanitizer: the last handle, wherever it is dropped, sees all that was
// written before.
TEST(Payload, IsSharedByThreadsAndFreedOnce) {
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> alive = 0;
    {
      PayloadRef shared = counted(alive);
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([mine = shared]() mutable {
          for (int copy = 0; copy < 200; ++copy) {
            PayloadRef again = mine;
            const PayloadRef moved = std::move(again);
            EXPECT_EQ(moved, mine);
          }
          mine = PayloadRef();
        });
      }
      shared = PayloadRef();
      for (auto& thread : threads) thread.join();
    }
    ASSERT_EQ(alive, 0);
  }
}

}  // namespace
}  // namespace shoal
