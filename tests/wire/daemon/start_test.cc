// SPDX-License-Identifier: Apache-2.0
// How shoald starts, how it refuses to, and how it ends.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "proto/types/errc.h"
#include "proto/types/limits.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

// A port of loopback that somebody listens on.
class TakenPort {
 public:
  TakenPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, any, sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 1), 0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~TakenPort() { ::close(fd_); }
  TakenPort(const TakenPort&) = delete;
  TakenPort& operator=(const TakenPort&) = delete;
  [[nodiscard]] std::string text() const { return std::to_string(port_); }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

TEST(Shoald, PrintsOneLineWhenItIsUp) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto status = peer.status();
  const std::string listen(status.at("listen").as_string());
  const std::string line = "up, pid " + std::to_string(peer.process().pid()) + ", grpc " + listen +
                           ", socket " + peer.home() + "/run/shoald.sock\n";
  EXPECT_NE(peer.process().output().find(line), std::string::npos) << peer.process().output();
  EXPECT_EQ(peer.end(SIGTERM), 0);
  EXPECT_FALSE(std::filesystem::exists(peer.home() + "/run/shoald.sock"));
}

TEST(Shoald, KeepsItsFilesToItself) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto mode = [&](const std::string& name) {
    struct stat status {};
    EXPECT_EQ(::stat((peer.home() + name).c_str(), &status), 0) << name;
    return status.st_mode & 0777;
  };
  EXPECT_EQ(mode("/data"), 0700U);
  EXPECT_EQ(mode("/state"), 0700U);
  EXPECT_EQ(mode("/run"), 0700U);
  EXPECT_EQ(mode("/data/identity.key"), 0600U);
  EXPECT_EQ(mode("/state/rest.token"), 0600U);
  EXPECT_EQ(mode("/run/shoald.sock"), 0600U);
}

TEST(Shoald, KeepsItsKeyAndItsPortsOverARestart) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto before = peer.status();
  EXPECT_EQ(peer.end(SIGINT), 0);
  peer.start();
  const auto after = peer.status();
  EXPECT_EQ(before.at("url"), after.at("url"));
  EXPECT_EQ(before.at("rest"), after.at("rest"));
}

TEST(Shoald, RefusesASecondOneInTheSameHome) {
  const Folder folder;
  Peer peer(folder, "ana");
  Process second({SHOALD_PROGRAM, "--home", peer.home(), "--port", "0"}, folder / "second");
  EXPECT_EQ(second.wait(), info(Errc::kConflict).exit_code);
  const std::string words = second.output();
  EXPECT_NE(words.find("a shoald runs here already"), std::string::npos) << words;
  EXPECT_NE(words.find("pid " + std::to_string(peer.process().pid())), std::string::npos) << words;
  EXPECT_EQ(peer.status().at("pid"), peer.process().pid()) << "the first one is untouched";
}

TEST(Shoald, StartsAgainAfterKillNine) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto id = peer.id();
  EXPECT_EQ(peer.end(SIGKILL), 128 + SIGKILL);
  peer.start();
  EXPECT_EQ(peer.id(), id);
}

