// SPDX-License-Identifier: Apache-2.0
// The real client at the real directory: shoal directory register|login|logout.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/child.h"
#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/program.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

using Said = tests::Outcome;  // both outputs in one

std::vector<std::string> shoal_words(const std::string& home,
                                     const std::vector<std::string>& words) {
  std::vector<std::string> all{SHOAL_PROGRAM, "--home", home};
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

// With `typed` on a pipe as stdin.
Said shoal(const std::string& home, const std::vector<std::string>& words,
           const std::string& typed = {}) {
  return tests::run_child(shoal_words(home, words), tests::Outputs::kTogether, typed);
}

// At a terminal of its own: waits for each prompt and types the answer.
Said shoal_at_terminal(const std::string& home, const std::vector<std::string>& words,
                       const std::vector<std::pair<std::string, std::string>>& answers) {
  const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  EXPECT_GE(master, 0);
  EXPECT_EQ(::grantpt(master) | ::unlockpt(master), 0);
  const std::string name = ::ptsname(master);
  const auto take_terminal = [&] {
    ::setsid();
    const int terminal = ::open(name.c_str(), O_RDWR);
    ::ioctl(terminal, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; ++fd) ::dup2(terminal, fd);
  };
  const pid_t child = tests::start_child(shoal_words(home, words), {take_terminal});
  Said said;
  std::size_t answered = 0;
  std::size_t seen = 0;
  std::array<char, 4096> buffer{};
  const auto until = Program::Clock::now() + std::chrono::seconds(20);
  while (Program::Clock::now() < until) {
    if (answered < answers.size()) {
      const auto& [prompt, typed] = answers[answered];
      if (const auto at = said.out.find(prompt, seen); at != std::string::npos) {
        seen = at + prompt.size();
        EXPECT_EQ(::write(master, typed.data(), typed.size()), static_cast<ssize_t>(typed.size()));
        ++answered;
      }
    }
    pollfd ready{master, POLLIN, 0};
    if (::poll(&ready, 1, 100) <= 0) continue;
    const ssize_t count = ::read(master, buffer.data(), buffer.size());
    if (count <= 0) break;  // the child has closed it
    said.out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  said.code = tests::wait_for_child(child);
  ::close(master);
  return said;
}

class Login : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(shoal(ana, {"init", "--name", "ana", "--directory", url}).code, 0);
    ASSERT_EQ(shoal(other, {"init", "--name", "other", "--directory", url}).code, 0);
  }
  [[nodiscard]] std::string session_file() const { return ana + "/state/directory-session.json"; }
  [[nodiscard]] std::string token() const {
    std::ifstream in(session_file());
    std::stringstream text;
    text << in.rdbuf();
    return std::string(boost::json::parse(text.str()).at("token").as_string());
  }

  const http::TempFolder folder;
  const std::string ana = folder / "ana";
  const std::string other = folder / "other";
  Program program{{"--listen", "127.0.0.1:0", "--data", folder / "data"}};
  const std::string url = program.url();
};

TEST_F(Login, KeepsATokenForItsOwnerAndForgetsItAtLogout) {
  const auto registered = shoal(ana, {"directory", "register", "ana"}, "correct horse\n");
  EXPECT_EQ(registered.code, 0) << registered.out;
  EXPECT_NE(registered.out.find("registered ana at " + url), std::string::npos);
  const auto wrong = shoal(ana, {"directory", "login", "ana"}, "battery staple\n");
  EXPECT_EQ(wrong.code, 4) << wrong.out;
  const auto in = shoal(ana, {"directory", "login", "ana"}, "correct horse\n");
  EXPECT_EQ(in.code, 0) << in.out;
  struct stat status {};
  ASSERT_EQ(::stat(session_file().c_str(), &status), 0) << in.out;
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const std::string first = token();
  EXPECT_EQ(in.out.find(first), std::string::npos);
  EXPECT_EQ(session_at(url, first), 200);
  // Again from the same peer; from another one not.
  EXPECT_EQ(shoal(ana, {"directory", "login", "ana"}, "correct horse\n").code, 0);
  EXPECT_EQ(session_at(url, first), 401);
  const auto elsewhere = shoal(other, {"directory", "login", "ana"}, "correct horse\n");
  EXPECT_EQ(elsewhere.code, 1) << elsewhere.out;
  EXPECT_NE(elsewhere.out.find("is logged in from"), std::string::npos) << elsewhere.out;
  const std::string second = token();
  EXPECT_EQ(session_at(url, second), 200);
  const auto out = shoal(ana, {"directory", "logout"});
  EXPECT_EQ(out.code, 0) << out.out;
  EXPECT_EQ(session_at(url, second), 401);
  EXPECT_NE(::access(session_file().c_str(), F_OK), 0);
  EXPECT_EQ(shoal(ana, {"directory", "logout"}).code, 0);
}

