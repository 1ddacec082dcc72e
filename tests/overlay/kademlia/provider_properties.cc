// SPDX-License-Identifier: Apache-2.0
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "overlay/kademlia/providers.h"
#include "overlay/kademlia/wire.h"
#include "proto/types/limits.h"
#include "tests/overlay/kademlia/ids.h"
#include "tests/overlay/kademlia/properties.h"

namespace shoal::tests {
namespace {

using overlay::kademlia::Offer;
using overlay::kademlia::OfferedFile;
using overlay::kademlia::Point;
using overlay::kademlia::Providers;

constexpr const char* kWords[] = {"red", "green", "blue", "long"};

Point key_number(int number) {
  Point key;
  key.words[3] = static_cast<std::uint64_t>(number);
  return key;
}

OfferedFile draw_file() {
  OfferedFile file;
  file.content.length = static_cast<std::uint64_t>(*rc::gen::inRange(0, 1000).as("length"));
  for (const char* word : kWords) {
    if (*rc::gen::inRange(0, 2).as("has word") == 0) continue;
    if (!file.words.empty()) file.words.push_back(' ');
    file.words.append(word);
  }
  file.all_words = *rc::gen::inRange(0, 4).as("all words") != 0;
  return file;
}

Offer draw_offer() {
  Offer offer;
  const int files = *rc::gen::inRange(1, 5).as("files");
  for (int i = 0; i < files; ++i) offer.files.push_back(draw_file());
  offer.all_files = *rc::gen::inRange(0, 4).as("all files") != 0;
  return offer;
}

/// One word, or two; the last one whole or its first letters.
std::string draw_wanted() {
  const std::string last = kWords[*rc::gen::inRange(0, 4).as("wanted")];
  const int letters = *rc::gen::inRange(1, 8).as("letters");
  const std::string typed = last.substr(0, static_cast<std::size_t>(letters));
  if (*rc::gen::inRange(0, 2).as("words wanted") == 0) return typed;
  return kWords[*rc::gen::inRange(0, 4).as("wanted first")] + (' ' + typed);
}

/// As the words say, by looking at each.
bool may_have(const Offer& offer, const std::string& wanted) {
  if (!offer.all_files) return true;
  const std::size_t gap = wanted.find(' ');
  const std::string whole = gap == std::string::npos ? "" : wanted.substr(0, gap);
  const std::string beginning = gap == std::string::npos ? wanted : wanted.substr(gap + 1);
  for (const OfferedFile& file : offer.files) {
    const std::string words = ' ' + file.words + ' ';
    const bool fits = (whole.empty() || words.find(' ' + whole + ' ') != std::string::npos) &&
                      (beginning.empty() || words.find(' ' + beginning) != std::string::npos);
    if (!file.all_words || fits) return true;
  }
  return false;
}

std::vector<PeerRef> named_by(const Providers& store, const Point& key, std::string_view wanted,
                              PeerRef except, std::size_t n, Instant now, Rng& rng) {
  std::vector<Contact> found(n);
  const Contact* const end = store.find(key, wanted, except, n, now, rng, found.data());
  found.resize(static_cast<std::size_t>(end - found.data()));
  std::vector<PeerRef> peers;
  for (const Contact& contact : found) peers.push_back(contact.peer);
  return peers;
}

}  // namespace

bool offers_are_bounded_and_expire() {
  return rc::check("what is found is what was offered last, fits, and is not over", [] {
    Providers store;
    Kept kept;
    Rng rng(1);
    std::map<std::pair<int, std::uint32_t>, std::pair<Instant, Offer>> model;
    Instant now{};
    const int steps = *rc::gen::inRange(1, 60).as("steps");
    for (int step = 0; step < steps; ++step) {
      now += std::chrono::minutes(*rc::gen::inRange(0, 60).as("minutes"));
      const int key = *rc::gen::inRange(0, 3).as("key");
      const PeerRef peer{static_cast<std::uint32_t>(*rc::gen::inRange(0, 6).as("peer"))};
      if (*rc::gen::inRange(0, 5).as("what") == 0) {
        store.sweep(now, kept.refs());
      } else {
        Offer offer = draw_offer();
        const auto outcome = store.keep(key_number(key), peer, offer, now, kept.refs());
        RC_ASSERT(outcome != Providers::Kept::kFull);
        model[{key, peer.value}] = {now + limits::kKademliaOfferTime, std::move(offer)};
      }
      const std::string wanted = draw_wanted();
      const PeerRef except{static_cast<std::uint32_t>(*rc::gen::inRange(0, 8).as("except"))};
      std::vector<PeerRef> found = named_by(store, key_number(key), wanted, except, 100, now, rng);
      std::vector<PeerRef> expected;
      for (const auto& [at, value] : model) {
        const bool fits = at.first == key && value.first > now && PeerRef{at.second} != except;
        if (fits && may_have(value.second, wanted)) expected.push_back(PeerRef{at.second});
      }
      std::ranges::sort(found);
      RC_ASSERT(found == expected);
      const auto two = named_by(store, key_number(key), wanted, except, 2, now, rng);
      RC_ASSERT(two.size() == std::min<std::size_t>(2, expected.size()));
      for (const PeerRef p : two) {
        RC_ASSERT(std::ranges::find(expected, p) != expected.end());
        RC_ASSERT(std::ranges::count(two, p) == 1);
      }
    }
    store.sweep(now + limits::kKademliaOfferTime, kept.refs());
    RC_ASSERT(store.size() == 0U);
    RC_ASSERT(store.bytes() == 0U);
    for (std::uint32_t peer = 0; peer < 6; ++peer) RC_ASSERT(kept.of(PeerRef{peer}) == 0);
  });
}

bool nobody_fills_a_key() {
  return rc::check("one peer has one place under a key, and full keys refuse", [] {
    Providers store;
    Kept kept;
    Rng rng(1);
    const int floods = *rc::gen::inRange(1, 200).as("floods");
    for (int i = 0; i < floods; ++i) {
      store.keep(key_number(1), PeerRef{7}, draw_offer(), Instant{}, kept.refs());
    }
    RC_ASSERT(store.size() == 1U);
    const int others =
        *rc::gen::inRange(0, 2 * static_cast<int>(limits::kKademliaOffersPerKey)).as("others");
    for (int i = 0; i < others; ++i) {
      store.keep(key_number(1), PeerRef{static_cast<std::uint32_t>(100 + i)}, draw_offer(),
                 Instant{}, kept.refs());
    }
    const auto there = static_cast<std::size_t>(others) + 1;
    RC_ASSERT(store.size() == std::min(there, limits::kKademliaOffersPerKey));
    RC_ASSERT(store.refused() == there - store.size());
    const auto found = named_by(store, key_number(1), "", kNoPeer, 1000, Instant{}, rng);
    RC_ASSERT(std::ranges::find(found, PeerRef{7}) != found.end());  // nobody put it out
  });
}

bool messages_come_back_as_they_were_and_garbage_does_not() {
  return rc::check("messages come back as they were, and no other bytes are messages", [] {
    using overlay::kademlia::decode_add;
    using overlay::kademlia::decode_find;
    const overlay::kademlia::AddRequest add{key_number(*rc::gen::inRange(0, 1000).as("key")),
                                            draw_offer()};
    const std::string bytes = encode(add);
    const auto back = decode_add(bytes);
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->key == add.key);
    RC_ASSERT(back->offer == add.offer);
    // One way only to write a message: cut, longer or changed, it is another one or none.
    const auto cut = static_cast<std::size_t>(
        *rc::gen::inRange<int>(0, static_cast<int>(bytes.size())).as("cut"));
    RC_ASSERT(!decode_add(bytes.substr(0, cut)).has_value());
    RC_ASSERT(!decode_add(bytes + "x").has_value());
    std::string twisted = bytes;
    twisted[cut] = static_cast<char>(twisted[cut] ^ *rc::gen::inRange(1, 256).as("twist"));
    if (const auto other = decode_add(twisted)) {
      RC_ASSERT(encode(*other) == twisted);
      RC_ASSERT(other->offer.files.size() <= limits::kKademliaFiles);
    }
    const auto noise = *rc::gen::container<std::string>(rc::gen::arbitrary<char>()).as("noise");
    if (const auto find = decode_find(noise)) RC_ASSERT(encode(*find) == noise);
    if (const auto other = decode_add(noise)) RC_ASSERT(encode(*other) == noise);
    RC_ASSERT(!decode_find(std::string(32 + limits::kTermsMax + 1, 'a')).has_value());
  });
}

}  // namespace shoal::tests
