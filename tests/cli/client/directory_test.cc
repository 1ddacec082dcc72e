// SPDX-License-Identifier: Apache-2.0
// Which directory `shoal directory register` and `login` go to where no file names one.
#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {
namespace {

const std::vector<std::string> kLogin{"directory", "login", "ana", "--key"};

TEST(DirectoryLogin, GoesToThatOfTheDaemonThatIsCalledByItsUnixSocket) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", R"({"directory":{"url":"http://127.0.0.1:1"}})").start();
  const auto done = Shell(daemon).run(kLogin);
  EXPECT_FALSE(has(done.err, "no directory is configured")) << done.err;
  EXPECT_NE(done.code, 9) << done.err;
}

// It may be on another machine, whose 127.0.0.1 is not this one's.
TEST(DirectoryLogin, DoesNotGoToThatOfADaemonThatIsCalledByTcp) {
  FakeDaemon daemon;
  daemon.answer("GET", "/v1/status", R"({"directory":{"url":"http://127.0.0.1:1"}})").start();
  const auto done = Shell(daemon, daemon.url()).run(kLogin);
  EXPECT_TRUE(has(done.err, "no directory is configured")) << done.err;
  EXPECT_EQ(done.code, 9);
  EXPECT_EQ(daemon.heard(), FakeDaemon::Lines{"GET /v1/status"});
}

TEST(DirectoryLogin, SaysWhyTheDaemonDoesNotTellItsDirectory) {
  FakeDaemon daemon;
  daemon.refuse("GET", "/v1/status", {Errc::kUnauthenticated, "who are you", "", ""}).start();
  const auto done = Shell(daemon).run(kLogin);
  EXPECT_TRUE(has(done.err, "who are you")) << done.err;
  EXPECT_FALSE(has(done.err, "no directory is configured")) << done.err;
}

}  // namespace
}  // namespace shoal::client
