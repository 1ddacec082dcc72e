// SPDX-License-Identifier: Apache-2.0
#include "proto/http/guests.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

namespace shoal::http {
namespace {

using Id = Guests::Id;
using For = Guests::For;
using Leavers = std::vector<Guests::Leaver>;

// Whose place a newcomer got.
Id place_of(const Guests::Entry& entry) { return entry.gave_way ? entry.gave_way->id : 0; }

TEST(Guests, GiveTheirPlaceToANewcomerWhenTheyHaveWaitedLongest) {
  Guests guests({2, 2, 100, 100});
  const Id first = *guests.enter("a", true).in;
  const Id second = *guests.enter("a", true).in;
  ASSERT_TRUE(guests.work(first));
  const auto third = guests.enter("b", true);
  ASSERT_TRUE(third.in);
  EXPECT_EQ(place_of(third), second);
  EXPECT_FALSE(guests.work(second));
  ASSERT_TRUE(guests.work(*third.in));
  EXPECT_FALSE(guests.enter("c", true).in);  // none at work goes
  EXPECT_TRUE(guests.wait(first, For::kRequest, 0).empty());
  EXPECT_EQ(place_of(guests.enter("c", true)), first);
}

TEST(Guests, OverTheShareOfAnAddressOneOfItsOwnGoes) {
  Guests guests({16, 2, 100, 100});
  const Id other = *guests.enter("b", false).in;
  const Id first = *guests.enter("a", false).in;
  const Id second = *guests.enter("a", false).in;
  EXPECT_EQ(place_of(guests.enter("a", false)), first);
  EXPECT_TRUE(guests.work(other));
  EXPECT_TRUE(guests.work(second));
}

TEST(Guests, WaitAnewAfterWorkAndNotAfterMoreBytes) {
  Guests guests({3, 3, 100, 100});
  const Id a = *guests.enter("a", true).in;
  const Id b = *guests.enter("a", true).in;
  const Id c = *guests.enter("a", true).in;
  guests.work(a);
  guests.wait(a, For::kRequest, 1);  // now the last
  guests.wait(b, For::kRequest, 1);  // still the first
  EXPECT_EQ(place_of(guests.enter("a", true)), b);
  EXPECT_EQ(place_of(guests.enter("a", true)), c);
  EXPECT_EQ(place_of(guests.enter("a", true)), a);
}

TEST(Guests, OverTheMemoryTheEldestThatHoldsSomeGoes) {
  Guests guests({8, 8, 100, 1000});
  const Id silent = *guests.enter("a", true).in;
  const Id first = *guests.enter("a", true).in;
  const Id second = *guests.enter("a", true).in;
  const Id reader = *guests.enter("a", true).in;
  EXPECT_TRUE(guests.wait(reader, For::kReader, 900).empty());
  EXPECT_TRUE(guests.wait(second, For::kRequest, 40).empty());
  EXPECT_TRUE(guests.wait(first, For::kRequest, 60).empty());
  EXPECT_EQ(guests.wait(second, For::kRequest, 41), (Leavers{{first, 60}}));
  EXPECT_EQ(guests.bytes(For::kRequest), 41U);
  EXPECT_TRUE(guests.wait(second, For::kRequest, 500).empty());              // alone it may
  EXPECT_EQ(guests.wait(silent, For::kRequest, 1), (Leavers{{silent, 1}}));  // it is the eldest
  EXPECT_EQ(guests.wait(silent, For::kRequest, 1), (Leavers{{silent, 0}}));  // it was told late
  EXPECT_EQ(guests.bytes(For::kReader), 900U);
}

// An answer that is read slowly is not one that nobody reads.
TEST(Guests, WaitAnewWhenTheirClientsReadOn) {
  Guests guests({8, 8, 100, 1000});
  const Id slow = *guests.enter("a", true).in;
  const Id deaf = *guests.enter("a", true).in;
  const Id third = *guests.enter("a", true).in;
  EXPECT_TRUE(guests.wait(slow, For::kReader, 400).empty());
  EXPECT_TRUE(guests.wait(deaf, For::kReader, 400).empty());
  guests.read_on(slow);
  EXPECT_EQ(guests.wait(third, For::kReader, 400), (Leavers{{deaf, 400}}));
  EXPECT_EQ(guests.bytes(For::kReader), 800U);
}

// What was sent waits in the kernel for long before there is room for more.
TEST(Guests, AreAskedWhatTheirClientsHaveReadBeforeTheyGo) {
  std::map<Id, std::uint64_t> read;
  Guests guests({8, 8, 100, 1000}, [&](Id id) { return read[id]; });
  const Id slow = *guests.enter("a", true).in;
  const Id deaf = *guests.enter("a", true).in;
  const Id third = *guests.enter("a", true).in;
  const Id fourth = *guests.enter("a", true).in;
  EXPECT_TRUE(guests.wait(slow, For::kReader, 400).empty());
  EXPECT_TRUE(guests.wait(deaf, For::kReader, 400).empty());
  read[slow] = 1;
  EXPECT_EQ(guests.wait(third, For::kReader, 400), (Leavers{{deaf, 400}}));
  read[third] = 1;
  EXPECT_EQ(guests.wait(fourth, For::kReader, 400), (Leavers{{slow, 400}}));  // no more since then
}

TEST(Guests, GoBeforeANewcomerWhenTheClientsOfAllReadOn) {
  std::map<Id, std::uint64_t> read;
  Guests guests({8, 8, 100, 1000}, [&](Id id) { return read[id]; });
  const Id first = *guests.enter("a", true).in;
  const Id second = *guests.enter("a", true).in;
  const Id third = *guests.enter("a", true).in;
  EXPECT_TRUE(guests.wait(first, For::kReader, 400).empty());
  EXPECT_TRUE(guests.wait(second, For::kReader, 400).empty());
  read[first] = read[second] = 1;
  EXPECT_EQ(guests.wait(third, For::kReader, 400), (Leavers{{first, 400}}));
}

// So often that its client had no turn meanwhile.
TEST(Guests, AreSparedAsOftenAsTheirClientsHaveReadMuchBefore) {
  std::map<Id, std::uint64_t> read;
  Guests guests({8, 8, 100, 1000}, [&](Id id) { return read[id]; });
  const Id slow = *guests.enter("a", true).in;
  EXPECT_TRUE(guests.wait(slow, For::kReader, 600).empty());
  const auto goes_at_next = [&] {
    const Id deaf = *guests.enter("b", true).in;
    const Id next = *guests.enter("b", true).in;
    EXPECT_TRUE(guests.wait(deaf, For::kReader, 400).empty());
    const auto cut = guests.wait(next, For::kReader, 400);
    guests.leave(deaf);
    guests.leave(next);
    return cut == Leavers{{slow, 600}};
  };
  read[slow] = 100 * limits::kHttpReaderCredit;
  EXPECT_FALSE(goes_at_next());
  for (auto left = limits::kHttpReaderCredit; left > 0; left -= limits::kHttpReaderSpared) {
    EXPECT_FALSE(goes_at_next()) << left;
  }
  EXPECT_TRUE(goes_at_next());
}

TEST(Guests, LeaveTheirPlaceToNewcomersOnlyWhenTheirClientsDoNotReadOn) {
  std::map<Id, std::uint64_t> read;
  Guests guests({2, 2, 100, 1000}, [&](Id id) { return read[id]; });
  const Id slow = *guests.enter("a", false).in;
  const Id deaf = *guests.enter("a", false).in;
  EXPECT_TRUE(guests.wait(slow, For::kReader, 400).empty());
  EXPECT_TRUE(guests.wait(deaf, For::kReader, 300).empty());
  read[slow] = 1;
  EXPECT_EQ(guests.enter("a", false).gave_way, (Guests::Leaver{deaf, 300}));
}

// A list in the order of waiting, and everything counted anew each time.
struct Model {
  struct Guest {
    Id id;
    std::string key;
    bool waits;
    For what;
    std::size_t bytes;
  };
  std::vector<Guest> guests;  // those that wait are in the order of their time

