// SPDX-License-Identifier: Apache-2.0
// Every prefix of what a small download does to the disk, and drawn faults on top: under the final
// name there is the right file or none, the journal claims nothing that is not there, and the next
// process ends the work without fetching again what was durable.
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <algorithm>

#include "tests/transfer/host/crash_world.h"

namespace shoal::transfer {
namespace {

using testing::FaultDisk;
using testing::known_file;
using testing::KnownFile;
using testing::Process;
using Survives = FaultDisk::Survives;

const FaultDisk::Content kMine{'m', 'i', 'n', 'e'};

/// What is wrong with what lies on the disk, in words; empty: nothing.
std::string wrong_on(const FaultDisk& disk, const KnownFile& file, bool mine,
                     bool lost_records = false) {
  unsigned whole = 0;
  for (const auto& [name, bytes] : disk.placed()) {
    if (mine && name == "file.bin") {
      if (bytes != kMine) return "somebody else's file was changed";
    } else if (bytes != file.bytes) {
      return "wrong bytes under the final name " + name;
    } else {
      ++whole;
    }
  }
  if (whole > 1 && !lost_records) return "two files of one download";
  const auto parts = disk.parts();
  const auto journal = parts.find(journal_name(file.tree.id));
  if (journal == parts.end()) return {};
  const auto found =
      read_journal({reinterpret_cast<const char*>(journal->second.data()), journal->second.size()});
  if (!found.request || whole > 0) return {};
  const auto part = parts.find(part_name(file.tree.id));
  for (std::uint32_t piece = 0; piece < found.sure.size(); ++piece) {
    if (!found.sure.has(piece) && !found.claimed.has(piece)) continue;
    const std::uint64_t offset = file.layout.offset(piece);
    if (part == parts.end() || part->second.size() < offset + file.layout.size(piece) ||
        !std::ranges::equal(std::span(part->second).subspan(offset, file.layout.size(piece)),
                            file.piece(piece))) {
      return "the journal claims piece " + std::to_string(piece) + ", which is not there";
    }
  }
  return {};
}

/// Bytes that the journal on the disk claims.
std::uint64_t claimed_on(const FaultDisk& disk, const KnownFile& file) {
  const auto parts = disk.parts();
  const auto journal = parts.find(journal_name(file.tree.id));
  if (journal == parts.end()) return 0;
  const auto found =
      read_journal({reinterpret_cast<const char*>(journal->second.data()), journal->second.size()});
  std::uint64_t bytes = 0;
  if (!found.request || (found.layer.empty() && file.layout.pieces > 1)) return 0;
  for (std::uint32_t piece = 0; piece < found.sure.size(); ++piece) {
    if (found.sure.has(piece) || found.claimed.has(piece)) bytes += file.layout.size(piece);
  }
  return bytes;
}

/// Runs a process without faults to its end, which must be good; what is wrong, else empty.
/// `lost_records`: the journal had no room at times, so more may be fetched than was missing.
std::string finish(FaultDisk& disk, const KnownFile& file, Rng& rng, bool mine,
                   bool lost_records = false) {
  const std::uint64_t claimed = claimed_on(disk, file);
  const bool placed = disk.placed().size() > (mine ? 1U : 0U);
  Process last(disk, file, rng);
  if (last.run() != Process::End::kDone) return "the last process did not get done";
  const std::uint64_t missing = placed ? 0 : file.bytes.size() - claimed;
  if (!lost_records && last.fetched() != missing) {
    return "fetched " + std::to_string(last.fetched()) + " where " + std::to_string(missing) +
           " were missing";
  }
  if (!disk.parts().empty()) return "something is left in .part";
  if (lost_records) return wrong_on(disk, file, mine, lost_records);
  if (last.path() != (mine ? "/folder/file (2).bin" : "/folder/file.bin")) {
    return "it lies at " + last.path();
  }
  if (disk.placed().size() != (mine ? 2U : 1U)) return "not one file";
  return wrong_on(disk, file, mine);
}

TEST(Crash, EveryPrefixOfASmallDownloadRecovers) {
  std::uint64_t prefixes = 0;
  for (std::size_t which = 0; which < testing::kKnownFiles; ++which) {
    const KnownFile& file = known_file(which);
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
      for (const auto survives : {Survives::kNothing, Survives::kAll, Survives::kSome}) {
        // Cut the power in front of each operation until one process comes through.
        for (std::uint64_t cut = 0;; ++cut) {
          SCOPED_TRACE("file " + std::to_string(which) + " seed " + std::to_string(seed) +
                       " survival " + std::to_string(static_cast<int>(survives)) +
                       " power cut before operation " + std::to_string(cut));
          FaultDisk disk;
          Rng rng(seed);
          disk.cut_power_at(cut);
          const auto end = Process(disk, file, rng).run();
          if (end != Process::End::kDead) {
            ASSERT_EQ(end, Process::End::kDone);
            break;
          }
          ++prefixes;
          disk.restart(survives, rng);
          ASSERT_EQ(wrong_on(disk, file, false), "");
          ASSERT_EQ(finish(disk, file, rng, false), "");
        }
      }
    }
  }
  EXPECT_GT(prefixes, 500U);
}

RC_GTEST_PROP(Crash, AnyRunOfCrashesFailuresStopsAndFullDisksEndsWithTheRightFile, ()) {
  const auto which = *rc::gen::inRange<std::size_t>(0, testing::kKnownFiles).as("file");
  const auto seed = *rc::gen::arbitrary<std::uint64_t>().as("seed");
  const auto lives = *rc::gen::inRange(1, 5).as("processes with faults");
  const auto mine = *rc::gen::arbitrary<bool>().as("the name is taken");
  const KnownFile& file = known_file(which);
  Rng rng(seed);
  FaultDisk disk;
  if (mine) disk.add_placed("file.bin", kMine);
  bool dead = false;
  bool failed = false;
  bool full = false;
  for (int life = 0; life < lives; ++life) {
    const std::uint64_t from = disk.operations();
    if (rng.below(2) == 0) disk.cut_power_at(from + rng.below(40));
    if (rng.below(2) == 0) disk.fail_at(from + rng.below(30), Errc::kIo);
    if (rng.below(3) == 0) {
      full = true;
      disk.fill_for(static_cast<unsigned>(1 + rng.below(8)), from + rng.below(2) * rng.below(40));
    }
    Process process(disk, file, rng);
    const auto end = process.run(rng.below(3) == 0 ? rng.below(20) : ~std::uint64_t{0});
    RC_ASSERT(process.hidden_risk() == 0U);
    if (end == Process::End::kFailed) {
      failed = true;
      RC_ASSERT((process.error() == Errc::kIo || process.error() == Errc::kNoSpace));
    }
    if (end == Process::End::kDead || rng.below(3) == 0) {
      dead = true;
      disk.restart(static_cast<Survives>(rng.below(3)), rng);
    }
    RC_ASSERT(wrong_on(disk, file, mine, full) == "");
    if (end == Process::End::kDone && disk.placed().size() > (mine ? 1U : 0U)) break;
  }
  RC_TAG(std::string(dead ? "power cut" : "power stays") + (failed ? ", failures" : "") +
         (full ? ", full" : ""));
  disk.restart(Survives::kAll, rng);  // no fault is left over
  if (disk.placed().size() > (mine ? 1U : 0U) &&
      !disk.parts().contains(journal_name(file.tree.id))) {
    return;  // done before
  }
  RC_ASSERT(finish(disk, file, rng, mine, full) == "");
}

TEST(Crash, APartFileThatSomebodyTookAwayIsFetchedAgain) {
  const KnownFile& file = known_file(4);
  unsigned tried = 0;
  for (std::uint64_t stop = 0; stop < 100; ++stop) {
    FaultDisk disk;
    Rng rng(5);
    if (Process(disk, file, rng).run(stop) != Process::End::kStopped) break;
    // All is fetched and durable, after a clean stop: nothing would be read before the last check.
    if (claimed_on(disk, file) != file.bytes.size()) continue;
    ++tried;
    disk.remove_part(part_name(file.tree.id));
    Process again(disk, file, rng);
    EXPECT_EQ(again.run(), Process::End::kDone);
    EXPECT_EQ(again.fetched(), file.bytes.size());
    EXPECT_EQ(disk.placed().at("file.bin"), file.bytes);
  }
  EXPECT_GT(tried, 0U);
}

TEST(Crash, APartFileThatSomebodyCutWhileItWasFetchedGetsNoName) {
  const KnownFile& file = known_file(4);
  FaultDisk disk;
  DownloadRequest request;
  request.content = file.tree.id;
  Leftover left;
  const auto part = PartFile::open(disk.mount(), request, left);
  ASSERT_TRUE(part) << part.error().why;
  for (std::uint32_t piece = 0; piece < file.layout.pieces; ++piece) {
    ASSERT_TRUE((*part)->write(file.layout.offset(piece), file.piece(piece)));
  }
  ASSERT_TRUE(
      disk.mount()->open_part(part_name(file.tree.id), false).value()->cut(file.bytes.size() - 1));
  EXPECT_FALSE((*part)->place("file.bin"));
  EXPECT_TRUE(disk.placed().empty());
}

// The doubt of the journal has to be written before the file grows over what was sure.
TEST(Crash, APartFileThatSomebodyCutIsGoneOnWithWhenAFullDiskHasRoomAgain) {
  const KnownFile& file = known_file(4);
  unsigned waited = 0;
  std::uint64_t stop = 0;
  for (unsigned full = 0; full < 12; ++full) {
    SCOPED_TRACE(full);
    FaultDisk disk;
    Rng rng(5);
    for (; claimed_on(disk, file) < file.bytes.size(); ++stop) {
      ASSERT_LT(stop, 100U);
      disk = FaultDisk();
      rng = Rng(5);
      ASSERT_EQ(Process(disk, file, rng).run(stop), Process::End::kStopped);
    }
    --stop;  // enough for the next one, too
    ASSERT_TRUE(disk.mount()->open_part(part_name(file.tree.id), false).value()->cut(1 << 20));
    disk.fill_for(full);
    {
      DownloadRequest request;
      request.content = file.tree.id;
      Leftover left;
      const auto part = PartFile::open(disk.mount(), request, left);
      ASSERT_TRUE(part) << part.error().why;
      EXPECT_EQ(left.journal.sure.count(), 1U);
      while (!(*part)->write(file.layout.offset(3), file.piece(3))) {
        ASSERT_LT(++waited, 100U);
        EXPECT_EQ(disk.part(part_name(file.tree.id)).size(), 1U << 20);
      }
    }
    const auto journal = disk.part(journal_name(file.tree.id));
    const auto found =
        read_journal({reinterpret_cast<const char*>(journal.data()), journal.size()});
    EXPECT_EQ(found.sure.count(), 0U) << "zeros lie where it was sure";
    Process last(disk, file, rng);
    ASSERT_EQ(last.run(), Process::End::kDone);
    EXPECT_EQ(disk.placed().at("file.bin"), file.bytes);
  }
  EXPECT_GT(waited, 0U);
}

TEST(Crash, WhatDoesNotFitBesideTheSpareIsWaitedForAndRefusedAtTheStart) {
  const KnownFile& file = known_file(4);
  FaultDisk disk;
  disk.set_free_bytes(limits::kDiskSpare + file.bytes.size() - 1);
  const auto room = check_room(*disk.mount(), file.tree.id, "/folder");
  ASSERT_FALSE(room);
  EXPECT_EQ(room.error().code, Errc::kNoSpace);
  EXPECT_EQ(room.error().why,
            "it needs 4 MiB more, and of the 67 MiB that are free 64 MiB are left "
            "alone");
  DownloadRequest request;
  request.content = file.tree.id;
  Leftover left;
  const auto part = PartFile::open(disk.mount(), request, left);
  ASSERT_TRUE(part);
  const auto written = (*part)->write(0, file.piece(0));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::kNoSpace);
  disk.set_free_bytes(limits::kDiskSpare + file.bytes.size());
  EXPECT_TRUE(check_room(*disk.mount(), file.tree.id, "/folder"));
  EXPECT_TRUE((*part)->write(0, file.piece(0)));
  // The room is taken once: what is reserved needs no more.
  disk.set_free_bytes(0);
  EXPECT_TRUE((*part)->write(1U << 20U, file.piece(1)));
  EXPECT_TRUE(check_room(*disk.mount(), file.tree.id, "/folder"));
}

}  // namespace
}  // namespace shoal::transfer
