// SPDX-License-Identifier: Apache-2.0
// shoal up --with-directory: both come up, find each other, and go as they came.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/has.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

using tests::has;

// {"schema":"..","pid":4121}
int pid_in(const std::string& status) {
  const auto at = status.find("\"pid\":");
  return at == std::string::npos ? 0 : std::atoi(status.c_str() + at + 6);
}

class StartAll : public testing::Test {
 protected:
  // `shoal` in a home of its own: the exit code and the words.
  std::pair<int, std::string> shoal(std::vector<std::string> words) {
    words.insert(words.begin(), {SHOAL_PROGRAM, "--home", folder / "home"});
    Process process(words, folder / "out");
    const int code = process.wait();
    return {code, process.output()};
  }
  ~StartAll() override { shoal({"down", "--with-directory"}); }

  const Folder folder;
};

TEST_F(StartAll, BringsUpADirectoryThatThePeerIsKnownAt) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  const auto [up, words] = shoal({"up", "--with-directory"});
  ASSERT_EQ(up, 0) << words;
  EXPECT_TRUE(has(words, "shoal-directory up, pid ")) << words;
  EXPECT_TRUE(soon([&] {
    return has(shoal({"directory", "peers"}).second, "ana");
  })) << shoal({"directory"}).second;

  // The daemon alone may end and come back to the same directory.
  EXPECT_EQ(shoal({"down"}).first, 0);
  const auto [again, same] = shoal({"up", "--with-directory"});
  EXPECT_EQ(again, 0) << same;
  EXPECT_EQ(same.substr(0, same.find('\n')), words.substr(0, words.find('\n')));

  const auto [down, last] = shoal({"down", "--with-directory"});
  EXPECT_EQ(down, 0) << last;
  EXPECT_TRUE(has(last, "stopped the directory")) << last;
  EXPECT_EQ(shoal({"down", "--with-directory"}).first, 6) << "there was nothing left to stop";
}

TEST_F(StartAll, LetsItsUserRegisterThereThoughNoFileNamesTheDirectory) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  const auto [none, missing] = shoal({"directory", "register", "ana", "--key"});
  EXPECT_EQ(none, 9) << missing;
  EXPECT_TRUE(has(missing, "shoal up --with-directory")) << missing;
  ASSERT_EQ(shoal({"up", "--with-directory"}).first, 0);
  for (const char* const verb : {"register", "login"}) {
    const auto [code, words] = shoal({"directory", verb, "ana", "--key"});
    EXPECT_EQ(code, 0) << words;
  }
}

TEST_F(StartAll, KeepsItsDirectoryInTheHomeWhateverIsSaidOfAnotherOne) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  ::setenv("SHOAL_DIRECTORY_CONFIG", (folder / "none.yaml").c_str(), 1);
  ::setenv("SHOAL_STORE", "postgresql://127.0.0.1:1/none", 1);
  const auto [up, words] = shoal({"up", "--with-directory"});
  for (const char* const name : {"SHOAL_DIRECTORY_CONFIG", "SHOAL_STORE"}) ::unsetenv(name);
  EXPECT_EQ(up, 0) << words;
  EXPECT_TRUE(std::filesystem::exists(folder / "home/data/directory/directory.db")) << words;
}

TEST_F(StartAll, RefusesADirectoryForADaemonThatIsUpWithoutIt) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  ASSERT_EQ(shoal({"up"}).first, 0);
  const auto [code, words] = shoal({"up", "--with-directory"});
  EXPECT_EQ(code, 1) << words;
  EXPECT_TRUE(has(words, "it was started without one")) << words;
  EXPECT_TRUE(has(words, "shoal down, then shoal up --with-directory")) << words;
  EXPECT_FALSE(std::filesystem::exists(folder / "home/state/directory.pid"));
  EXPECT_EQ(shoal({"up"}).first, 0);
}

