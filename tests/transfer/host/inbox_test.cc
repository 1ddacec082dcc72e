// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/inbox/inbox.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "proto/types/rng.h"
#include "proto/types/text.h"
#include "tests/support/temp_folder.h"
#include "transfer/core/merkle.h"
#include "transfer/host/disk/files.h"
#include "transfer/host/inbox/inbox_upload.h"
#include "transfer/host/put/put_words.h"

namespace shoal::transfer {
namespace {

namespace fs = std::filesystem;

class InboxFolder : public testing::Test {
 protected:
  static ContentId content(std::uint8_t first, std::uint64_t length) {
    ContentId id;
    id.root.bytes[0] = first;
    id.length = length;
    return id;
  }
  static Giver giver(std::uint8_t first) {
    PeerId id;
    id.bytes[0] = first;
    return to_text(id);
  }
  // As a put leaves it: whole, or in parts.
  static void fill(Inbox& inbox, const Giver& from, const ContentId& id, const std::string& name) {
    const auto reception = inbox.receive(from, id);
    ASSERT_TRUE(reception) << reception.error().why;
    fs::create_directory((*reception)->folder + "/.part");
    const bool whole = !name.empty();
    const std::string path = (*reception)->folder + (whole ? "/" + name : "/.part/x.journal");
    std::ofstream(path) << std::string(whole ? id.length : 10, 'x');
  }
  static void age(const InboxEntry& entry, const Inbox& inbox, std::chrono::hours by) {
    const auto then = fs::file_time_type::clock::now() - by;
    const std::string parts =
        inbox.waiting_folder() + "/" + entry.giver + "/" + to_text(entry.content) + "/.part";
    for (const auto& file : fs::directory_iterator(parts)) fs::last_write_time(file, then);
  }
  static Result<InboxEntry> upload(Inbox& inbox, const std::string& name,
                                   const std::string& bytes) {
    auto begun = InboxUpload::begin(inbox, kRestGiver, name, bytes.size());
    if (!begun) return tl::unexpected<Error>(begun.error());
    const auto data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    if (auto fine = (*begun)->write({data, bytes.size()}); !fine) {
      return tl::unexpected<Error>(fine.error());
    }
    return (*begun)->finish({});
  }

