// SPDX-License-Identifier: Apache-2.0
// Folders that are paused, resumed, cancelled and short of room, as one thing.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/wire/daemon/folders.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

class FolderPause : public Folders {
 protected:
  // All that came behind the gap.
  void is_whole(const bj::object& end) {
    ASSERT_EQ(text(end, "state"), "done") << bj::serialize(end);
    EXPECT_EQ(paths_in(text(end, "path")),
              (std::set<std::string>{"a.pdf", "docs/", "docs/b.pdf", "gap/", "gap/later.bin"}));
    EXPECT_TRUE(read_file(text(end, "path") + "/docs/b.pdf") ==
                read_file(folder / "Album/docs/deep/b.pdf"));
    EXPECT_TRUE(nothing_left());
  }
  bj::object end_of(const std::string& id) {
    return ana.lines("GET", "/v1/folders/" + id + "/events").back();
  }
  std::size_t stages() {
    std::size_t count = 0;
    for (const auto& path : paths_in(ana.home() + "/downloads/.part")) {
      if (path.ends_with(".folder/")) ++count;
    }
    return count;
  }
  std::string why(const std::string& id) {
    const auto now = status(id);
    return now.at("error").is_object() ? text(now.at("error").as_object(), "why") : "";
  }
};

TEST_F(FolderPause, OutlastsARestartAndGoesOnUnderItsNumber) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string first = fetch_up_to_the_gap(content);
  EXPECT_EQ(ana.shoal({"transfers", "cancel", first}).first, 0);
  ASSERT_TRUE(comes_to(first, "cancelled"));
  const std::string id = fetch_up_to_the_gap(content);
  EXPECT_NE(id, first);
  EXPECT_EQ(number(ana.status().at("transfers").as_object(), "active"), 1U);
  const auto [code, words] = ana.shoal({"transfers", "pause", id});
  EXPECT_EQ(code, 0) << words;
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_EQ(number(ana.status().at("transfers").as_object(), "active"), 0U);
  EXPECT_EQ(text(status(id), "paused_by"), "user");
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 0) << "twice is as good as once";

  EXPECT_EQ(ana.end(SIGTERM), 0);
  close_gap();
  ana.start();
  const auto lying = status(id);
  EXPECT_EQ(text(lying, "state"), "paused");
  EXPECT_EQ(number(lying, "files_done"), 2U);
  EXPECT_EQ(number(lying, "files_selected"), 3U);
  EXPECT_EQ(number(lying, "bytes_done"), 2'570'000U);
  EXPECT_EQ(number(lying, "size"), 2'610'000U);
  EXPECT_EQ(ana.call("GET", "/v1/folders").at("items").as_array().size(), 2U);
  EXPECT_EQ(text(status(first), "state"), "cancelled") << "what ended is remembered";
  // Killed too: it is still paused.
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  ana.start();
  EXPECT_EQ(text(status(id), "state"), "paused");

  EXPECT_EQ(ana.shoal({"transfers", "resume", id}).first, 0);
  const auto end = end_of(id);
  is_whole(end);
  EXPECT_EQ(number(end, "bytes_found"), 2'570'000U);
  const auto late = ana.shoal({"transfers", "pause", id});
  EXPECT_NE(late.first, 0);
  EXPECT_NE(late.second.find("it has ended"), std::string::npos) << late.second;
}

TEST_F(FolderPause, EndsWhenTheFolderIsGotAgain) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  ana.call("POST", "/v1/folders/" + id + "/pause");
  ASSERT_TRUE(comes_to(id, "paused"));
  const auto other = ana.shoal({"get", content, "--folder", "--only", "*.pdf"});
  EXPECT_NE(other.first, 0);
  EXPECT_NE(other.second.find("resume or cancel"), std::string::npos) << other.second;
  close_gap();
  const auto again = ana.call("POST", "/v1/folders", {{"content", content}, {"name", "Album/"}});
  EXPECT_EQ(text(again, "id"), id);
  is_whole(end_of(id));
}

TEST_F(FolderPause, MayBeTakenBackAtOnce) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  close_gap();
  for (int times = 0; times < 5; ++times) {
    ana.call("POST", "/v1/folders/" + id + "/pause");
    ana.call("POST", "/v1/folders/" + id + "/resume");
    if (text(status(id), "state") == "done") break;
  }
  is_whole(end_of(id));
}

TEST_F(FolderPause, IsCancelledWithAllThatIsThere) {
  share_album();
  const std::string content = list_with_a_gap();
  const std::string id = fetch_up_to_the_gap(content);
  ana.call("POST", "/v1/folders/" + id + "/pause");
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_FALSE(nothing_left());
  EXPECT_EQ(ana.shoal({"transfers", "cancel", id}).first, 0);
  ASSERT_TRUE(comes_to(id, "cancelled"));
  EXPECT_TRUE(nothing_left());
  // While it is being paused.
  const std::string next = fetch_up_to_the_gap(content);
  ana.call("POST", "/v1/folders/" + next + "/pause");
  ana.call("DELETE", "/v1/folders/" + next);
  ASSERT_TRUE(comes_to(next, "cancelled"));
  EXPECT_TRUE(nothing_left());
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  EXPECT_EQ(text(status(id), "state"), "cancelled");
  EXPECT_EQ(text(status(next), "state"), "cancelled");
  EXPECT_TRUE(nothing_left());
}

