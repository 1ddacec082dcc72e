// SPDX-License-Identifier: Apache-2.0
// The program killed with -9 at each write and each sync of its store: what it answered stays true.
// strace does that without a hook.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <iostream>

#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/program.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

namespace fs = std::filesystem;

struct Case {
  const char* call;
  bool old_file;  ///< the store is one that the first version of the program wrote
};

class KillNine : public testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] std::vector<std::string> arguments() const {
    return {"--listen", "127.0.0.1:0", "--data", folder / "data"};
  }
  // strace, which kills the program at its n-th such call on the store's files.
  [[nodiscard]] std::vector<std::string> killer(int n) const {
    std::vector<std::string> words = {"/usr/bin/strace", "-D", "-f", "-qqq", "-o", "/dev/null"};
    for (const auto* file : {"", "-wal", "-shm", "-journal"}) {
      words.insert(words.end(), {"-P", folder / ("data/directory.db" + std::string(file))});
    }
    const std::string call = GetParam().call;
    words.insert(words.end(), {"-e", "trace=" + call, "-e",
                               "inject=" + call + ":signal=SIGKILL:when=" + std::to_string(n)});
    return words;
  }
  void lay_out() const {
    fs::remove_all(folder / "data");
    fs::create_directories(folder / "data");
    if (!GetParam().old_file) return;
    sqlite3* db = nullptr;
    ASSERT_EQ(::sqlite3_open((folder / "data/directory.db").c_str(), &db), SQLITE_OK);
    EXPECT_EQ(::sqlite3_exec(db,
                             "PRAGMA journal_mode=WAL;"
                             "CREATE TABLE peer(id BLOB PRIMARY KEY, stamp INTEGER NOT NULL,"
                             " sealed BLOB, address TEXT, until INTEGER NOT NULL) WITHOUT ROWID;"
                             "CREATE INDEX peer_ended ON peer(until) WHERE sealed IS NULL;"
                             "PRAGMA user_version=1",
                             nullptr, nullptr, nullptr),
              SQLITE_OK);
    ::sqlite3_close(db);
  }
  const http::TempFolder folder;
};

// A user who acts by its key, since that is quick, and what the directory has answered it.
class User {
 public:
  explicit User(std::string name) : name_(std::move(name)) {}

  // Each returns whether the directory still answers.
  bool sign_up(const std::string& url) {
    const auto answer = send(url, rpc::StatementKind::kRegister, "/v1/users");
    registered_ = status_of(answer) == 201;
    EXPECT_TRUE(!answer || registered_) << answer->body;
    return registered_;
  }
  bool log_in(const std::string& url) {
    const auto answer = send(url, rpc::StatementKind::kLogin, "/v1/sessions");
    EXPECT_TRUE(!answer || answer->status == 201) << answer->body;
    if (answer) token_ = boost::json::parse(answer->body).at("token").as_string();
    return answer.has_value();
  }
  bool log_out(const std::string& url) {
    asked_out_ = true;
    out_ = status_of(client_with(url, token_).send("DELETE", "/v1/sessions")) == 204;
    return out_;
  }
  // What it was told holds; what it was not told may.
  void check(const std::string& url, const std::string& where) {
    if (!token_.empty() && (out_ || !asked_out_)) {
      EXPECT_EQ(session_at(url, token_), out_ ? 401 : 200) << where;
    }
    const int again = status_of(send(url, rpc::StatementKind::kRegister, "/v1/users"));
    EXPECT_TRUE(again == 409 || (again == 201 && !registered_)) << where << ": " << again;
    // Whole, however it came to be there.
    const auto in = send(url, rpc::StatementKind::kLogin, "/v1/sessions");
    EXPECT_EQ(status_of(in), 201) << where << (in ? in->body : "");
  }

 private:
  Result<http::Answer> send(const std::string& url, rpc::StatementKind kind,
                            const std::string& path) {
    UserRequest request;
    request.name = name_;
    stamp_ = std::max(stamp_ + 1, static_cast<std::uint64_t>(unix_now()) * 1'000'000);
    request.statement =
        rpc::make_statement(key_, kind, url.substr(std::string("http://").size()), name_, stamp_);
    return client_of(url).send("POST", path, to_body(request));
  }

  std::string name_;
  const rpc::Identity key_ = rpc::Identity::generate();
  std::uint64_t stamp_ = 0;
  bool registered_ = false;
  std::string token_;
  bool asked_out_ = false;
  bool out_ = false;
};

// Until the directory is dead, or all of it was done.
void act(const std::string& url, User& ana, User& luis) {
  if (url.empty()) return;
  const auto lease = rpc::Identity::generate();
  if (!ana.sign_up(url) || !ana.log_in(url)) return;
  if (status_of(put(client_of(url), lease, 1)) != 200) return;
  if (!luis.sign_up(url) || !luis.log_in(url)) return;
  ana.log_out(url);
}

TEST_P(KillNine, LosesNothingThatWasAnswered) {
  int killed = 0;
  for (int n = 1;; ++n) {
    ASSERT_LT(n, 200);
    const std::string where = std::string(GetParam().call) + " " + std::to_string(n);
    lay_out();
    User ana("ana");
    User luis("luis");
    bool dead = false;
    {
      Program program(arguments(), killer(n));
      act(program.url(), ana, luis);
      program.send(SIGTERM);  // its last writes have their turn, too
      dead = program.wait() == 128 + SIGKILL;
    }
    Program again(arguments());
    const std::string url = again.url();
    ASSERT_NE(url, "") << where << again.output();
    ana.check(url, where);
    luis.check(url, where);
    if (!dead || HasFailure()) break;
    ++killed;
  }
  EXPECT_GE(killed, 3) << "hardly such a call was met";
  std::cout << GetParam().call << ": killed at " << killed << " points\n";
}

INSTANTIATE_TEST_SUITE_P(Calls, KillNine,
                         testing::Values(Case{"pwrite64", false}, Case{"pwrite64", true},
                                         Case{"fdatasync", false}),
                         [](const auto& one) {
                           return std::string(one.param.call) +
                                  (one.param.old_file ? "OldFile" : "");
                         });

}  // namespace
}  // namespace shoal::bootstrap
