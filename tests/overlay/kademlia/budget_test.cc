// SPDX-License-Identifier: Apache-2.0
// What a peer may cost: the bounds of proto/types/limits_kademlia.h.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "overlay/kademlia/publisher.h"
#include "tests/overlay/kademlia/net.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Kind;
using overlay::kademlia::Publisher;

TEST(KademliaBudget, IdlePeersKeepToTheirs) {
  Net net(3);
  for (int i = 0; i < 600; ++i) net.add();
  net.fill_tables(limits::kKademliaK);
  net.run_for(std::chrono::minutes(3));
  std::size_t fullest = 0;
  for (std::uint32_t i = 0; i < net.size(); ++i) {
    const overlay::Kademlia& core = net.core(PeerRef{i});
    const std::size_t most = limits::kademlia_idle_bytes(core.table().buckets());
    EXPECT_TRUE(core.joined());
    EXPECT_LE(core.bytes(), most);
    fullest = std::max(fullest, 100 * core.bytes() / most);
  }
  EXPECT_GE(fullest, 50U);  // a bound that nothing comes near to would forbid nothing
}

Message offer_of(std::uint64_t key) {
  overlay::kademlia::AddRequest request;
  request.key.words[0] = key;
  for (std::size_t i = 0; i < limits::kKademliaFiles; ++i) {
    request.offer.files.push_back(
        {content_number(i), std::string(limits::kKademliaFileWords, 'w'), true});
  }
  Message add;
  add.kind = as_message_kind(Kind::kAddProvider);
  add.overlay = overlay::kKademlia;
  add.body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = encode(request); });
  return add;
}

TEST(KademliaBudget, AFloodOfOffersFillsTheStoreAndNoMore) {
  Net net(3);
  const PeerRef at = net.add();
  std::vector<PeerRef> flooders;
  Rng rng(5);
  for (int i = 0; i < 40; ++i) flooders.push_back(net.ghost(drawn_id(rng)));
  const std::size_t each = 400;
  for (const PeerRef flooder : flooders) {
    for (std::size_t key = 0; key < each; ++key) {
      const auto number = flooder.value * each + key;
      ASSERT_EQ(net.inject(flooder, at, offer_of(number)), Verdict::kAccept);
    }
  }
  const overlay::kademlia::Providers& kept = net.core(at).kept();
  EXPECT_EQ(kept.size(), limits::kKademliaOffers);
  EXPECT_EQ(kept.refused(), flooders.size() * each - limits::kKademliaOffers);
  EXPECT_LE(kept.bytes(), limits::kKademliaOffers * limits::kKademliaOfferBytes);
  EXPECT_GE(kept.bytes(), limits::kKademliaOffers * limits::kKademliaOfferBytes / 2);
  // One of them alone gets no more than its share.
  Net other(4);
  const PeerRef victim = other.add();
  const PeerRef one = other.ghost(drawn_id(rng));
  for (std::size_t key = 0; key < 2 * limits::kKademliaOffersPerPeer; ++key) {
    other.inject(one, victim, offer_of(key));
  }
  EXPECT_EQ(other.core(victim).kept().size(), limits::kKademliaOffersPerPeer);
  // And all of it goes again.
  net.intercept = [](PeerRef, PeerRef, const Message&) { return true; };
  net.run_for(limits::kKademliaOfferTime + limits::kKademliaSweep + std::chrono::minutes(1));
  EXPECT_EQ(kept.size(), 0U);
  EXPECT_EQ(net.least_kept, 0);
}

TEST(KademliaBudget, QuestionsOverTheBoundAreRefused) {
  Net net(3);
  net.matches = false;  // nobody's library answers
  const PeerRef at = net.add();
  Rng rng(5);
  const PayloadRef body = make_payload<QueryBody>([](QueryBody& query) { query.terms = "word"; });
  std::size_t refused = 0;
  net.intercept = [&](PeerRef, PeerRef, const Message& message) {
    refused += message.kind == MessageKind::kEchoRefused ? 1U : 0U;
    return true;
  };
  for (std::uint64_t i = 0; i < limits::kKademliaQuestions + 10; ++i) {
    Message question;
    question.query = QueryId{7, i};
    question.body = body;
    question.overlay = overlay::kKademlia;
    question.ttl = 1;
    EXPECT_EQ(net.inject(net.ghost(drawn_id(rng)), at, question), Verdict::kAccept);
  }
  net.run_for(std::chrono::seconds(1));
  EXPECT_EQ(refused, 10U);
}