TEST_F(Login, ShowsNoPasswordThatIsTyped) {
  const auto registered =
      shoal_at_terminal(ana, {"directory", "register", "ana"},
                        {{"password of ana: ", "geheim1\n"}, {"again: ", "geheim1\n"}});
  EXPECT_EQ(registered.code, 0) << registered.out;
  EXPECT_EQ(registered.out.find("geheim1"), std::string::npos) << registered.out;
  const auto differ =
      shoal_at_terminal(ana, {"directory", "register", "luis"},
                        {{"password of luis: ", "geheim1\n"}, {"again: ", "geheim2\n"}});
  EXPECT_EQ(differ.code, 2) << differ.out;
  const auto in =
      shoal_at_terminal(ana, {"directory", "login", "ana"}, {{"password of ana: ", "geheim1\n"}});
  EXPECT_EQ(in.code, 0) << in.out;
  const auto stopped =
      shoal_at_terminal(ana, {"directory", "login", "ana"}, {{"password of ana: ", "\x03"}});
  EXPECT_EQ(stopped.code, 130) << stopped.out;
}

TEST_F(Login, GoesByThePeersKeyWithoutAPassword) {
  EXPECT_EQ(shoal(ana, {"directory", "register", "ana", "--key"}).code, 0);
  const auto in = shoal(ana, {"directory", "login", "ana", "--key", "--json"});
  EXPECT_EQ(in.code, 0) << in.out;
  const auto session = boost::json::parse(in.out).as_object();
  EXPECT_FALSE(session.contains("token"));
  EXPECT_TRUE(session.at("user").at("online").as_bool());
  EXPECT_EQ(session_at(url, token()), 200);
  EXPECT_EQ(shoal(other, {"directory", "login", "ana", "--key"}).code, 4);
  EXPECT_EQ(shoal(other, {"directory", "register", "ana", "--key"}).code, 1);
}

TEST_F(Login, SaysWhatIsMissing) {
  const std::vector<std::pair<std::vector<std::string>, int>> table = {
      {{"directory", "login"}, 2},
      {{"directory", "register"}, 2},
      {{"directory", "login", "ana", "secret"}, 2},  // never an argument
      {{"directory", "logout", "ana"}, 2},
      {{"directory", "login", "ana"}, 2},  // and nothing on stdin
      {{"directory", "login", "ana", "--directory", "http://127.0.0.1:1", "--key"}, 6},
      {{"directory", "login", "ana", "--directory", "gopher://x"}, 2},
  };
  for (const auto& [words, code] : table) {
    const auto said = shoal(ana, words);
    EXPECT_EQ(said.code, code) << said.out;
  }
  const auto help = shoal(ana, {"directory", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_NE(help.out.find("shoal directory login ana --key"), std::string::npos) << help.out;
  ::mkdir((ana + "/state").c_str(), 0700);
  std::ofstream(session_file()) << "{}";
  ::chmod(session_file().c_str(), 0644);
  EXPECT_EQ(shoal(ana, {"directory", "logout"}).code, 4);
}

}  // namespace
}  // namespace shoal::bootstrap
