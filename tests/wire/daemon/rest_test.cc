// SPDX-License-Identifier: Apache-2.0
// The REST interface: who may use it, and what it says.
#include <fstream>

#include "proto/json/problem.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

http::RestClient tcp_client(const std::string& url, const std::string& token) {
  http::ClientOptions options;
  options.token = token;
  return http::RestClient(*http::Target::parse(url), options);
}

// A call that must fail with that code.
Error refused(Peer& peer, const std::string& method, const std::string& path,
              const bj::object& body = {}) {
  const auto answer = peer.rest().call(method, path, body.empty() ? "" : bj::serialize(body));
  EXPECT_FALSE(answer) << path << ": " << *answer;
  return answer ? Error{} : answer.error();
}

TEST(Rest, TellsTheStatusOverTheUnixSocket) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto status = peer.status();
  EXPECT_EQ(status.at("schema"), "shoal/status/1");
  EXPECT_EQ(status.at("name"), "ana");
  EXPECT_EQ(status.at("pid"), peer.process().pid());
  EXPECT_EQ(status.at("network"), "shoal");
  EXPECT_EQ(status.at("friends").at("total"), 0);
  EXPECT_EQ(status.at("shares").at("files"), 0);
  EXPECT_TRUE(status.at("primary").is_null());
  EXPECT_EQ(status.at("directory").at("state"), "none");
  EXPECT_TRUE(status.at("drops").is_object());
}

TEST(Rest, WantsTheTokenOnTcp) {
  const Folder folder;
  Peer peer(folder, "ana");
  const std::string url(peer.status().at("rest").as_string());
  const std::string token = read_file(peer.home() + "/state/rest.token");
  EXPECT_GE(token.size(), 40U);
  for (const std::string& wrong :
       {std::string(), std::string("sdt_wrong"), token + "x", token.substr(0, token.size() - 1)}) {
    const auto answer = tcp_client(url, wrong).send("GET", "/v1/status");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 401) << wrong;
  }
  const auto answer = tcp_client(url, token).send("GET", "/v1/status");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
}

TEST(Rest, IsOffOnTcpWhenItIsTurnedOff) {
  const Folder folder;
  Peer peer(folder, "ana", {"--set", "rest=off"});
  EXPECT_EQ(peer.status().at("rest"), "");
}

TEST(Rest, GivesOnlyTheCardOnThePublicPort) {
  const Folder folder;
  Peer peer(folder, "ana");
  const std::string url = "http://" + std::string(peer.status().at("listen").as_string());
  const auto card = tcp_client(url, "").send("GET", "/v1/peer");
  ASSERT_TRUE(card);
  EXPECT_EQ(card->status, 200);
  const auto object = bj::parse(card->body).as_object();
  EXPECT_EQ(object.at("id"), boost::json::value(peer.id()));
  EXPECT_EQ(object.at("url"), boost::json::value(peer.url()));
  EXPECT_FALSE(object.at("card").as_string().empty());
  const std::string token = read_file(peer.home() + "/state/rest.token");
  for (const char* path : {"/v1/status", "/v1/friends", "/v1/shares", "/v1/searches/x", "/"}) {
    const auto answer = tcp_client(url, token).send("GET", path);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 404) << path;
  }
}

TEST(Rest, RefusesWhatItDoesNotUnderstandInWords) {
  const Folder folder;
  Peer peer(folder, "ana");
  EXPECT_EQ(refused(peer, "POST", "/v1/searches", {{"terms", "a"}, {"tll", 3}}).code,
            Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "POST", "/v1/searches", {{"ttl", 3}}).code, Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "POST", "/v1/searches", {{"terms", "a"}, {"ttl", 16}}).code,
            Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "POST", "/v1/searches", {{"terms", "a"}, {"via", "teleport"}}).code,
            Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "POST", "/v1/searches", {{"content", "abc"}}).code,
            Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "GET", "/v1/searches/" + std::string(32, '0')).code, Errc::kNotFound);
  EXPECT_EQ(refused(peer, "GET", "/v1/transfers/77").code, Errc::kNotFound);
  EXPECT_EQ(refused(peer, "GET", "/v1/transfers/seven").code, Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "DELETE", "/v1/shares?path=/none").code, Errc::kNotFound);
  EXPECT_EQ(refused(peer, "POST", "/v1/friends", {{"url", "https://x:1"}}).code,
            Errc::kInvalidArgument);
  EXPECT_EQ(refused(peer, "POST", "/v1/friends", {{"url", peer.url()}}).code,
            Errc::kInvalidArgument)
      << "its own";
  EXPECT_EQ(refused(peer, "GET", "/v1/directory/peers").code, Errc::kConfig);
}