// What is to stay free on the disk is configured; a peer that may not fill it at all stands for a
// disk that is full.
TEST_F(FolderPause, ADiskThatHasToStayFreeIsNotFilled) {
  share_album();
  const std::string content = list_with_a_gap();
  fetch_up_to_the_gap(content);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  close_gap();
  const std::string config = ana.home() + "/shoal.yaml";
  std::ofstream(config) << "download:\n  keep_free: 1000TB\n";
  ana.start();
  // What began before waits.
  const auto items = ana.call("GET", "/v1/folders").at("items").as_array();
  ASSERT_EQ(items.size(), 1U) << ana.process().output();
  const std::string id = text(items[0].as_object(), "id");
  ASSERT_TRUE(comes_to(id, "paused"));
  EXPECT_EQ(text(status(id), "paused_by"), "disk");
  EXPECT_NE(why(id).find("left alone"), std::string::npos) << why(id);
  // What is new is refused, with all that there is of it.
  const auto refused = ana.shoal({"get", content_of("Album"), "--folder", "--name", "new"});
  EXPECT_EQ(refused.first, 1) << refused.second;
  EXPECT_NE(refused.second.find("left alone"), std::string::npos) << refused.second;
  EXPECT_EQ(final_files(), 0U);
  EXPECT_EQ(stages(), 1U) << "what never began is not here";

  EXPECT_EQ(ana.end(SIGTERM), 0);
  std::filesystem::remove(config);
  ana.start();
  ASSERT_TRUE(comes_to(id, "done"));
  is_whole(status(id));
}

// Each of its files would fit.
TEST_F(FolderPause, AFolderThatDoesNotFitAsAWholeIsRefused) {
  share_album();
  const auto free = std::filesystem::space(ana.home()).available;
  std::filesystem::create_directories(folder / "lists");
  {
    std::ofstream list(folder / "lists/list");
    list << "shoal-folder 1\n";
    for (const char digit : std::string("12345678")) {
      list << line(std::string("file ") + digit,
                   std::string(64, digit) + "-" + std::to_string(free / 32 * 3));
    }
  }
  EXPECT_EQ(luis.shoal({"share", folder / "lists"}).first, 0);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  std::ofstream(ana.home() + "/shoal.yaml") << "download:\n  keep_free: " << free / 2 << "B\n";
  ana.start();
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  const auto [code, words] =
      ana.shoal({"get", content_of("lists/list"), "--folder", "--timeout", "10s"});
  EXPECT_EQ(code, 1) << words;
  EXPECT_NE(words.find("the folder needs"), std::string::npos) << words;
  EXPECT_NE(words.find(std::to_string(free / 2 >> 20U) + " MiB are left alone"), std::string::npos)
      << words;
  EXPECT_TRUE(nothing_left()) << "it never began";
}

// Another process, as it seems, fetches the folder there.
TEST_F(FolderPause, OneThatFailedGoesOnUnderItsNumberOrIsCancelled) {
  share_album();
  const std::string content = content_of("Album");
  const std::string stage = ana.home() + "/downloads/.part/" + content + ".folder";
  std::filesystem::create_directories(stage);
  const int lock = ::open((stage + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX | LOCK_NB), 0);
  const auto begin = [&] {
    return text(ana.call("POST", "/v1/folders", {{"content", content}, {"name", "x"}}), "id");
  };
  const std::string id = begin();
  ASSERT_TRUE(comes_to(id, "failed"));
  const std::string other = begin();
  ASSERT_TRUE(comes_to(other, "failed"));
  EXPECT_NE(why(id).find("another process"), std::string::npos) << why(id);
  EXPECT_EQ(ana.shoal({"transfers", "pause", id}).first, 1);
  ::close(lock);
  EXPECT_EQ(ana.shoal({"transfers", "resume", id}).first, 0);
  const auto end = end_of(id);
  EXPECT_EQ(text(end, "state"), "done") << bj::serialize(end);
  EXPECT_EQ(paths_in(text(end, "path")), paths_in(folder / "Album"));
  EXPECT_EQ(ana.shoal({"transfers", "cancel", other}).first, 0);
  ASSERT_TRUE(comes_to(other, "cancelled"));
  EXPECT_NE(ana.shoal({"transfers", "resume", other}).first, 0);
  EXPECT_TRUE(nothing_left());
}

}  // namespace
}  // namespace shoal::daemon