  tests::TempFolder folder;
  const std::string place = folder / "deep/inbox";
};

TEST_F(InboxFolder, ListsWhatWaitsAndWhatIsOnItsWayOverRestarts) {
  {
    Inbox inbox({.folder = place});
    EXPECT_TRUE(inbox.list().empty());
    fill(inbox, giver(1), content(1, 100), "one.txt");
    fill(inbox, giver(1), content(2, 200), "");
  }
  Inbox inbox({.folder = place});
  inbox.tidy();
  const auto all = inbox.list();
  ASSERT_EQ(all.size(), 2U);
  const auto whole = inbox.find(giver(1), content(1, 100));
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->name, "one.txt");
  EXPECT_EQ(whole->path,
            place + "/.waiting/" + giver(1) + "/" + to_text(content(1, 100)) + "/one.txt");
  const auto part = inbox.find(giver(1), content(2, 200));
  ASSERT_TRUE(part);
  EXPECT_EQ(part->path, "");
  EXPECT_FALSE(part->moving);
  EXPECT_EQ(inbox.find(whole->id)->content, whole->content);
  EXPECT_EQ(inbox.find(whole->id.substr(0, 4))->content, whole->content);
  EXPECT_EQ(inbox.find("abc").error().code, Errc::kNotFound);
  EXPECT_EQ(inbox.find(giver(2), content(1, 100)).error().code, Errc::kNotFound);
  // Others on this machine may not look.
  struct stat about {};
  ASSERT_EQ(::stat(inbox.waiting_folder().c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
}

TEST_F(InboxFolder, MovesOutUnderFreeNamesAndReplacesNothing) {
  Inbox inbox({.folder = place});
  fill(inbox, giver(1), content(1, 3), "same.txt");
  fill(inbox, giver(2), content(1, 3), "same.txt");
  std::ofstream(place + "/same.txt") << "mine";
  EXPECT_EQ(inbox.move_out(*inbox.find(giver(1), content(1, 3)), {}), place + "/same (2).txt");
  EXPECT_EQ(inbox.move_out(*inbox.find(giver(2), content(1, 3)), "ana-abcdefgh"),
            place + "/ana-abcdefgh/same.txt");
  EXPECT_EQ(fs::file_size(place + "/same.txt"), 4U);
  EXPECT_TRUE(inbox.list().empty());
  EXPECT_TRUE(fs::is_empty(inbox.waiting_folder()));
  fill(inbox, giver(1), content(4, 9), "");
  EXPECT_EQ(inbox.move_out(*inbox.find(giver(1), content(4, 9)), {}).error().code, Errc::kConflict);
}

TEST_F(InboxFolder, FollowsNoLinkThatSomebodyPutThere) {
  fs::create_directories(folder / "elsewhere");
  fs::create_directories(place);
  fs::create_directory_symlink(folder / "elsewhere", place + "/.waiting");
  Inbox inbox({.folder = place});
  EXPECT_EQ(inbox.receive(giver(1), content(1, 1)).error().code, Errc::kDenied);
  EXPECT_TRUE(fs::is_empty(folder / "elsewhere"));
}

TEST_F(InboxFolder, CountsWholeLengthsFromTheStartAndPerGiver) {
  Inbox inbox({.folder = place, .quota = 1000, .giver_quota = 600});
  fill(inbox, giver(1), content(1, 500), "");
  EXPECT_EQ(inbox.used(giver(1)), std::pair(std::uint64_t{500}, std::uint64_t{500}));
  const auto reception = inbox.receive(giver(1), content(1, 500));  // goes on
  ASSERT_TRUE(reception);
  EXPECT_EQ(inbox.receive(giver(1), content(1, 500)).error().code, Errc::kConflict);
  EXPECT_EQ(inbox.receive(giver(1), content(2, 101)).error().code, Errc::kTooLarge);
  EXPECT_TRUE(inbox.receive(giver(1), content(2, 100)));
  EXPECT_EQ(inbox.receive(giver(2), content(3, 601)).error().code, Errc::kTooLarge);
  EXPECT_EQ(inbox.receive(giver(2), content(3, 401)).error().code, Errc::kTooLarge) << "in all";
  EXPECT_TRUE(inbox.receive(giver(2), content(3, 400)));
  EXPECT_EQ(inbox.receive(giver(3), content(4, 1)).error().code, Errc::kTooLarge);
  EXPECT_EQ(inbox.receive(giver(1), content(5, ~std::uint64_t{0})).error().code, Errc::kTooLarge);
}

TEST_F(InboxFolder, CountsWhatWasSharedUnaskedButNotWhatTheOwnerAccepted) {
  Inbox inbox({.folder = place, .quota = 1000, .giver_quota = 600});
  fill(inbox, giver(1), content(1, 400), "a");
  ASSERT_TRUE(
      inbox.move_out(*inbox.find(giver(1), content(1, 400)), giver_folder(giver(1), "ana")));
  EXPECT_EQ(inbox.used(giver(1)), std::pair(std::uint64_t{400}, std::uint64_t{400}));
  EXPECT_EQ(inbox.used(giver(2)), std::pair(std::uint64_t{400}, std::uint64_t{0}));
  fill(inbox, giver(1), content(2, 200), "b");
  ASSERT_TRUE(inbox.move_out(*inbox.find(giver(1), content(2, 200)), {}));
  EXPECT_EQ(inbox.used(giver(1)).second, 400U);
}

TEST_F(InboxFolder, WhatWouldNotFitAnywayCostsNobodyAPart) {
  Inbox inbox({.folder = place, .quota = 1000, .giver_quota = 600});
  fill(inbox, giver(1), content(1, 200), "");
  fill(inbox, giver(1), content(2, 200), "");
  EXPECT_EQ(inbox.receive(giver(1), content(3, 601)).error().code, Errc::kTooLarge);
  fill(inbox, giver(2), content(4, 500), "whole");
  EXPECT_EQ(inbox.receive(giver(1), content(3, 550)).error().code, Errc::kTooLarge) << "in all";
  EXPECT_EQ(inbox.list().size(), 3U);
  const auto taken = inbox.receive(giver(1), content(3, 450));
  ASSERT_TRUE(taken) << taken.error().why;
  EXPECT_EQ(inbox.list().size(), 2U) << "both parts made room";
}

TEST_F(InboxFolder, ForgetsOldPartsAndLetsTheOldestGiveWay) {
  Inbox inbox({.folder = place, .quota = 1000, .giver_quota = 600});
  fill(inbox, giver(1), content(1, 200), "");
  fill(inbox, giver(1), content(2, 200), "");
  fill(inbox, giver(1), content(3, 200), "whole");
  age(*inbox.find(giver(1), content(1, 200)), inbox, std::chrono::hours(2));
  age(*inbox.find(giver(1), content(2, 200)), inbox, std::chrono::hours(1));
  fill(inbox, giver(1), content(4, 150), "");
  EXPECT_FALSE(inbox.find(giver(1), content(1, 200))) << "the oldest";
  EXPECT_TRUE(inbox.find(giver(1), content(2, 200)));
  age(*inbox.find(giver(1), content(2, 200)), inbox,
      limits::kInboxPartKept + std::chrono::hours(1));
  inbox.tidy();
  EXPECT_FALSE(inbox.find(giver(1), content(2, 200)));
  EXPECT_TRUE(inbox.find(giver(1), content(3, 200)));
  EXPECT_TRUE(inbox.find(giver(1), content(4, 150)));
}

TEST_F(InboxFolder, TellsWhoeverWritesThatTheOwnerRejectsIt) {
  Inbox inbox({.folder = place});
  const auto reception = inbox.receive(giver(1), content(1, 10));
  ASSERT_TRUE(reception);
  const auto entry = inbox.find(giver(1), content(1, 10));
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->moving);
  EXPECT_FALSE((*reception)->revoked);
  EXPECT_TRUE(inbox.reject(*entry));
  EXPECT_TRUE((*reception)->revoked);
  EXPECT_FALSE(fs::exists((*reception)->folder));
  EXPECT_EQ(inbox.reject(*entry).error().code, Errc::kNotFound);
}

TEST_F(InboxFolder, TakesUploadsWholeOrNotAtAll) {
  Inbox inbox({.folder = place, .quota = 1 << 20});
  const auto entry = upload(inbox, "../a.txt", "hello");
  ASSERT_TRUE(entry) << entry.error().why;
  TreeHasher hasher(5);
  ASSERT_TRUE(hasher.update({reinterpret_cast<const std::uint8_t*>("hello"), 5}));
  EXPECT_EQ(entry->content, hasher.finish().id);
  EXPECT_EQ(entry->name.find('/'), std::string::npos);
  EXPECT_EQ(fs::file_size(entry->path), 5U);
  EXPECT_EQ(upload(inbox, "again", "hello")->path, entry->path) << "one content, one file";
  EXPECT_EQ(inbox.list().size(), 1U);
  EXPECT_EQ(upload(inbox, "b", std::string(2 << 20, 'x')).error().code, Errc::kTooLarge);
  {
    auto half = InboxUpload::begin(inbox, kRestGiver, "half", 10);
    ASSERT_TRUE(half);
    const std::vector<std::uint8_t> six(6);
    EXPECT_TRUE((*half)->write(six));
    EXPECT_EQ(inbox.list().size(), 2U);
    EXPECT_EQ((*half)->write(six).error().code, Errc::kTooLarge);
    EXPECT_EQ((*half)->finish({}).error().code, Errc::kPartial);
  }
  EXPECT_EQ(inbox.list().size(), 1U);
  // What a crash leaves goes at the next start.
  fs::create_directories(inbox.waiting_folder() + "/rest/upload-00ff-77/.part");
  EXPECT_EQ(inbox.used(kRestGiver).first, 82U);
  inbox.tidy();
  EXPECT_EQ(inbox.used(kRestGiver).first, 5U);
}

TEST_F(InboxFolder, TakesNoUploadThatWouldLeaveTooLittleRoom) {
  Inbox inbox({.folder = folder / "in", .keep_free = std::uint64_t{1} << 60U});
  const auto refused = upload(inbox, "a", "hello");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kNoSpace);
  EXPECT_NE(refused.error().why.find("stay free"), std::string::npos) << refused.error().why;
  EXPECT_TRUE(inbox.list().empty());
}

TEST_F(InboxFolder, LiesAtAPathThatIsWholeWhateverItWasGiven) {
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  Inbox inbox({.folder = "in"});
  fs::current_path(before);
  ASSERT_TRUE(inbox.receive(giver(1), content(1, 1)));
  EXPECT_TRUE(fs::is_directory(folder / "in/.waiting"));
}

// Whoever waits while a disk is full would wait for ever for a quota.
TEST_F(InboxFolder, ToldToAFriendAFullDiskIsNoQuotaAndNoPathIsNamed) {
  const Error full = for_friend(os_error(ENOSPC, "cannot make the folder /home/ana/in"));
  EXPECT_EQ(full.code, Errc::kNoSpace);
  EXPECT_EQ((full.what + full.why + full.next).find("/home"), std::string::npos);
  const Error denied = for_friend(os_error(EACCES, "cannot open the folder /home/ana/in"));
  EXPECT_EQ(denied.code, Errc::kDenied);
  EXPECT_EQ((denied.what + denied.why + denied.next).find("/home"), std::string::npos);
  Inbox inbox({.folder = place, .quota = 1000, .giver_quota = 600});
  const Error quota = for_friend(inbox.receive(giver(1), content(1, 601)).error());
  EXPECT_EQ(quota.code, Errc::kTooLarge);
  EXPECT_NE(quota.why.find("left of"), std::string::npos) << quota.why;
}

}  // namespace
}  // namespace shoal::transfer