TEST(Rest, EndsASearchWithNobodyToAskAtOnce) {
  const Folder folder;
  Peer peer(folder, "ana");
  const auto began = std::chrono::steady_clock::now();
  const auto lines = peer.search({{"terms", "anything"}});
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
  ASSERT_EQ(lines.size(), 1U);
  const auto& report = lines.front();
  EXPECT_EQ(report.at("schema"), "shoal/search.report/1");
  EXPECT_EQ(report.at("complete"), true);
  EXPECT_EQ(report.at("peers_asked"), 0);
  EXPECT_EQ(report.at("hits"), 0);
  EXPECT_TRUE(report.at("first_hops").as_array().empty());
  EXPECT_EQ(report.at("ended"), "nobody");
}

TEST(Rest, NamesTheFriendsThatCouldNotBeAsked) {
  const Folder folder;
  Peer peer(folder, "ana");
  std::string gone;
  {
    Peer other(folder, "luis");
    gone = other.id();
    peer.befriend(other, "primary");
  }
  EXPECT_TRUE(soon([&] {
    const auto friends = peer.call("GET", "/v1/friends");
    return friends.at("items").at(0).at("last_error") != "";
  }));
  const auto lines = peer.search({{"terms", "anything"}});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines.front().at("ended"), "nobody");
  const auto& hops = lines.front().at("first_hops").as_array();
  ASSERT_EQ(hops.size(), 1U);
  EXPECT_EQ(hops[0].at("id"), boost::json::value(gone));
  EXPECT_EQ(hops[0].at("role"), "primary");
  EXPECT_EQ(hops[0].at("state"), "down");
  EXPECT_TRUE(hops[0].at("since_ms").is_number());
  EXPECT_NE(hops[0].at("why"), "");
}

TEST(Rest, KeepsFriendsOverARestartAndForgetsTheRemoved) {
  const Folder folder;
  Peer ana(folder, "ana");
  Peer luis(folder, "luis");
  ana.befriend(luis, "primary");
  luis.befriend(ana);
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.process().output();
  EXPECT_EQ(refused(ana, "POST", "/v1/friends", {{"url", luis.url()}, {"role", "primary"}}).code,
            Errc::kConflict);
  EXPECT_EQ(ana.end(9), 128 + 9);
  ana.start();
  EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.process().output();
  EXPECT_EQ(ana.status().at("primary").at("name"), "luis");
  ana.call("DELETE", "/v1/friends/" + luis.id());
  EXPECT_TRUE(soon([&] { return luis.active_friends() == 0; }));
  EXPECT_EQ(ana.end(15), 0);
  ana.start();
  EXPECT_TRUE(ana.call("GET", "/v1/friends").at("items").as_array().empty());
}

TEST(Rest, ListsFriendsInTheOrderOfTheConfiguration) {
  const Folder folder;
  std::string config = "friends:\n";
  std::vector<std::string> ids;
  for (const char* name : {"luis", "marta", "rosa", "pedro", "dora"}) {
    Peer other(folder, name);
    config += "  - " + other.url() + "\n";
    ids.push_back(other.id());
  }
  std::ofstream(folder / "ana.yaml") << config;
  Peer peer(folder, "ana", {"--config", folder / "ana.yaml"});
  std::vector<std::string> listed;
  const auto friends = peer.call("GET", "/v1/friends");
  for (const auto& item : friends.at("items").as_array()) {
    listed.emplace_back(item.at("id").as_string());
  }
  EXPECT_EQ(listed, ids);
}

}  // namespace
}  // namespace shoal::daemon