TEST_F(StartAll, StartsTheDirectoryAgainBesideItsDaemon) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  const auto [up, words] = shoal({"up", "--with-directory"});
  ASSERT_EQ(up, 0) << words;
  const auto [same, told] = shoal({"up", "--with-directory"});
  EXPECT_EQ(same, 0) << told;
  EXPECT_EQ(told.substr(0, told.find('\n')), words.substr(0, words.find('\n')));
  std::ifstream note(folder / "home/state/directory.pid");
  int pid = 0;
  std::string url;
  ASSERT_TRUE(note >> pid >> url);
  ASSERT_EQ(::kill(pid, SIGKILL), 0);
  // As long as somebody else has its port, maybe a directory of another test, it says so.
  std::pair<int, std::string> again;
  EXPECT_TRUE(soon([&] {
    again = shoal({"up", "--with-directory"});
    return !has(again.second, "another one") && !has(again.second, "was started by itself");
  }));
  EXPECT_EQ(again.first, 0) << again.second;
  EXPECT_TRUE(has(again.second, "shoal-directory up, pid ")) << again.second;
  EXPECT_TRUE(has(again.second, url)) << again.second;
  int now = 0;
  ASSERT_TRUE(std::ifstream(folder / "home/state/directory.pid") >> now);
  EXPECT_NE(now, pid);
  EXPECT_EQ(::kill(now, 0), 0);
}

TEST_F(StartAll, BringsTheDirectoryBackWithAPlainUpAfterACrashUntilItIsStopped) {
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  ASSERT_EQ(shoal({"up", "--with-directory"}).first, 0);
  std::ifstream note(folder / "home/state/directory.pid");
  int pid = 0;
  std::string url;
  ASSERT_TRUE(note >> pid >> url);
  const int daemon = pid_in(shoal({"status", "--json=pid"}).second);
  ASSERT_GT(daemon, 1);
  for (const int each : {daemon, pid}) ASSERT_EQ(::kill(each, SIGKILL), 0);
  const auto gone = [](int each) {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/" + std::to_string(each) + "/exe", error).empty();
  };
  ASSERT_TRUE(soon([&] { return gone(daemon) && gone(pid); }));
  const auto [up, words] = shoal({"up"});
  EXPECT_EQ(up, 0) << words;
  EXPECT_TRUE(has(words, "shoal-directory up, pid ")) << words;
  EXPECT_TRUE(has(words, ", as before; shoal down --with-directory ends that")) << words;
  ASSERT_TRUE(std::ifstream(folder / "home/state/directory.pid") >> pid >> url);
  EXPECT_TRUE(has(shoal({"directory"}).second, url)) << words;

  EXPECT_EQ(shoal({"down", "--with-directory"}).first, 0);
  const auto [alone, rest] = shoal({"up"});
  EXPECT_EQ(alone, 0) << rest;
  EXPECT_FALSE(has(rest, "shoal-directory")) << rest;
}

TEST_F(StartAll, LeavesADirectoryThatWasStartedByHandAlone) {
  Process directory({SHOAL_DIRECTORY_PROGRAM, "--listen", "127.0.0.1:0", "--data", folder / "d"},
                    folder / "directory");
  ASSERT_TRUE(directory.says(" up, pid "));
  const std::string words = directory.output();
  const auto at = words.find("http://");
  const std::string url = words.substr(at, words.find('\n', at) - at);
  ASSERT_EQ(shoal({"init", "--name", "ana", "--directory", url}).first, 0);
  ASSERT_EQ(shoal({"up"}).first, 0);
  const auto [up, said] = shoal({"up", "--with-directory"});
  EXPECT_EQ(up, 0) << said;
  EXPECT_TRUE(has(said, url + " is up")) << said;
  EXPECT_FALSE(std::filesystem::exists(folder / "home/state/directory.pid"));
}

TEST_F(StartAll, TakesNoOtherProgramForItsDirectory) {
  Process other({"/bin/sleep", "600"}, folder / "other");
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  std::filesystem::create_directories(folder / "home/state");
  std::ofstream(folder / "home/state/directory.pid") << other.pid() << " http://127.0.0.1:1\n";
  EXPECT_EQ(shoal({"down", "--with-directory"}).first, 6);
  EXPECT_EQ(other.wait(std::chrono::milliseconds(200)), -1) << "a stranger was stopped";
}

}  // namespace
}  // namespace shoal::daemon
