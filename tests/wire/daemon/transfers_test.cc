// SPDX-License-Identifier: Apache-2.0
// Transfers as their user steers and sees them: pauses, lists that outlive the daemon, sources that
// are still fetching themselves.
#include "tests/support/has.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using tests::has;

class Transfers : public Sharing {
 protected:
  std::string state(const std::string& id) { return text(transfer(id), "state"); }
  static constexpr std::size_t kBytes = 64 << 20;
};

TEST_F(Transfers, APauseOutlivesTheDaemonAndResumeGoesOn) {
  const auto id = fetch(found(kBytes));
  stop_luis_after(1U << 20, id, kBytes);
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 0);
  ASSERT_TRUE(soon([&] { return state(id) == "paused"; })) << bj::serialize(transfer(id));
  const auto paused = transfer(id);
  EXPECT_EQ(text(paused, "paused_by"), "user");
  EXPECT_EQ(number(paused, "sources"), 0U);
  EXPECT_EQ(number(ana.status().at("transfers").as_object(), "active"), 0U);
  luis.process().send(SIGCONT);

  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  ana.start();
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto still = transfer(id);
  EXPECT_EQ(text(still, "state"), "paused") << bj::serialize(still);
  EXPECT_EQ(text(still, "paused_by"), "user");
  EXPECT_GT(number(still, "bytes_done"), 0U);
  const auto [waits, words] = ana.shoal({"transfers", id});
  EXPECT_EQ(waits, 0) << words;

  EXPECT_EQ(ana.shoal({"transfers", "resume", id}).first, 0);
  const auto end = done(id);
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_GT(number(end, "bytes_found"), 0U) << "it began anew";
  EXPECT_TRUE(read_file(text(end, "path")) == read_file(folder / "books/big book.bin"));
  const auto [code, late] = ana.shoal({"transfers", "pause", id});
  EXPECT_EQ(code, 1) << late;
  EXPECT_TRUE(has(late, "it has ended")) << late;
}

TEST_F(Transfers, WhatEndedIsListedWithItsNumbersByTheNextDaemon) {
  const auto id = fetch(found(3'000'000));
  const auto end = done(id);
  ASSERT_EQ(text(end, "state"), "done");
  const auto& from = end.at("from").as_array();
  ASSERT_EQ(from.size(), 1U);
  EXPECT_EQ(text(from[0].as_object(), "name"), "luis");
  EXPECT_EQ(number(from[0].as_object(), "bytes"), 3'000'000U);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  const auto items = ana.call("GET", "/v1/transfers").at("items").as_array();
  ASSERT_EQ(items.size(), 1U);
  for (const char* member : {"id", "content", "name", "state", "size", "bytes_done", "bytes_found",
                             "bytes_wasted", "path", "began", "busy_ms"}) {
    EXPECT_EQ(items[0].at(member), end.at(member)) << member;
  }
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto shown = transfer(id);
  EXPECT_EQ(number(shown.at("from").as_array().at(0).as_object(), "bytes"), 3'000'000U);
  EXPECT_EQ(ana.shoal({"transfers", "cancel", id}).first, 1) << "it has ended";
  // The next one has the next number.
  write_file(folder / "books/second book.bin", 1000, 5);
  luis.lines("POST", "/v1/shares/rescan");
  const auto lines = ana.search({{"terms", "second"}});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(std::stoul(fetch(lines[0])), std::stoul(id) + 1);
}

TEST_F(Transfers, WhoIsStillFetchingIsFoundByContentAndGivesWhatItHas) {
  const auto hit = found(kBytes);
  Peer rosa(folder, "rosa");
  join(rosa, ana, "primary");  // Rosa knows Ana only, and Ana Luis
  const auto id = fetch(hit);
  stop_luis_after(4U << 20, id, kBytes);
  const auto made = rosa.call("POST", "/v1/transfers", {{"content", hit.at("content")}});
  const std::string rosas = text(made, "id");
  EXPECT_TRUE(soon([&] {
    return number(rosa.call("GET", "/v1/transfers/" + rosas), "bytes_done") > (2U << 20);
  })) << bj::serialize(rosa.call("GET", "/v1/transfers/" + rosas));
  const auto seen = rosa.call("GET", "/v1/transfers/" + rosas);
  EXPECT_NE(text(seen, "state"), "done");
  const auto& ana_gives = seen.at("from").as_array().at(0).as_object();
  EXPECT_EQ(text(ana_gives, "name"), "ana");
  EXPECT_TRUE(ana_gives.at("map").is_string()) << "Ana lacks pieces: " << bj::serialize(ana_gives);
  const auto [code, words] = rosa.shoal({"transfers", rosas});
  EXPECT_EQ(code, 0);
  EXPECT_TRUE(has(words, "ana\tup\t")) << words;
  luis.process().send(SIGCONT);
  EXPECT_EQ(text(done(id), "state"), "done");
  const auto end = rosa.lines("GET", "/v1/transfers/" + rosas + "/events").back();
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path")) == read_file(folder / "books/big book.bin"));
  // Ana shares no folder: what is whole is hers alone again, and a search by words finds Luis only.
  const auto lines = rosa.search({{"terms", "big book"}});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("holder").at("name"), "luis");
}

}  // namespace
}  // namespace shoal::daemon
