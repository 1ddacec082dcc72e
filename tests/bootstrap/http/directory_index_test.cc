// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/directory_index.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <memory>
#include <optional>
#include <set>

#include "bootstrap/http/found_json.h"
#include "bootstrap/store/store.h"
#include "proto/json/base64.h"
#include "proto/types/text.h"
#include "tests/bootstrap/http/index_requests.h"
#include "tests/bootstrap/http/requests.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

constexpr std::int64_t kNow = 1'700'000'000;
constexpr const char* kHere = "127.0.0.1";

class DirectoryIndexTest : public testing::Test {
 protected:
  DirectoryIndexTest() { start(); }

  void start(const IndexOptions& options = {}) {
    index = nullptr;
    directory = nullptr;
    store = nullptr;
    const Directory::Clocks clocks{[this] { return Instant(std::chrono::seconds(seconds)); },
                                   [this] { return seconds; }};
    store = std::move(*open_sqlite_store(folder / "directory.db"));
    directory = std::make_unique<Directory>(LeaseLimits{}, clocks, 7, [](const Error&) {});
    EXPECT_TRUE(directory->use(store->leases()));
    index = std::make_unique<DirectoryIndex>(*directory, store->index(), clocks, options);
    EXPECT_TRUE(index->begin());
  }
  void lease(const rpc::Identity& who, std::uint64_t stamp) {
    EXPECT_TRUE(directory->put(who.id(), lease_of(who, stamp, seconds, stamp), kHere));
  }
  void leave(const rpc::Identity& who, std::uint64_t stamp) {
    EXPECT_TRUE(directory->leave(who.id(), leave_of(who, stamp), kHere));
  }
  std::optional<Errc> put(const IndexRequest& request) {
    const auto done = index->put(request, kHere);
    if (done) return std::nullopt;
    return done.error().code;
  }
  std::vector<std::string> names(IndexStore::Wanted wanted = {}) {
    std::vector<std::string> out;
    const auto page = index->find(std::move(wanted), kHere);
    EXPECT_TRUE(page);
    for (const auto& file : page->files) out.push_back(file.row.entry.name);
    return out;
  }
  using Names = std::vector<std::string>;

  const tests::TempFolder folder;
  std::int64_t seconds = kNow;
  const rpc::Identity ana = rpc::Identity::generate();
  const rpc::Identity luis = rpc::Identity::generate();
  std::unique_ptr<Store> store;
  std::unique_ptr<Directory> directory;
  std::unique_ptr<DirectoryIndex> index;
};

TEST_F(DirectoryIndexTest, FindsFilesWithTheirOwnersAndNeverTheAskers) {
  lease(ana, 1);
  lease(luis, 1);
  EXPECT_EQ(put(files_of(ana, 10, seconds, {entry(1, "book one"), entry(2, "song")})),
            std::nullopt);
  EXPECT_EQ(put(files_of(luis, 10, seconds, {entry(1, "Book 1")})), std::nullopt);
  IndexStore::Wanted wanted;
  wanted.words = "book";
  EXPECT_EQ(names(wanted), (Names{"book one", "Book 1"}));
  wanted.except = ana.id();
  const auto page = index->find(wanted, kHere);
  ASSERT_EQ(page->files.size(), 1U);
  EXPECT_EQ(page->files[0].owner.card.id, luis.id());
  EXPECT_EQ(page->files[0].owner.card.endpoints, (std::vector<std::string>{"127.0.0.1:7401"}));
}

TEST_F(DirectoryIndexTest, TakesNothingThatIsForgedOrUsedOrOfNobody) {
  EXPECT_EQ(put(files_of(ana, 10, seconds, {})), Errc::kDenied) << "no lease";
  lease(ana, 5);
  auto forged = files_of(ana, 10, seconds, {entry(1, "a")});
  forged.update.add[0].name = "b";
  EXPECT_EQ(put(forged), Errc::kDenied);
  auto other = files_of(luis, 10, seconds, {entry(1, "a")});
  other.public_key = ana.public_key();
  EXPECT_EQ(put(other), Errc::kDenied);
  EXPECT_EQ(put(files_of(ana, 10, seconds - 8000, {})), Errc::kInvalidArgument) << "a clock";
  EXPECT_EQ(put(files_of(ana, 5, seconds, {})), Errc::kConflict) << "the lease's stamp";
  EXPECT_EQ(index->sequence_of(ana.id()), 5U);
  const auto good = files_of(ana, 10, seconds, {entry(1, "a")});
  EXPECT_EQ(put(good), std::nullopt);
  EXPECT_EQ(put(good), Errc::kConflict);
  EXPECT_EQ(index->sequence_of(ana.id()), 10U);
  EXPECT_EQ(put(change_of(ana, 12, seconds, {})), Errc::kConflict) << "a gap";
  EXPECT_EQ(put(change_of(ana, 11, seconds, {entry(2, "b")}, {content(1)})), std::nullopt);
  EXPECT_EQ(names(), (Names{"b"}));
}

