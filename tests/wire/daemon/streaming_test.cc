// SPDX-License-Identifier: Apache-2.0
// Contents read while they are fetched, and contents that are on this machine already.
#include <fstream>
#include <future>
#include <set>

#include "tests/wire/daemon/ask_content.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;

class Streaming : public Sharing {
 protected:
  std::string share(std::size_t bytes) {
    const auto hit = found(bytes);
    whole = read_file(folder / "books/big book.bin");
    return text(hit, "content");
  }
  boost::json::object get(Peer& peer, const std::string& content, const std::string& into = "") {
    boost::json::object wanted{{"content", content}};
    if (!into.empty()) wanted["folder"] = into;
    const auto made = peer.call("POST", "/v1/transfers", wanted);
    return peer.lines("GET", "/v1/transfers/" + text(made, "id") + "/events").back();
  }
  std::string whole;
};

TEST_F(Streaming, WhatIsFetchedIsReadMeanwhileAndAfterwards) {
  constexpr std::size_t kBytes = 96 << 20;
  const auto content = share(kBytes);
  const auto id = text(ana.call("POST", "/v1/transfers", {{"content", content}}), "id");
  // From its first moment on: the answer waits for what it needs.
  auto all = std::async(std::launch::async, [&] { return ask(ana, "GET", content); });
  stop_luis_after(8U << 20, id, kBytes);
  const Got begun = ask(ana, "GET", content, "Range: bytes=0-4095\r\n");
  EXPECT_EQ(begun.status, 206) << begun.head;
  EXPECT_EQ(begun.body, whole.substr(0, 4096));
  auto end = std::async(std::launch::async,
                        [&] { return ask(ana, "GET", content, "Range: bytes=-3000000\r\n"); });
  luis.process().send(SIGCONT);
  EXPECT_EQ(text(done(id), "state"), "done");
  EXPECT_TRUE(all.get().body == whole);
  const Got last = end.get();
  EXPECT_EQ(last.status, 206);
  EXPECT_TRUE(last.body == whole.substr(kBytes - 3'000'000));
  // It lies in the downloads, which nobody shares.
  const Got after = ask(ana, "GET", content, "Range: bytes=5000000-7000000\r\n");
  EXPECT_EQ(after.status, 206);
  EXPECT_TRUE(after.body == whole.substr(5'000'000, 2'000'001));
  // What its owner edited is not what was asked for.
  write_file(ana.home() + "/downloads/big book.bin", kBytes, 3);
  const Got edited = ask(ana, "GET", content, "Range: bytes=0-99\r\n");
  EXPECT_NE(edited.body, read_file(ana.home() + "/downloads/big book.bin").substr(0, 100));
}

TEST_F(Streaming, WhoWaitsForADownloadThatIsCancelledIsCutOff) {
  constexpr std::size_t kBytes = 96 << 20;
  const auto content = share(kBytes);
  const auto id = text(ana.call("POST", "/v1/transfers", {{"content", content}}), "id");
  stop_luis_after(1U << 20, id, kBytes);
  std::promise<void> begun;
  auto all = std::async(std::launch::async,
                        [&] { return ask(ana, "GET", content, "", [&] { begun.set_value(); }); });
  EXPECT_EQ(begun.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  EXPECT_EQ(ask(ana, "HEAD", content).status, 200);
  ana.call("DELETE", "/v1/transfers/" + id);
  const Got cut = all.get();
  EXPECT_EQ(cut.status, 200);
  EXPECT_LT(cut.body.size(), kBytes);
  EXPECT_TRUE(cut.body == whole.substr(0, cut.body.size()));
}

TEST_F(Streaming, ThirtyTwoGetsOfOneFileStoreOneCopy) {
  const auto content = share(20'000'000);
  std::vector<std::future<std::string>> ends;
  for (int n = 0; n < 32; ++n) {
    ends.push_back(std::async(std::launch::async, [&] { return text(get(ana, content), "path"); }));
  }
  std::set<std::string> paths;
  for (auto& end : ends) paths.insert(end.get());
  EXPECT_EQ(paths.size(), 1U);
  EXPECT_EQ(final_files(), 1U);
  const auto again = get(ana, content);
  EXPECT_EQ(text(again, "state"), "done");
  EXPECT_EQ(final_files(), 1U);
  const std::string path = ana.home() + "/downloads/big book.bin";
  EXPECT_TRUE(read_file(path) == whole);
  // An edited one is no copy of it, and is left alone.
  write_file(path, 20'000'000, 9);
  EXPECT_EQ(text(get(ana, content), "state"), "done");
  EXPECT_EQ(final_files(), 2U);
  EXPECT_TRUE(read_file(ana.home() + "/downloads/big book (2).bin") == whole);
}

TEST_F(Streaming, WhatIsSharedHereIsCopiedAndNotFetched) {
  const auto content = share(9'000'000);
  ana.end(SIGTERM);  // nobody to fetch from
  const auto end = get(luis, content);
  EXPECT_EQ(text(end, "state"), "done") << boost::json::serialize(end);
  EXPECT_EQ(number(end, "bytes_found"), 9'000'000U);
  const std::string copy = text(end, "path");
  EXPECT_EQ(fs::path(copy).parent_path(), luis.home() + "/downloads");
  EXPECT_TRUE(read_file(copy) == whole);
  EXPECT_EQ(fs::hard_link_count(copy), 1U);  // whoever edits the one leaves the other alone
  // Another folder gets its own, from either; the folder of the share has it.
  fs::create_directories(folder / "more");
  const auto more = get(luis, content, folder / "more");
  EXPECT_EQ(fs::path(text(more, "path")).parent_path(), folder / "more");
  const auto same = get(luis, content, folder / "books");
  EXPECT_EQ(text(same, "state"), "done");
  EXPECT_EQ(text(same, "path"), folder / "books/big book.bin");
}

TEST_F(Streaming, ACopyThatRottedInTheShareIsFetchedFromOthers) {
  const auto content = share(9'000'000);
  EXPECT_EQ(text(get(ana, content), "state"), "done");
  ana.lines("POST", "/v1/shares", {{"path", ana.home() + "/downloads"}});
  const std::string path = ana.home() + "/downloads/big book.bin";
  // As if the disk had done it: same length, same time.
  const auto time = fs::last_write_time(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(5'000'000);
    file << "rot";
  }
  fs::last_write_time(path, time);
  fs::create_directories(folder / "more");
  const auto end = get(ana, content, folder / "more");
  EXPECT_EQ(text(end, "state"), "done") << boost::json::serialize(end);
  EXPECT_TRUE(read_file(text(end, "path")) == whole);
}

}  // namespace
}  // namespace shoal::daemon
