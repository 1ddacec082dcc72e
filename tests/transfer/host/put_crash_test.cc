// SPDX-License-Identifier: Apache-2.0
// Every prefix of what receiving a file does to the disk, and failures on top: under the final name
// there is the right file or none, and whoever puts it again gets it there.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "proto/types/limits_inbox.h"
#include "tests/transfer/host/crash_world.h"
#include "transfer/host/disk/part_file.h"
#include "transfer/host/put/put_part.h"

namespace shoal::transfer {
namespace {

using testing::FaultDisk;
using testing::known_file;
using testing::KnownFile;
using Survives = FaultDisk::Survives;

struct End {
  std::optional<Error> error;
  std::string path;
  std::uint64_t sent = 0;
};

/// How the receiver's process ends.
enum class How : std::uint8_t { kStops, kKilled };

// One call: an honest giver, as far as the receiver goes along. `stop_at`: it breaks off there.
End receive(FaultDisk& disk, const KnownFile& file, std::uint64_t stop_at = ~std::uint64_t{0},
            How how = How::kStops) {
  End end;
  auto part = PutPart::open(disk.mount(), file.tree.id, "file.bin", "/folder");
  if (!part) return {part.error(), {}, 0};
  PutPart& put = **part;
  const auto play = [&]() -> Result<void> {
    for (Result<bool> ready = false; !ready || !*ready;) {
      ready = put.prepare();
      if (!ready) return tl::unexpected<Error>(ready.error());
    }
    if (!put.all_here() && put.wants_manifest()) {
      if (auto fine = put.take_hashes(0, file.tree.layer); !fine) return fine;
    }
    while (!put.all_here()) {
      const std::uint64_t at = put.offset();
      if (at >= stop_at) return fail(Errc::kCancelled, "broke off");
      const std::uint32_t piece = file.layout.piece_of(at);
      const std::uint64_t size = std::min<std::uint64_t>(
          limits::kPutChunk, file.layout.offset(piece) + file.layout.size(piece) - at);
      end.sent += size;
      if (auto fine = put.take_bytes(at, std::span(file.bytes).subspan(at, size)); !fine) {
        return fine;
      }
    }
    for (Result<bool> done = false; !done || !*done;) {
      done = put.check();
      if (!done) return tl::unexpected<Error>(done.error());
    }
    auto path = put.place();
    if (!path) return tl::unexpected<Error>(path.error());
    end.path = *path;
    return {};
  };
  if (auto fine = play(); !fine) end.error = fine.error();
  if (!disk.dead() && how == How::kStops) put.stop();
  return end;
}

std::string wrong_on(const FaultDisk& disk, const KnownFile& file) {
  for (const auto& [name, bytes] : disk.placed()) {
    if (bytes != file.bytes) return "wrong bytes under the final name " + name;
  }
  return disk.placed().size() > 1 ? "two files of one put" : "";
}

// The next giver gets it there, and the file lies there once.
std::string finish(FaultDisk& disk, const KnownFile& file) {
  const End last = receive(disk, file);
  if (last.error) return last.error->what + ": " + last.error->why;
  if (last.path != "/folder/file.bin") return "it lies at " + last.path;
  if (disk.placed().size() != 1) return "not one file";
  if (!disk.parts().empty()) return "something is left in .part";
  return wrong_on(disk, file);
}

TEST(PutCrash, EveryPrefixOfASmallPutRecovers) {
  std::uint64_t prefixes = 0;
  for (std::size_t which = 0; which < testing::kKnownFiles; ++which) {
    const KnownFile& file = known_file(which);
    for (const auto survives : {Survives::kNothing, Survives::kAll, Survives::kSome}) {
      for (std::uint64_t cut = 0;; ++cut) {
        SCOPED_TRACE("file " + std::to_string(which) + " survival " +
                     std::to_string(static_cast<int>(survives)) + " power cut before operation " +
                     std::to_string(cut));
        FaultDisk disk;
        Rng rng(cut);
        disk.cut_power_at(cut);
        if (!receive(disk, file).error) break;
        ++prefixes;
        ASSERT_TRUE(disk.dead());
        disk.restart(survives, rng);
        ASSERT_EQ(wrong_on(disk, file), "");
        ASSERT_EQ(finish(disk, file), "");
      }
    }
  }
  EXPECT_GT(prefixes, 100U);
}

// What a failed sync left in the cache looks right until the power goes.
TEST(PutCrash, WhatOneFailureLeftIsNeverTakenForDurable) {
  for (std::size_t which = 0; which < testing::kKnownFiles; ++which) {
    const KnownFile& file = known_file(which);
    for (const Errc error : {Errc::kIo, Errc::kNoSpace}) {
      for (std::uint64_t at = 0;; ++at) {
        SCOPED_TRACE("file " + std::to_string(which) + " failure at operation " +
                     std::to_string(at));
        FaultDisk disk;
        Rng rng(at);
        disk.fail_at(at, error);
        static_cast<void>(receive(disk, file));
        const bool failed = disk.operations() > at;
        if (disk.placed().empty()) static_cast<void>(receive(disk, file));
        disk.restart(Survives::kNothing, rng);
        ASSERT_EQ(wrong_on(disk, file), "");
        if (!failed) break;
      }
    }
  }
}

TEST(PutCrash, WhatWasThereWhenItBrokeOffIsNotSentAgain) {
  const KnownFile& file = known_file(testing::kKnownFiles - 1);
  ASSERT_GT(file.layout.pieces, 1U);
  FaultDisk disk;
  const End first = receive(disk, file, file.layout.piece_length);
  ASSERT_TRUE(first.error);
  EXPECT_EQ(first.sent, file.layout.piece_length);
  const End last = receive(disk, file);
  EXPECT_FALSE(last.error);
  EXPECT_EQ(last.sent, file.bytes.size() - file.layout.piece_length);
  EXPECT_EQ(wrong_on(disk, file), "");
}

// What a call took the room for is no longer missing, and yet nobody wrote it.
TEST(PutCrash, APartThatWasCutOrTakenAwayIsSentAgainAndNeverBelieved) {
  const KnownFile& file = known_file(testing::kKnownFiles - 1);
  const std::uint64_t piece = file.layout.piece_length;
  ASSERT_EQ(file.layout.pieces, 4U);
  for (const How how : {How::kStops, How::kKilled}) {
    FaultDisk disk;
    ASSERT_TRUE(receive(disk, file, 3 * piece).error);
    disk.remove_part(part_name(file.tree.id));
    ASSERT_TRUE(receive(disk, file, piece, how).error);
    const End last = receive(disk, file);
    EXPECT_FALSE(last.error) << last.error->what << ": " << last.error->why;
    EXPECT_EQ(last.sent, 3 * piece) << "the first piece was here";
    EXPECT_EQ(wrong_on(disk, file), "");
  }
}

// It is read back before it gets its name, also what an earlier call was sure of.
TEST(PutCrash, WhatTheDiskSpoiledMeanwhileGetsNoName) {
  const KnownFile& file = known_file(testing::kKnownFiles - 1);
  ASSERT_GT(file.layout.pieces, 1U);
  for (const std::uint64_t offset :
       {std::uint64_t{0}, std::uint64_t{file.layout.piece_length} - 1}) {
    FaultDisk disk;
    ASSERT_TRUE(receive(disk, file, file.layout.piece_length).error);
    disk.spoil_part(part_name(file.tree.id), offset);
    const End spoiled = receive(disk, file);
    ASSERT_TRUE(spoiled.error);
    EXPECT_EQ(spoiled.error->code, Errc::kIntegrity);
    EXPECT_TRUE(disk.placed().empty());
    const End again = receive(disk, file);
    EXPECT_FALSE(again.error);
    EXPECT_EQ(again.sent, file.bytes.size());
    EXPECT_EQ(wrong_on(disk, file), "");
  }
}

RC_GTEST_PROP(PutCrash, FaultsAndPowerCutsLeaveTheRightFileOrNone, ()) {
  const auto which = *rc::gen::inRange<std::size_t>(0, testing::kKnownFiles).as("file");
  const KnownFile& file = known_file(which);
  Rng rng(*rc::gen::arbitrary<std::uint64_t>().as("seed"));
  FaultDisk disk;
  const int processes = *rc::gen::inRange(1, 4).as("processes");
  for (int at = 0; at < processes; ++at) {
    const auto faults = *rc::gen::inRange(0, 3).as("faults");
    for (int one = 0; one < faults; ++one) {
      const auto when = disk.operations() + *rc::gen::inRange<std::uint64_t>(0, 30).as("when");
      disk.fail_at(when, *rc::gen::element(Errc::kNoSpace, Errc::kIo).as("error"));
    }
    if (*rc::gen::inRange(0, 2).as("power goes") == 1) {
      disk.cut_power_at(disk.operations() + *rc::gen::inRange<std::uint64_t>(0, 30).as("cut"));
    }
    static_cast<void>(
        receive(disk, file, *rc::gen::inRange<std::uint64_t>(0, file.bytes.size() + 2).as("stop")));
    RC_ASSERT(wrong_on(disk, file) == "");
    // A process that was killed leaves the cache, a power cut does not.
    if (disk.dead() || *rc::gen::inRange(0, 2).as("power cut after") == 1) {
      disk.restart(*rc::gen::element(Survives::kNothing, Survives::kAll, Survives::kSome)
                        .as("what survives"),
                   rng);
      RC_ASSERT(wrong_on(disk, file) == "");
    }
    if (!disk.placed().empty()) return;
    if (*rc::gen::inRange(0, 4).as("somebody takes the part away") == 0) {
      disk.remove_part(part_name(file.tree.id));
    }
  }
  disk.restart(Survives::kAll, rng);
  const End last = receive(disk, file);
  RC_ASSERT((last.error ? last.error->what + ": " + last.error->why : "") == "");
  RC_ASSERT(wrong_on(disk, file) == "");
}

}  // namespace
}  // namespace shoal::transfer