SharedFile file_number(std::uint64_t number, std::size_t words) {
  SharedFile file{content_number(number), {}};
  for (std::size_t i = 0; i < words; ++i) {
    file.words +=
        (i == 0 ? "" : " ") + std::string("w") + std::to_string(number) + "x" + std::to_string(i);
  }
  return file;
}

TEST(KademliaPublisher, OffersEachFileUnderItsContentAndItsWords) {
  Publisher publisher;
  const SharedFile first{content_number(1), "red green"};
  const SharedFile second{content_number(2), "red x"};  // "x" is too short for a key
  publisher.add(std::vector{first, second});
  std::map<overlay::kademlia::Point, overlay::kademlia::Offer> offers;
  while (auto publication = publisher.next()) offers[publication->key] = publication->offer;
  ASSERT_EQ(offers.size(), 4U);
  const auto& red = offers.at(overlay::kademlia::point_of_word("red"));
  ASSERT_EQ(red.files.size(), 2U);
  EXPECT_EQ(red.files[0].words, "red green");
  EXPECT_EQ(red.files[1].words, "red x");
  EXPECT_TRUE(red.all_files);
  EXPECT_EQ(offers.at(overlay::kademlia::point_of_word("green")).files.size(), 1U);
  EXPECT_TRUE(offers.contains(overlay::kademlia::point_of_content(first.content)));
  EXPECT_TRUE(offers.contains(overlay::kademlia::point_of_content(second.content)));
  EXPECT_EQ(publisher.left_out(), 0U);
}

TEST(KademliaPublisher, SaysWhenItHasMoreUnderAWordThanItNames) {
  Publisher publisher;
  std::vector<SharedFile> files;
  for (std::uint64_t i = 0; i < limits::kKademliaFiles + 1; ++i) {
    files.push_back({content_number(i), "common w" + std::to_string(i) + "w"});
  }
  publisher.add(files);
  while (auto publication = publisher.next()) {
    const bool common = publication->key == overlay::kademlia::point_of_word("common");
    EXPECT_EQ(publication->offer.all_files, !common);
    EXPECT_LE(publication->offer.files.size(), limits::kKademliaFiles);
    if (common) {
      EXPECT_TRUE(publication->offer.may_have("common anything"));
    }
  }
}

TEST(KademliaPublisher, KeepsItsBoundsAndCountsWhatItLeavesOut) {
  Publisher publisher;
  for (std::uint64_t i = 0; i < 2 * limits::kKademliaPublishFiles; ++i) {
    publisher.add(std::vector{file_number(i, 20)});
  }
  EXPECT_EQ(publisher.keys(), limits::kKademliaPublishKeys);
  EXPECT_GE(publisher.left_out(), limits::kKademliaPublishFiles);
  EXPECT_LE(publisher.bytes(), limits::kKademliaPublishBytes);
  EXPECT_GE(publisher.bytes(), limits::kKademliaPublishBytes / 3);
  while (publisher.next()) {
  }
  EXPECT_EQ(publisher.bytes(), 0U);
}

TEST(KademliaPublisher, LooksASearchUpByItsLongestWord) {
  using overlay::kademlia::key_word;
  EXPECT_EQ(key_word("a longer word"), "longer");
  EXPECT_EQ(key_word("same size"), "same");
  EXPECT_EQ(key_word("a b c"), "");
  EXPECT_EQ(key_word("rare longer"), "rare");   // the last one may be half typed
  EXPECT_EQ(key_word("the longer"), "longer");  // but the others are too common
  EXPECT_EQ(key_word("alone"), "alone");
  EXPECT_EQ(key_word(std::string(limits::kKademliaWordMax + 1, 'x') + " ok"), "ok");
}

}  // namespace
}  // namespace shoal::tests
