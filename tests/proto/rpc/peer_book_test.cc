// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/peer_book.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

PeerId peer(unsigned number) {
  PeerId id;
  id.bytes[0] = static_cast<std::uint8_t>(number);
  id.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  return id;
}

TEST(PeerBook, KnowsFriendsAndNobodyElse) {
  PeerBook book(Accept::kListed);
  book.set_friend(peer(1), Role::kPrimary);
  EXPECT_EQ(book.classify(peer(1)), Caller::kFriend);
  EXPECT_EQ(book.role_of(peer(1)), Role::kPrimary);
  EXPECT_EQ(book.classify(peer(2)), Caller::kUnknown);
  book.remove_friend(peer(1));
  EXPECT_EQ(book.classify(peer(1)), Caller::kUnknown);
}

TEST(PeerBook, TellsTheHookOfUnknownKeysAtTheDoorOnly) {
  PeerBook book(Accept::kDirectory);
  std::vector<PeerId> knocked;
  book.on_unknown([&](const PeerId& id) { knocked.push_back(id); });
  book.set_friend(peer(1), Role::kFriend);
  EXPECT_EQ(book.knock(peer(1)), Caller::kFriend);
  EXPECT_EQ(book.classify(peer(2)), Caller::kUnknown);
  EXPECT_TRUE(knocked.empty());
  EXPECT_EQ(book.knock(peer(2)), Caller::kUnknown);
  EXPECT_EQ(knocked, std::vector{peer(2)});
}

TEST(PeerBook, TakesAnyoneAsAGuestWhenItsNetworkDoes) {
  const PeerBook book(Accept::kAnyone);
  EXPECT_EQ(book.classify(peer(7)), Caller::kGuest);
}

TEST(PeerBook, AdmitsTheAskersOfAnsweredQueriesAndForgetsTheOldestAtTheBound) {
  PeerBook book(Accept::kListed);
  for (unsigned i = 0; i <= limits::kQueryKeysMax; ++i) {
    book.admit(KeyFingerprint{peer(i).bytes});
  }
  EXPECT_EQ(book.classify(peer(0)), Caller::kUnknown);
  EXPECT_EQ(book.classify(peer(1)), Caller::kQueryKey);
  EXPECT_EQ(book.classify(peer(limits::kQueryKeysMax)), Caller::kQueryKey);
}

TEST(PeerBook, CountsAKeyThatAsksAgainOnce) {
  PeerBook book(Accept::kListed);
  book.admit(KeyFingerprint{peer(1).bytes});
  for (unsigned i = 0; i <= limits::kQueryKeysMax; ++i) book.admit(KeyFingerprint{peer(2).bytes});
  EXPECT_EQ(book.classify(peer(1)), Caller::kQueryKey);
}

TEST(PeerBook, CountsAKeyToTheFirstFriendWhoBroughtItsSearch) {
  PeerBook book(Accept::kListed);
  book.set_friend(peer(1), Role::kFriend);
  book.set_friend(peer(2), Role::kFriend);
  book.admit(KeyFingerprint{peer(7).bytes});
  EXPECT_EQ(book.payer_of(peer(7)), peer(7)) << "nobody brought it";
  book.admit(KeyFingerprint{peer(7).bytes}, peer(1));
  book.admit(KeyFingerprint{peer(7).bytes}, peer(2));
  book.admit(KeyFingerprint{peer(7).bytes});
  EXPECT_EQ(book.payer_of(peer(7)), peer(1));
  book.admit(KeyFingerprint{peer(8).bytes}, peer(9));
  EXPECT_EQ(book.payer_of(peer(8)), peer(8)) << "a stranger stands for nobody";
  EXPECT_EQ(book.payer_of(peer(2)), peer(2)) << "a friend for himself";
  book.remove_friend(peer(1));
  EXPECT_EQ(book.payer_of(peer(7)), peer(7));
}

TEST(PeerBook, GivesAPeerThatReturnsAnotherHandle) {
  PeerBook book(Accept::kListed);
  const PeerRef first = book.hold(peer(1));
  EXPECT_EQ(book.hold(peer(1)), first);
  book.release(first);
  EXPECT_EQ(book.id_of(first), peer(1));
  book.release(first);
  EXPECT_EQ(book.id_of(first), std::nullopt);
  const PeerRef again = book.hold(peer(2));
  EXPECT_NE(again, first) << "the slot is the same, the generation is not";
  EXPECT_EQ(book.id_of(first), std::nullopt);
}

RC_GTEST_PROP(PeerBook, NamesEachHeldPeerByOneHandle,
              (const std::vector<std::pair<std::uint8_t, bool>>& steps)) {
  PeerBook book(Accept::kListed);
  std::map<unsigned, std::pair<PeerRef, unsigned>> held;  // the dumb model: handle and holds
  for (const auto& [drawn, takes] : steps) {
    const unsigned number = drawn % 8;
    auto at = held.find(number);
    if (takes) {
      const PeerRef ref = book.hold(peer(number));
      if (at == held.end()) {
        for (const auto& [other, entry] : held) RC_ASSERT(entry.first != ref);
        held[number] = {ref, 1};
      } else {
        RC_ASSERT(ref == at->second.first);
        ++at->second.second;
      }
    } else if (at != held.end()) {
      book.release(at->second.first);
      if (--at->second.second == 0) held.erase(at);
    }
    for (unsigned i = 0; i < 8; ++i) {
      at = held.find(i);
      RC_ASSERT(book.ref_of(peer(i)) ==
                (at == held.end() ? std::nullopt : std::optional(at->second.first)));
      if (at != held.end()) RC_ASSERT(book.id_of(at->second.first) == peer(i));
    }
  }
}

}  // namespace
}  // namespace shoal::rpc
