// SPDX-License-Identifier: Apache-2.0
// Peers that publish what they share at a directory, and others that find it there.
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/wire/daemon/lying_directory.h"
#include "tests/wire/daemon/sharing.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

class Published : public testing::Test {
 protected:
  Published() { start_directory(); }

  // On the same port each time. Leases are short, so that peers soon see what it forgot.
  void start_directory() {
    std::ofstream(folder / "directory.yaml") << "lease: 9s\n";
    directory = std::make_unique<Process>(
        std::vector<std::string>{SHOAL_DIRECTORY_PROGRAM, "--listen",
                                 "127.0.0.1:" + std::to_string(port), "--data", folder / "d",
                                 "--config", folder / "directory.yaml"},
        folder / "directory.log");
    EXPECT_TRUE(directory->says(" up, pid ")) << directory->output();
    const std::string out = directory->output();
    const auto at = out.find("http://");
    url = out.substr(at, out.find('\n', at) - at);
    port = http::Target::parse(url)->port;
  }
  std::vector<std::string> publishes() const {
    return {"--directory", url, "--set", "directory.index=true"};
  }
  std::vector<std::string> asks() const { return {"--directory", url}; }

  static bj::object index_of(Peer& peer) {
    return peer.call("GET", "/v1/directory").at("index").as_object();
  }
  static bool is_current(Peer& peer, std::uint64_t files) {
    return soon([&] {
      const auto index = index_of(peer);
      return index.at("current").as_bool() && number(index, "files") == files;
    });
  }
  static std::vector<bj::object> via(Peer& peer, const std::string& via, const std::string& terms) {
    return peer.search({{"terms", terms}, {"via", via}});
  }
  static const bj::object& leg(const bj::object& report, const std::string& via) {
    for (const auto& each : report.at("legs").as_array()) {
      if (each.at("via").as_string() == via) return each.as_object();
    }
    ADD_FAILURE() << "no leg by " << via << ": " << bj::serialize(report);
    static const bj::object kNone{{"error", ""}, {"route", nullptr}};
    return kNone;
  }
  void share(Peer& peer, const std::string& name, std::size_t bytes) {
    write_file(folder / (peer.home().substr(peer.home().rfind('/') + 1) + "-books/" + name), bytes,
               bytes);
    peer.lines("POST", "/v1/shares",
               {{"path", folder / (peer.home().substr(peer.home().rfind('/') + 1) + "-books")}});
  }

  const Folder folder;
  std::uint16_t port = 0;
  std::string url;
  std::unique_ptr<Process> directory;
};