TEST_F(DirectoryIndexTest, EndsFilesWithTheLeaseAndLetsNobodyBringThemBack) {
  lease(ana, 1);
  lease(luis, 1);
  const auto old = files_of(ana, 10, seconds, {entry(1, "of ana")});
  EXPECT_EQ(put(old), std::nullopt);
  EXPECT_EQ(put(files_of(luis, 10, seconds, {entry(2, "of luis")})), std::nullopt);
  leave(ana, 11);
  EXPECT_EQ(names(), (Names{"of luis"}));
  lease(ana, 12);
  EXPECT_EQ(names(), (Names{"of luis"})) << "who comes back says anew what it has";
  EXPECT_EQ(index->head(ana.id()), IndexHead{});
  EXPECT_EQ(put(old), Errc::kConflict);
  EXPECT_EQ(put(files_of(ana, 13, seconds, {entry(1, "of ana")})), std::nullopt);
  seconds += 91;
  EXPECT_EQ(names(), Names{});
  EXPECT_EQ(index->head(ana.id()), IndexHead{});
  directory->sweep();
  index->sweep();
  EXPECT_EQ(index->size(), 0U);
  EXPECT_EQ(store->index().owners(), std::vector<PeerId>{});
}

TEST_F(DirectoryIndexTest, KeepsFilesOverARestartForAsLongAsTheirLeases) {
  lease(ana, 1);
  EXPECT_EQ(put(files_of(ana, 10, seconds, {entry(1, "of ana")})), std::nullopt);
  seconds += 60;
  lease(luis, 1);
  EXPECT_EQ(put(files_of(luis, 10, seconds, {entry(2, "of luis")})), std::nullopt);
  start();
  EXPECT_EQ(names(), (Names{"of ana", "of luis"}));
  seconds += 60;
  start();
  EXPECT_EQ(names(), (Names{"of luis"}));
  EXPECT_EQ(index->size(), 1U);
  EXPECT_EQ(put(change_of(luis, 11, seconds, {entry(3, "more")})), std::nullopt);
}

TEST_F(DirectoryIndexTest, GoesPageByPagePastFilesWhoseOwnersHaveGone) {
  lease(ana, 1);
  lease(luis, 1);
  std::vector<IndexEntry> files;
  for (unsigned at = 0; at < 9; ++at) files.push_back(entry(at, "f" + std::to_string(at)));
  EXPECT_EQ(put(files_of(ana, 10, seconds, files)), std::nullopt);
  EXPECT_EQ(put(files_of(luis, 10, seconds, files)), std::nullopt);
  IndexStore::Wanted wanted;
  wanted.limit = 4;
  std::set<std::pair<PeerId, ContentId>> seen;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    const auto page = index->find(wanted, kHere);
    ASSERT_TRUE(page);
    EXPECT_LE(page->files.size(), 4U);
    for (const auto& file : page->files) {
      EXPECT_TRUE(seen.emplace(file.row.owner, file.row.entry.content).second);
    }
    more = page->next != 0;
    wanted.after = page->next;
  }
  EXPECT_EQ(seen.size(), 18U);
  EXPECT_EQ(pages, 5);
}

TEST_F(DirectoryIndexTest, StaysWithinItsBoundsAndSaysSo) {
  IndexOptions few;
  few.limits.per_peer = 2;
  few.limits.all = 3;
  few.searches.requests_burst = 2;
  few.searches.requests_per_second = 1;
  start(few);
  lease(ana, 1);
  lease(luis, 1);
  EXPECT_EQ(put(files_of(ana, 10, seconds, {entry(1, "a"), entry(2, "b"), entry(3, "c")})),
            Errc::kTooLarge);
  EXPECT_EQ(put(files_of(ana, 10, seconds, {entry(1, "a"), entry(2, "b")})), std::nullopt);
  EXPECT_EQ(put(files_of(luis, 10, seconds, {entry(1, "a"), entry(2, "b")})), Errc::kOverloaded);
  EXPECT_EQ(put(files_of(luis, 10, seconds, {entry(1, "a")})), std::nullopt);
  EXPECT_EQ(names().size(), 3U);
  EXPECT_EQ(names().size(), 3U);
  EXPECT_EQ(index->find({}, kHere).error().code, Errc::kOverloaded);
  EXPECT_TRUE(index->find({}, "192.0.2.1"));
}

