// SPDX-License-Identifier: Apache-2.0
// The program killed at its system calls, and system calls that fail: under the final name there is
// the right file or none, and what comes after ends the work. strace does both without a hook.
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kSmall = 3'500'000;  // four pieces

class Crash : public Sharing {
 protected:
  // Shared at Luis, and Ana knows its id.
  void share(std::size_t bytes) {
    content = text(found(bytes), "content");
    whole = read_file(folder / "books/big book.bin");
  }

  /// Ana under strace, which does `what` to the n-th such call of a thread on the download's files.
  [[nodiscard]] Terms tamper(const std::string& call, const std::string& what, int n) const {
    const std::string downloads = ana.home() + "/downloads";
    Terms terms;
    terms.under = {"/usr/bin/strace", "-D", "-f", "-qqq", "-o", "/dev/null"};
    for (const auto& path : {downloads, downloads + "/.part", downloads + "/.part/" + part(".part"),
                             downloads + "/.part/" + part(".journal")}) {
      terms.under.insert(terms.under.end(), {"-P", path});
    }
    terms.under.insert(terms.under.end(),
                       {"-e", "trace=" + call, "-e",
                        "inject=" + call + ":" + what + ":when=" + std::to_string(n)});
    return terms;
  }
  [[nodiscard]] std::string part(const std::string& ending) const { return content + ending; }

  // What lies under final names now, all of it right.
  std::size_t right_files() {
    std::size_t count = 0;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(ana.home() + "/downloads", none)) {
      if (entry.path().filename() == ".part") continue;
      ++count;
      EXPECT_TRUE(read_file(entry.path()) == whole) << entry.path() << " is wrong";
    }
    return count;
  }
  // The download, begun or gone on with; its number.
  std::string go_on() {
    const auto items = ana.call("GET", "/v1/transfers").at("items").as_array();
    for (const auto& item : items) {
      const auto state = text(item.as_object(), "state");
      if (state != "done" && state != "failed" && state != "cancelled") {
        return text(item.as_object(), "id");
      }
    }
    return text(ana.call("POST", "/v1/transfers", {{"content", content}}), "id");
  }
  void be_linked() {
    ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.process().output();
  }
  // Without faults to the end, whatever was before; then all of it goes.
  void heal_and_clear(const std::string& after) {
    ana.end(SIGKILL);
    ana.start();
    be_linked();
    if (right_files() == 0) {
      const auto end = done(go_on());
      EXPECT_EQ(text(end, "state"), "done") << after << boost::json::serialize(end);
    }
    EXPECT_EQ(right_files(), 1U) << after;
    ana.end(SIGKILL);
    std::size_t left = 0;
    for (const auto& entry : fs::directory_iterator(ana.home() + "/downloads/.part")) {
      left += entry.path().filename().string().starts_with(content) ? 1U : 0U;
    }
    EXPECT_EQ(left, 0U) << after << ": a part or a journal is left behind";
    fs::remove_all(ana.home() + "/downloads");
    fs::create_directories(ana.home() + "/downloads/.part");
  }

  std::string content;
  std::string whole;
};

class AtEachCall : public Crash, public testing::WithParamInterface<const char*> {};

TEST_P(AtEachCall, AKillLeavesTheRightFileOrNoneAndTheNextProcessEndsTheWork) {
  const std::string call = GetParam();
  share(kSmall);
  heal_and_clear("at first");
  int killed = 0;
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 60);
    const std::string where = call + " " + std::to_string(n);
    ana.start(tamper(call, "signal=SIGKILL", n));
    bool dead = false;
    const auto id = [&]() -> std::string {
      if (!soon([&] { return ana.active_friends() == 1; })) return {};
      return go_on();
    }();
    EXPECT_FALSE(id.empty()) << where;
    EXPECT_TRUE(soon([&] {
      dead = ana.process().wait(0ms) != -1;
      return dead || right_files() == 1;
    })) << where;
    // The journal goes after the name is there: the last calls have their turn, too.
    if (!dead) dead = ana.process().wait(300ms) != -1;
    EXPECT_LE(right_files(), 1U) << where;
    heal_and_clear("after " + where);
    if (!dead || HasFailure()) break;
    ++killed;
  }
  EXPECT_GE(killed, 1) << "no such call was met";
  std::cout << call << ": killed at " << killed << " points\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, AtEachCall,
                         testing::Values("pwrite64", "fdatasync", "fsync", "renameat2",
                                         "fallocate"),
                         [](const auto& one) { return std::string(one.param); });