TEST(Shoald, WaitsForTheLockOfOneThatIsJustGoing) {
  const Folder folder;
  std::filesystem::create_directories(folder / "ana/data");
  // Holds the lock until the new one has found it taken.
  const int fd =
      ::open((folder / "ana/data/shoald.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(fd, LOCK_EX | LOCK_NB), 0);
  Process process({SHOALD_PROGRAM, "--home", folder / "ana", "--port", "0"}, folder / "log");
  EXPECT_EQ(process.wait(limits::kLockWait / 4), -1) << "it gave up at once";
  ::close(fd);
  EXPECT_TRUE(process.says(" up, pid ")) << process.output();
}

TEST(Shoald, TakesTheNextPortAnnouncesItAndStaysThere) {
  const Folder folder;
  std::string url;
  const TakenPort taken;
  Peer peer(folder, "ana", {"--port", taken.text()});
  const auto card = peer.call("GET", "/v1/peer");
  const std::string listen(peer.status().at("listen").as_string());
  EXPECT_NE(listen, "127.0.0.1:" + taken.text());
  EXPECT_EQ(card.at("endpoints").as_array().at(0), boost::json::value(listen));
  EXPECT_NE(peer.process().output().find("port " + taken.text() + " is taken"), std::string::npos);
  EXPECT_EQ(peer.end(SIGTERM), 0);
  peer.start();
  EXPECT_EQ(peer.status().at("listen"), boost::json::value(listen));
}

TEST(Shoald, ExitsNineWithThePlaceOfWhatIsWrong) {
  const Folder folder;
  std::ofstream(folder / "bad.yaml") << "name: ana\nlisten:\n  prot: 1\n";
  Process process({SHOALD_PROGRAM, "--home", folder / "home", "--config", folder / "bad.yaml"},
                  folder / "log");
  EXPECT_EQ(process.wait(), 9);
  EXPECT_NE(process.output().find("bad.yaml:3:3"), std::string::npos) << process.output();
  EXPECT_NE(process.output().find("did you mean port?"), std::string::npos) << process.output();
  EXPECT_FALSE(std::filesystem::exists(folder / "home/data")) << "nothing was made";
}

TEST(Shoald, ExitsNineForAConfigurationOfTenMegabytesWithoutReadingIt) {
  const Folder folder;
  std::ofstream(folder / "huge.yaml") << "name: ana\n" << std::string(10'000'000, '#') << "\n";
  Process process({SHOALD_PROGRAM, "--home", folder / "home", "--config", folder / "huge.yaml"},
                  folder / "log");
  EXPECT_EQ(process.wait(), 9);
  EXPECT_NE(process.output().find("huge.yaml: it is larger than 64 KiB"), std::string::npos)
      << process.output();
  EXPECT_FALSE(std::filesystem::exists(folder / "home/data")) << "nothing was made";
}

TEST(Shoald, ExitsNineForAnOverlayThatThereIsNot) {
  const Folder folder;
  Process process({SHOALD_PROGRAM, "--home", folder / "home", "--set", "search.via=teleport"},
                  folder / "log");
  EXPECT_EQ(process.wait(), 9);
  EXPECT_NE(process.output().find("teleport"), std::string::npos) << process.output();
}

TEST(Shoald, RefusesAKeyThatOthersCanRead) {
  const Folder folder;
  Peer peer(folder, "ana");
  EXPECT_EQ(peer.end(SIGTERM), 0);
  ASSERT_EQ(::chmod((peer.home() + "/data/identity.key").c_str(), 0644), 0);
  Process process({SHOALD_PROGRAM, "--home", peer.home()}, folder / "log");
  EXPECT_EQ(process.wait(), info(Errc::kDenied).exit_code) << process.output();
}

TEST(Shoald, SaysWhatItsFlagsAre) {
  const Folder folder;
  Process help({SHOALD_PROGRAM, "--help"}, folder / "help");
  EXPECT_EQ(help.wait(), 0);
  EXPECT_NE(help.output().find("EXAMPLES"), std::string::npos);
  Process wrong({SHOALD_PROGRAM, "--hlep"}, folder / "wrong");
  EXPECT_EQ(wrong.wait(), 2);
  EXPECT_NE(wrong.output().find("there is no --hlep"), std::string::npos);
}

TEST(Shoald, LogsJsonThatHoldsNoWordsOfAQuery) {
  const Folder folder;
  Peer peer(folder, "ana", {"--log-format", "json", "--log-level", "info"});
  peer.search({{"terms", "very-secret-words"}});
  EXPECT_EQ(peer.end(SIGTERM), 0);
  std::istringstream lines(peer.process().output());
  std::string line;
  std::getline(lines, line);  // the line that says it is up may stand anywhere
  int objects = 0;
  for (bool more = true; more; more = static_cast<bool>(std::getline(lines, line))) {
    EXPECT_EQ(line.find("very-secret-words"), std::string::npos) << line;
    if (line.starts_with("shoald ")) continue;
    boost::json::error_code error;
    const auto value = boost::json::parse(line, error);
    ASSERT_FALSE(error) << line;
    EXPECT_TRUE(value.as_object().contains("level")) << line;
    ++objects;
  }
  EXPECT_GE(objects, 1);
}

TEST(Shoald, StopsWhenAskedOverRest) {
  const Folder folder;
  Peer peer(folder, "ana");
  peer.call("POST", "/v1/shutdown");
  EXPECT_EQ(peer.process().wait(std::chrono::seconds(5)), 0);
}

}  // namespace
}  // namespace shoal::daemon
