// SPDX-License-Identifier: Apache-2.0
// The program itself, as a process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/cli/client/searches.h"
#include "tests/support/child.h"
#include "tests/support/temp_folder.h"

namespace {

using shoal::tests::Outcome;

// Both outputs together.
Outcome run(std::vector<std::string> words) {
  return shoal::tests::run_child(std::move(words), shoal::tests::Outputs::kTogether);
}

std::string program() {
  const char* path = std::getenv("SHOAL_PROGRAM");
  EXPECT_NE(path, nullptr);
  return path == nullptr ? "" : path;
}

TEST(Program, LoadsNeitherGrpcNorProtobuf) {
  const auto libraries = run({"ldd", program()});
  ASSERT_EQ(libraries.code, 0) << libraries.out;
  EXPECT_NE(libraries.out.find("libc.so"), std::string::npos) << libraries.out;
  for (const char* name : {"grpc", "protobuf", "absl", "upb"}) {
    EXPECT_EQ(libraries.out.find(name), std::string::npos) << libraries.out;
  }
}

TEST(Program, ExitsWithTheDocumentedCodes) {
  EXPECT_EQ(run({program(), "version"}).code, 0);
  EXPECT_EQ(run({program(), "nosuchverb"}).code, 2);
  EXPECT_EQ(run({program(), "status", "--socket", "/nonexistent/shoald.sock"}).code, 6);
}

TEST(Program, BecomesTheProgramThatIsNamedAfterTheVerb) {
  const shoal::tests::TempFolder temporary;
  const std::string& folder = temporary.path();
  for (const char* name : {"shoal-hello", "shoal-directory", "shoald", "shoal-sim"}) {
    std::ofstream(folder + "/" + name) << "#!/bin/sh\necho " << name << " \"$@\"\nexit 42\n";
    std::filesystem::permissions(folder + "/" + name, std::filesystem::perms::owner_all);
  }
  std::filesystem::copy_file(program(), folder + "/shoal");
  const auto as = [&](std::vector<std::string> words) {
    words.insert(words.begin(), folder + "/shoal");
    return run(words);
  };
  const auto serve = as({"directory", "serve", "--listen", "127.0.0.1:0", "--json"});
  EXPECT_EQ(serve.code, 42);
  EXPECT_EQ(serve.out, "shoal-directory --listen 127.0.0.1:0 --json\n");
  EXPECT_EQ(as({"daemon", "--help"}).out, "shoald --help\n");
  EXPECT_EQ(as({"sim", "run", "-j", "4"}).out, "shoal-sim run -j 4\n");
  EXPECT_EQ(as({"hello", "you"}).out, "shoal-hello you\n");
  EXPECT_EQ(as({"helo", "you"}).code, 2);
}

TEST(Program, SaysWhenStdoutTakesNoMore) {
  const auto full = run({"sh", "-c", "\"$0\" help >/dev/full", program()});
  EXPECT_EQ(full.code, 1) << full.out;
  EXPECT_NE(full.out.find("cannot write the results"), std::string::npos) << full.out;
}

// As behind `| head`.
TEST(Program, RemembersWhatASearchFoundAlsoWhenItsReaderHasLeft) {
  shoal::client::FakeDaemon daemon;
  with_search(daemon, shoal::client::found()).start();
  const auto as = [&](std::vector<std::string> words) {
    words.insert(words.begin(), program());
    words.insert(words.end(), {"--home", daemon.folder(), "--socket", daemon.socket()});
    return words;
  };
  const auto nobody_reads = [] {
    int ends[2];
    if (::pipe(ends) != 0) ::_exit(99);
    ::close(ends[0]);
    ::dup2(ends[1], STDOUT_FILENO);
  };
  const auto done = shoal::tests::run_child(as({"search", "gpl"}), shoal::tests::Outputs::kApart,
                                            {}, {.prepare = nobody_reads});
  EXPECT_EQ(done.code, 128 + SIGPIPE);
  EXPECT_NE(done.err.find("3 hits"), std::string::npos) << done.err;
  EXPECT_EQ(done.err.find("cannot write"), std::string::npos) << done.err;
  const auto row = run(as({"get", "9"}));
  EXPECT_NE(row.out.find("it found 2 files"), std::string::npos) << row.out;
}

}  // namespace