  auto find(Id id) { return std::ranges::find(guests, id, &Guest::id); }
  [[nodiscard]] std::size_t bytes(For what) const {
    std::size_t sum = 0;
    for (const auto& each : guests) sum += each.waits && each.what == what ? each.bytes : 0;
    return sum;
  }
  Leavers wait(Id id, For what, std::size_t bytes, std::size_t most) {
    auto guest = *find(id);
    if (!guest.waits || guest.what != what) {
      guests.erase(find(id));
      guests.push_back({id, guest.key, true, what, bytes});
    } else {
      find(id)->bytes = bytes;
    }
    Leavers gone;
    const auto holds = [what](const Guest& each) {
      return each.waits && each.what == what && each.bytes > 0;
    };
    while (this->bytes(what) > most && std::ranges::count_if(guests, holds) > 1) {
      const auto one = std::ranges::find_if(guests, holds);
      gone.push_back({one->id, one->bytes});
      guests.erase(one);
    }
    return gone;
  }
};

RC_GTEST_PROP(Guests, AreThoseOfADumbList, ()) {
  constexpr std::size_t kMost = 50;
  Guests guests({8, 3, kMost, kMost});
  Model model;
  std::vector<Id> known;
  const auto steps =
      *rc::gen::scale(
           3, rc::gen::container<std::vector<std::tuple<int, int, int>>>(rc::gen::tuple(
                  rc::gen::inRange(0, 6), rc::gen::inRange(0, 12), rc::gen::inRange(0, 40))))
           .as("steps");
  for (const auto& [what, who, bytes] : steps) {
    const auto size = static_cast<std::size_t>(bytes);
    const auto some = static_cast<std::size_t>(who);
    if (what == 0 || known.empty()) {
      const std::string key(1, static_cast<char>('a' + who % 4));
      const bool exempt = key == "d";
      const auto here = std::ranges::count(model.guests, key, &Model::Guest::key);
      const bool own = !exempt && here > 0 && (here >= 3 || model.guests.size() >= 6);
      const bool room = model.guests.size() < 8 && !own;
      const auto entry = guests.enter(key, exempt);
      const auto goes = std::ranges::find_if(
          model.guests, [&](const auto& each) { return each.waits && (!own || each.key == key); });
      RC_ASSERT(entry.in.has_value() == (room || goes != model.guests.end()));
      RC_ASSERT(entry.gave_way.has_value() == (entry.in && !room));
      if (!entry.in) continue;
      if (entry.gave_way) {
        RC_ASSERT(entry.gave_way->id == goes->id);
        model.guests.erase(goes);
      }
      model.guests.push_back({*entry.in, key, true, For::kRequest, 0});
      known.push_back(*entry.in);
    } else {
      const Id id = known[some % known.size()];
      const bool there = model.find(id) != model.guests.end();
      if (what == 1) {
        guests.leave(id);
        if (there) model.guests.erase(model.find(id));
      } else if (what == 2) {
        RC_ASSERT(guests.work(id) == there);
        if (there) model.find(id)->waits = false;
      } else if (what == 5) {
        guests.read_on(id);
        if (there && model.find(id)->waits) {
          std::rotate(model.find(id), model.find(id) + 1, model.guests.end());
        }
      } else {
        const For phase = what == 3 ? For::kRequest : For::kReader;
        const auto gone = guests.wait(id, phase, size);
        RC_ASSERT(gone == (there ? model.wait(id, phase, size, kMost) : Leavers{{id, 0}}));
      }
    }
    RC_ASSERT(guests.connections() == model.guests.size());
    RC_ASSERT(guests.bytes(For::kRequest) == model.bytes(For::kRequest));
    RC_ASSERT(guests.bytes(For::kReader) == model.bytes(For::kReader));
  }
}

}  // namespace
}  // namespace shoal::http
