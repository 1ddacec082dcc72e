// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/state/transfer_record.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include "cli/daemon/state/state_store.h"
#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "tests/support/temp_folder.h"

namespace shoal::daemon {
namespace {

using transfer::DownloadState;
using transfer::DownloadStatus;
using transfer::SourceStatus;

DownloadStatus drawn() {
  DownloadStatus out;
  out.id = *rc::gen::inRange<std::uint64_t>(1, 1U << 30U).as("id");
  out.content.length = *rc::gen::inRange<std::uint64_t>(0, 1U << 30U).as("length");
  out.content.root.bytes[5] = *rc::gen::arbitrary<std::uint8_t>().as("a byte of the root");
  out.name = *rc::gen::arbitrary<std::string>().as("name");
  out.folder = *rc::gen::arbitrary<std::string>().as("folder");
  out.path = *rc::gen::arbitrary<std::string>().as("path");
  out.state =
      *rc::gen::element(DownloadState::kDone, DownloadState::kFailed, DownloadState::kCancelled)
           .as("state");
  out.bytes_done = *rc::gen::arbitrary<std::uint64_t>().as("done");
  out.bytes_found = *rc::gen::arbitrary<std::uint64_t>().as("found");
  out.bytes_wasted = *rc::gen::arbitrary<std::uint64_t>().as("wasted");
  out.began = *rc::gen::arbitrary<std::int64_t>().as("began");
  out.busy_ms = *rc::gen::arbitrary<std::int64_t>().as("busy");
  const auto sources = *rc::gen::inRange(0, 5).as("sources");
  for (int i = 0; i < sources; ++i) {
    SourceStatus one;
    one.peer.bytes[0] = static_cast<std::uint8_t>(i);
    one.bytes = *rc::gen::arbitrary<std::uint64_t>().as("bytes of a source");
    one.state = *rc::gen::element(SourceStatus::State::kUp, SourceStatus::State::kSetAside,
                                  SourceStatus::State::kStalled)
                     .as("state of a source");
    out.from.push_back(one);
  }
  return out;
}

RC_GTEST_PROP(TransferRecord, GivesBackWhatWasKept, ()) {
  const DownloadStatus status = drawn();
  const auto back = from_record(to_record(status));
  RC_ASSERT(back.has_value());
  RC_ASSERT(back->id == status.id);
  RC_ASSERT(back->content == status.content);
  RC_ASSERT(back->name == status.name);
  RC_ASSERT(back->folder == status.folder);
  RC_ASSERT(back->path == status.path);
  RC_ASSERT(back->state == status.state);
  RC_ASSERT(back->bytes_done == status.bytes_done);
  RC_ASSERT(back->bytes_found == status.bytes_found);
  RC_ASSERT(back->bytes_wasted == status.bytes_wasted);
  RC_ASSERT(back->began == status.began);
  RC_ASSERT(back->busy_ms == status.busy_ms);
  RC_ASSERT((back->from == status.from));
}

RC_GTEST_PROP(TransferRecord, DamagedTextIsNoneOrStillARecord, ()) {
  std::string text = to_record(drawn());
  const auto at = *rc::gen::inRange<std::size_t>(0, text.size()).as("position");
  text[at] = *rc::gen::arbitrary<char>().as("byte");
  const auto back = from_record(text);
  if (back) RC_ASSERT(back->state >= DownloadState::kDone);
  RC_ASSERT(!from_record(text.substr(0, at)).has_value());
}

RC_GTEST_PROP(FolderRecord, GivesBackWhatWasKept, ()) {
  transfer::FolderStatus status;
  status.id = *rc::gen::inRange<std::uint64_t>(1, 1U << 30U).as("id");
  status.content.length = *rc::gen::inRange<std::uint64_t>(0, 1U << 25U).as("length");
  status.name = *rc::gen::arbitrary<std::string>().as("name");
  status.folder = *rc::gen::arbitrary<std::string>().as("folder");
  status.path = *rc::gen::arbitrary<std::string>().as("path");
  status.state = DownloadState::kFailed;
  status.listed = *rc::gen::arbitrary<bool>().as("listed");
  status.files_total = *rc::gen::arbitrary<std::uint64_t>().as("files");
  status.files_selected = *rc::gen::arbitrary<std::uint64_t>().as("selected");
  status.files_done = *rc::gen::arbitrary<std::uint64_t>().as("files done");
  status.names_changed = *rc::gen::arbitrary<std::uint64_t>().as("names");
  status.bytes_total = *rc::gen::arbitrary<std::uint64_t>().as("bytes");
  status.bytes_done = *rc::gen::arbitrary<std::uint64_t>().as("done");
  status.bytes_found = *rc::gen::arbitrary<std::uint64_t>().as("found");
  status.error = Error{Errc::kNoSpace, "what", "why", "next"};
  const std::string text = to_record(status);
  const auto back = ended_folder_from_record(text);
  RC_ASSERT(back.has_value());
  RC_ASSERT(to_record(*back) == text);
  RC_ASSERT(back->name == status.name && back->folder == status.folder);
  RC_ASSERT(back->path == status.path && back->content == status.content);
  const auto length = *rc::gen::inRange<std::size_t>(0, text.size()).as("length of a part");
  RC_ASSERT(!ended_folder_from_record(text.substr(0, length)).has_value());
}

TEST(FolderRecord, OfOneThatHasNotEndedIsNone) {
  transfer::FolderStatus status;
  status.state = DownloadState::kFetching;
  EXPECT_FALSE(ended_folder_from_record(to_record(status)).has_value());
  status.state = DownloadState::kDone;
  EXPECT_TRUE(ended_folder_from_record(to_record(status)).has_value());
  status.content.length = limits::kListingBytes + 1;
  EXPECT_FALSE(ended_folder_from_record(to_record(status)).has_value());
}

TEST(TransferRecord, TheStoreKeepsTheNewestOfEachKindOnly) {
  const tests::TempFolder folder;
  const auto store = StateStore::open(folder / "state.db");
  ASSERT_TRUE(store);
  constexpr std::size_t most = limits::kDownloadsRemembered;
  for (std::uint64_t id = 1; id <= limits::kDownloadsRemembered + 3; ++id) {
    ASSERT_TRUE((*store)->put_ended("transfer", id, std::to_string(id), most));
  }
  ASSERT_TRUE((*store)->put_ended("transfer", most, "again", most));
  ASSERT_TRUE((*store)->put_ended("put", 1, "a put", 1));
  ASSERT_TRUE((*store)->put_ended("put", 2, "another", 1));
  EXPECT_EQ((*store)->ended("put").value(), std::vector<std::string>{"another"});
  EXPECT_TRUE((*store)->ended("folder").value().empty());
  const auto kept = (*store)->ended("transfer");
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), limits::kDownloadsRemembered);
  EXPECT_EQ(kept->front(), "4");
  EXPECT_EQ(kept->back(), std::to_string(limits::kDownloadsRemembered + 3));
  EXPECT_EQ(kept->at(kept->size() - 4), "again");
}

// As schema 3 had them.
TEST(TransferRecord, WhatEndedIsTakenOverFromAnOlderStore) {
  const tests::TempFolder folder;
  {
    SQLite::Database old(folder / "state.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    old.exec("CREATE TABLE ended_transfer(number INTEGER PRIMARY KEY, body TEXT NOT NULL)");
    old.exec("INSERT INTO ended_transfer VALUES (2, 'two'), (1, 'one')");
    old.exec("PRAGMA user_version = 3");
  }
  for (int start = 0; start < 2; ++start) {
    const auto store = StateStore::open(folder / "state.db");
    ASSERT_TRUE(store) << store.error().why;
    EXPECT_EQ((*store)->ended("transfer").value(), (std::vector<std::string>{"one", "two"}));
  }
}

}  // namespace
}  // namespace shoal::daemon