TEST_F(Published, FilesAreFoundByTheDirectoryAndFetchedFromTheirOwner) {
  Peer luis(folder, "luis", publishes());
  share(luis, "Debian Handbook.pdf", 300'000);
  ASSERT_TRUE(is_current(luis, 1)) << luis.process().output();
  Peer ana(folder, "ana", asks());
  const auto lines = via(ana, "directory", "handbook deb");
  ASSERT_EQ(lines.size(), 2U) << bj::serialize(lines.back());
  EXPECT_EQ(text(lines[0], "name"), "Debian Handbook.pdf");
  EXPECT_EQ(lines[0].at("holder").at("id").as_string(), luis.id());
  const auto& route = leg(lines[1], "directory").at("route");
  ASSERT_TRUE(route.is_object()) << bj::serialize(lines[1]);
  EXPECT_EQ(route.at("asked").as_string(), url);
  EXPECT_EQ(route.at("files"), 1);
  EXPECT_EQ(route.at("holders"), 1);
  EXPECT_EQ(route.at("refused"), 0);
  EXPECT_EQ(via(luis, "directory", "handbook").size(), 1U) << "its own files are none";

  const auto [code, said] = ana.shoal({"search", "handbook", "--via", "directory"});
  EXPECT_EQ(code, 0) << said;
  EXPECT_NE(said.find("1. directory: 1 file at 1 peer"), std::string::npos) << said;
  EXPECT_EQ(said.find("first friends"), std::string::npos) << said;
  const auto [got, fetched] = ana.shoal({"get", "1", "-o", folder / "out"});
  EXPECT_EQ(got, 0) << fetched << ana.process().output() << luis.process().output();
  EXPECT_EQ(read_file(folder / "out/Debian Handbook.pdf"),
            read_file(folder / "luis-books/Debian Handbook.pdf"));
}

TEST_F(Published, NothingIsThatItsOwnerDidNotChooseTo) {
  Peer luis(folder, "luis", asks());
  share(luis, "private.txt", 100);
  Peer ana(folder, "ana", publishes());
  share(ana, "public.txt", 100);
  ASSERT_TRUE(is_current(ana, 1));
  EXPECT_EQ(index_of(luis).at("on"), false);
  EXPECT_EQ(via(ana, "directory", "private").size(), 1U);
  EXPECT_EQ(via(luis, "directory", "public").size(), 2U);
  const auto [code, said] = luis.shoal({"directory", "index"});
  EXPECT_EQ(code, 4) << said;
  EXPECT_NE(said.find("directory.index"), std::string::npos) << said;
  // What an earlier process of it published is taken back.
  ana.end(SIGKILL);
  Peer again(folder, "ana", asks());
  EXPECT_TRUE(soon([&] { return via(luis, "directory", "public").size() == 1; }));
}

TEST_F(Published, ChangesFollowAndTheClientSaysWhatItDid) {
  Peer luis(folder, "luis", publishes());
  share(luis, "one.txt", 101);
  ASSERT_TRUE(is_current(luis, 1));
  write_file(folder / "luis-books/two.txt", 102, 102);  // the share is watched
  EXPECT_TRUE(is_current(luis, 2)) << luis.process().output();
  std::filesystem::remove(folder / "luis-books/one.txt");
  EXPECT_TRUE(is_current(luis, 1));
  const auto [code, said] = luis.shoal({"directory", "index"});
  EXPECT_EQ(code, 0) << said;
  EXPECT_NE(said.find("published 1 file (+0 -0)"), std::string::npos) << said;
  Peer ana(folder, "ana", asks());
  const auto [found, listed] = ana.shoal({"directory", "search", "--exact", "two.txt"});
  EXPECT_EQ(found, 0) << listed;
  EXPECT_NE(listed.find("luis"), std::string::npos) << listed;
  EXPECT_EQ(ana.shoal({"directory", "search", "--exact", "two"}).first, 3);
  EXPECT_EQ(ana.shoal({"directory", "search", "tw"}).first, 0);
  luis.end(SIGTERM);
  EXPECT_EQ(ana.shoal({"directory", "search", "two"}).first, 3) << "who leaves takes it along";
}

TEST_F(Published, FilesAreThereAgainAfterEitherSideWasKilled) {
  Peer luis(folder, "luis", publishes());
  share(luis, "lasting.txt", 103);
  ASSERT_TRUE(is_current(luis, 1));
  Peer ana(folder, "ana", asks());
  directory->send(SIGKILL);
  directory->wait();
  const auto down = via(ana, "directory", "lasting");
  ASSERT_EQ(down.size(), 1U);
  EXPECT_NE(text(leg(down[0], "directory"), "error"), "") << bj::serialize(down[0]);
  const auto [code, said] = ana.shoal({"search", "lasting", "--via", "directory"});
  EXPECT_EQ(code, 6) << said;
  EXPECT_NE(said.find("directory could not be asked"), std::string::npos) << said;
  start_directory();
  EXPECT_TRUE(soon([&] { return via(ana, "directory", "lasting").size() == 2; }));
  directory->send(SIGKILL);
  directory->wait();
  std::filesystem::remove_all(folder / "d");  // it forgot everything
  start_directory();
  EXPECT_TRUE(
      soon([&] { return via(ana, "directory", "lasting").size() == 2; }, std::chrono::seconds(60)))
      << luis.process().output();
  luis.end(SIGKILL);
  luis.start();
  EXPECT_TRUE(is_current(luis, 1));
  EXPECT_EQ(via(ana, "directory", "lasting").size(), 2U);
}

TEST_F(Published, FilesFoundByFriendsTooAreOneHitAndTheOverlaysGoOnWithoutTheDirectory) {
  Peer luis(folder, "luis", publishes());
  Peer ana(folder, "ana", asks());
  share(luis, "common.txt", 104);
  ASSERT_TRUE(is_current(luis, 1));
  ASSERT_TRUE(soon([&] { return ana.active_friends() == 1; }));
  auto lines = via(ana, "flood,directory", "common");
  ASSERT_EQ(lines.size(), 2U) << bj::serialize(lines.back());
  EXPECT_EQ(leg(lines[1], "flood").at("hits"), 1);
  EXPECT_EQ(leg(lines[1], "directory").at("route").at("files"), 1);
  directory->send(SIGKILL);
  directory->wait();
  lines = via(ana, "flood,directory", "common");
  ASSERT_EQ(lines.size(), 2U) << bj::serialize(lines.back());
  EXPECT_EQ(leg(lines[1], "flood").at("hits"), 1);
  EXPECT_NE(text(leg(lines[1], "directory"), "error"), "");
  const auto [code, said] = ana.shoal({"search", "common", "--via", "flood,directory"});
  EXPECT_EQ(code, 0) << said;
  EXPECT_NE(said.find("2. directory: no answer: "), std::string::npos) << said;
}

TEST_F(Published, FilesOfAnOwnerWhoTakesNoStrangersAreRefusedInWords) {
  auto words = publishes();
  words.insert(words.end(), {"--set", "accept=listed"});
  Peer luis(folder, "luis", words);
  share(luis, "guarded.txt", 105);
  ASSERT_TRUE(is_current(luis, 1));
  Peer ana(folder, "ana", asks());
  const auto lines = via(ana, "directory", "guarded");
  ASSERT_EQ(lines.size(), 2U);
  const auto made =
      ana.call("POST", "/v1/transfers",
               {{"content", lines[0].at("content")}, {"search", lines[0].at("query")}});
  const std::string path = "/v1/transfers/" + text(made, "id");
  std::string why;
  EXPECT_TRUE(soon([&] {
    const auto sources = ana.call("GET", path).at("from").as_array();
    if (sources.empty()) return false;
    why = text(sources[0].as_object(), "why");
    return !why.empty();
  })) << bj::serialize(ana.call("GET", path));
  EXPECT_NE(why.find("friend"), std::string::npos) << why;
}

// It can hide what is published, and name nothing else.
TEST_F(Published, FilesThatALyingDirectoryBentAreLeftOutAndCounted) {
  Peer luis(folder, "luis", publishes());
  share(luis, "honest one.txt", 106);
  share(luis, "honest two.txt", 107);
  ASSERT_TRUE(is_current(luis, 2));
  const LyingDirectory liar(url, [](std::string& body) {
    const auto at = body.find("honest one");
    if (at != std::string::npos) body.replace(at, 10, "honest six");
  });
  Peer ana(folder, "ana", {"--directory", liar.url()});
  const auto lines = via(ana, "directory", "honest");
  ASSERT_EQ(lines.size(), 2U) << bj::serialize(lines.back());
  EXPECT_EQ(text(lines[0], "name"), "honest two.txt");
  EXPECT_EQ(leg(lines[1], "directory").at("route").at("refused"), 1);
  const auto [code, said] = ana.shoal({"search", "honest", "--via", "directory"});
  EXPECT_EQ(code, 0) << said;
  EXPECT_NE(said.find("left out: 1 answer"), std::string::npos) << said;
}

// What is signed, but is nothing that was asked for.
TEST_F(Published, FilesThatWereNotAskedForAreNoAnswer) {
  Peer luis(folder, "luis", publishes());
  share(luis, "advertisement.txt", 108);
  ASSERT_TRUE(is_current(luis, 1));
  std::string everything;
  const LyingDirectory liar(url, [&](std::string& body) { body = everything; });
  Peer ana(folder, "ana", {"--directory", liar.url()});
  const http::RestClient real(*http::Target::parse(url));
  everything = real.call("GET", "/v1/search?q=advertisement").value_or("");
  const auto lines = via(ana, "directory", "handbook");
  ASSERT_EQ(lines.size(), 1U) << bj::serialize(lines.front());
  EXPECT_EQ(leg(lines[0], "directory").at("route").at("refused"), 1);
}

TEST_F(Published, WithoutADirectoryTheWayIsRefusedInWords) {
  Peer ana(folder, "ana");
  const auto [code, said] = ana.shoal({"search", "anything", "--via", "directory"});
  EXPECT_EQ(code, 6) << said;
  EXPECT_NE(said.find("none is configured"), std::string::npos) << said;
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"search", "anything"}, {"peers"}, {"index"}, {"login", "ana"}}) {
    auto words = verb;
    words.insert(words.begin(), "directory");
    EXPECT_EQ(ana.shoal(words).first, 9) << verb.front();
  }
  EXPECT_EQ(text(ana.call("PUT", "/v1/overlays/usual", {{"via", "flood,directory"}}), "usual"),
            "flood,directory");
}

}  // namespace
}  // namespace shoal::daemon