class Failing : public Crash {
 protected:
  // One such call fails; the transfer's end in that process.
  std::string fail_once(const std::string& call, const std::string& error, int n) {
    ana.start(tamper(call, "error=" + error, n));
    be_linked();
    const auto end = done(go_on());
    const auto state = text(end, "state");
    EXPECT_TRUE(state == "done" || state == "failed") << boost::json::serialize(end);
    EXPECT_EQ(end.at("error").is_object(), state == "failed");
    // The name may be there before it is known to last; then the transfer says so, and the next
    // process ends it.
    const std::size_t files = right_files();
    EXPECT_TRUE(state == "done" ? files == 1 : files == 0 || call == "fsync") << call << " " << n;
    heal_and_clear("after " + error + " from " + call + " " + std::to_string(n));
    return state;
  }
};

TEST_F(Failing, ASyncThatFailsLosesNothing) {
  share(kSmall);
  heal_and_clear("at first");
  for (int n = 1; n <= 4; ++n) fail_once("fdatasync", "EIO", n);
  for (int n = 1; n <= 2; ++n) fail_once("fsync", "EIO", n);
}

TEST_F(Failing, AWriteThatFindsNoRoomIsWaitedFor) {
  share(kSmall);
  heal_and_clear("at first");
  for (int n = 1; n <= 3; ++n) {
    const auto state = fail_once("pwrite64", "ENOSPC", n);
    EXPECT_TRUE(n == 1 || state == "done");  // it went on by itself
  }
  fail_once("pwrite64", "EIO", 2);
}

TEST_F(Failing, AFileThatCannotGetItsNameStaysAPart) {
  share(kSmall);
  heal_and_clear("at first");
  EXPECT_EQ(fail_once("renameat2", "EIO", 1), "failed");
  EXPECT_EQ(fail_once("renameat2", "ENOSPC", 1), "failed");
}

// How often is SHOAL_KILLS in the environment.
TEST_F(Crash, KillsAtAnyMomentCostNoByteAndLittleWork) {
  constexpr std::size_t kBytes = 320 << 20;
  const char* const wanted = std::getenv("SHOAL_KILLS");
  const int kills = wanted == nullptr ? 100 : std::atoi(wanted);
  const char* const given = std::getenv("SHOAL_SEED");
  auto seed = static_cast<std::uint64_t>(::getpid());
  if (given != nullptr) seed = std::stoull(given);
  std::cout << "SHOAL_SEED=" << seed << '\n';
  Rng rng(seed);
  share(kBytes);
  std::uint64_t most_lost = 0;
  int files = 0;
  for (int kill = 0; kill < kills && !HasFailure();) {
    const auto id = go_on();
    const auto moment =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(rng.below(900));
    std::uint64_t before = 0;
    std::uint64_t durable = 0;  // what this process was sure of
    while (std::chrono::steady_clock::now() < moment) {
      const auto now = transfer(id);
      before = number(now, "bytes_done");
      durable = std::max(durable, number(now, "bytes_found"));
      if (text(now, "state") == "done") break;
    }
    ana.end(SIGKILL);
    ++kill;
    if (right_files() == 1) {
      ++files;
      before = 0;
      for (const auto& entry : fs::directory_iterator(ana.home() + "/downloads")) {
        if (entry.path().filename() != ".part") fs::remove(entry.path());
      }
    }
    ana.start();
    be_linked();
    // What the next process finds is durable, and little less than what was there.
    if (before > 0) {
      const auto again = go_on();
      std::uint64_t found = 0;
      soon([&] {
        const auto now = transfer(again);
        found = number(now, "bytes_found");
        return text(now, "state") != "preparing";
      });
      soon(
          [&] {
            found = std::max(found, number(transfer(again), "bytes_found"));
            return found >= durable && found + limits::kSyncBytes >= before;
          },
          3s);
      EXPECT_GE(found, durable) << "kill " << kill;
      if (before > found) most_lost = std::max(most_lost, before - found);
      EXPECT_LE(before, found + limits::kSyncBytes) << "kill " << kill;
    }
  }
  const auto end = done(go_on());
  EXPECT_EQ(text(end, "state"), "done") << boost::json::serialize(end);
  EXPECT_EQ(right_files(), 1U);
  std::cout << kills << " kills, " << files + 1 << " whole files, all right; at most "
            << (most_lost >> 20U) << " MiB were fetched again after one\n";
}

}  // namespace
}  // namespace shoal::daemon