// ---- what a searcher believes ----

class BelievedTest : public DirectoryIndexTest {
 protected:
  BelievedTest() {
    lease(ana, 1);
    std::vector<IndexEntry> files;
    for (unsigned at = 0; at < 5; ++at) files.push_back(entry(at, "file " + std::to_string(at)));
    EXPECT_EQ(put(files_of(ana, 10, seconds, files)), std::nullopt);
  }
  bj::object answer(unsigned number) {
    IndexStore::Wanted wanted;
    wanted.content = content(number);
    return to_json(index->find(wanted, kHere)->files.at(0));
  }
};

TEST_F(BelievedTest, AreFilesThatTheirOwnersSigned) {
  for (unsigned at = 0; at < 5; ++at) {
    const auto found = file_from_json(bj::parse(bj::serialize(answer(at))), seconds);
    ASSERT_TRUE(found) << found.error().why;
    EXPECT_EQ(found->file, entry(at, "file " + std::to_string(at)));
    EXPECT_EQ(found->owner.id, ana.id());
    EXPECT_EQ(found->owner.endpoints, (std::vector<std::string>{"127.0.0.1:7401"}));
  }
}

TEST_F(BelievedTest, AreNoFilesThatADirectoryBent) {
  lease(luis, 1);
  const auto refused = [&](const char* what, auto bend) {
    bj::object object = answer(1);
    bend(object);
    const auto found = file_from_json(object, seconds);
    EXPECT_FALSE(found) << what;
  };
  refused("another name", [](bj::object& o) { o["name"] = "virus.exe"; });
  refused("another content", [](bj::object& o) { o["content"] = to_text(content(2)); });
  refused("another length", [](bj::object& o) {
    ContentId bent = content(1);
    ++bent.length;
    o["content"] = to_text(bent);
  });
  refused("a name with tricks", [](bj::object& o) { o["name"] = "../x"; });
  refused("another owner", [&](bj::object& o) {
    const auto other = directory->find(luis.id());
    o["owner"].as_object()["id"] = to_text(luis.id());
    o["owner"].as_object()["card"] = json::to_base64(other->card.sealed);
  });
  refused("another id", [&](bj::object& o) { o["owner"].as_object()["id"] = to_text(luis.id()); });
  refused("another place", [](bj::object& o) { o["proof"].as_object()["place"] = 0; });
  refused("the proof of another", [&](bj::object& o) { o["proof"] = answer(2).at("proof"); });
  refused("another signature", [&](bj::object& o) {
    o["proof"].as_object()["signature"] = json::to_base64(luis.sign(rpc::context::kIndex, "x"));
  });
  refused("a part of the path", [](bj::object& o) { o["proof"].as_object()["path"] = ""; });
  refused("no base64", [](bj::object& o) { o["proof"].as_object()["path"] = "?"; });
  refused("no proof", [](bj::object& o) { o.erase("proof"); });
  const bj::object old = answer(1);
  EXPECT_TRUE(file_from_json(old, seconds + 3600));
  EXPECT_FALSE(file_from_json(old, seconds + 25L * 3600));
}

TEST_F(BelievedTest, ArePagesWithoutWhatWasBent) {
  bj::object bent = answer(1);
  bent["name"] = "virus.exe";
  const bj::object page{{"items", bj::array{answer(0), bent, answer(2), 7}}, {"next_cursor", "9"}};
  std::size_t refused = 0;
  const auto read = files_from_text(bj::serialize(page), seconds, refused);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->files.size(), 2U);
  EXPECT_EQ(refused, 2U);
  EXPECT_EQ(read->next_cursor, "9");
}

// Any byte of an answer changed: refused, or the same file of the same owner.
TEST_F(BelievedTest, IsNothingElseWhateverByteIsBent) {
  std::vector<std::string> answers;
  for (unsigned at = 0; at < 5; ++at) answers.push_back(bj::serialize(answer(at)));
  EXPECT_TRUE(rc::check([&] {
    std::string text = *rc::gen::elementOf(answers).as("answer");
    const auto honest = file_from_json(bj::parse(text), seconds);
    RC_ASSERT(honest.has_value());
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size()).as("at");
    text[at] = *rc::gen::inRange<char>(' ', '~').as("byte");
    boost::system::error_code error;
    const auto value = bj::parse(text, error);
    if (error) return;
    const auto found = file_from_json(value, seconds);
    if (!found) return;
    RC_ASSERT(found->file == honest->file);
    RC_ASSERT(found->owner.id == honest->owner.id);
    RC_ASSERT(found->owner.endpoints == honest->owner.endpoints);
  }));
}

}  // namespace
}  // namespace shoal::bootstrap
