// SPDX-License-Identifier: Apache-2.0
// rest.public: what holders of tokens may do at a peer's one port, and what nobody may.
#include <csignal>
#include <filesystem>

#include "tests/wire/daemon/daemon_process.h"
#include "tests/wire/http_world.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;

http::Target port_of(Peer& peer) {
  const std::string url = peer.url();
  return *http::Target::parse("http://" + url.substr(url.find('@') + 1));
}

http::RestClient guest(Peer& peer, const std::string& token) {
  http::ClientOptions options;
  options.token = token;
  return http::RestClient(port_of(peer), options);
}

std::string token_of(Peer& peer, const std::string& name) {
  return std::string(peer.call("POST", "/v1/tokens", {{"name", name}}).at("token").as_string());
}

bj::object answered(const http::RestClient& client, const std::string& method,
                    const std::string& path, const bj::object& body = {}) {
  const auto answer = client.call(method, path, body.empty() ? "" : bj::serialize(body));
  EXPECT_TRUE(answer) << path << ": " << (answer ? "" : answer.error().what + answer.error().why);
  return answer && !answer->empty() ? bj::parse(*answer).as_object() : bj::object();
}

int status_of(const http::RestClient& client, const std::string& method, const std::string& path,
              const bj::object& body = {}) {
  const auto answer = client.send(method, path, body.empty() ? "" : bj::serialize(body));
  return answer ? answer->status : 0;
}

// An upload as any program sends it: the status and the body.
std::pair<int, std::string> upload(Peer& peer, const std::string& path, const std::string& bytes,
                                   const std::string& more) {
  http::RawClient client(port_of(peer));
  client.say("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + more +
             "Content-Type: application/octet-stream\r\nContent-Length: " +
             std::to_string(bytes.size()) + "\r\n\r\n" + bytes);
  const std::string heard = client.hear();
  return {heard.size() > 12 ? std::stoi(heard.substr(9, 3)) : 0,
          heard.substr(std::min(heard.size(), heard.find("\r\n\r\n") + 4))};
}

const std::vector<std::string> kPublic{"--set", "rest.public=on"};

class PublicPort : public testing::Test {
 protected:
  const Folder folder;
};

TEST_F(PublicPort, ServesSearchDownloadAndUploadToHoldersOfTokens) {
  Peer ana(folder, "ana", kPublic);
  Peer luis(folder, "luis");
  join(ana, luis, "primary");
  write_file(folder / "books/handbook.txt", 3000, 1);
  luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  const auto client = guest(ana, token_of(ana, "phone"));

  const auto begun = answered(client, "POST", "/v1/searches", {{"terms", "handbook"}});
  const std::string search(begun.at("id").as_string());
  bj::object found;
  EXPECT_TRUE(soon([&] {
    found = answered(client, "GET", "/v1/searches/" + search);
    return found.at("state") == "ended";
  }));
  ASSERT_EQ(found.at("hits").as_array().size(), 1U);
  const auto content = found.at("hits").at(0).at("content");

  const auto transfer =
      answered(client, "POST", "/v1/transfers", {{"content", content}, {"search", search}});
  const std::string id(transfer.at("id").as_string());
  bj::object seen;
  EXPECT_TRUE(soon([&] {
    seen = answered(client, "GET", "/v1/transfers/" + id);
    return seen.at("state") == "done";
  }));
  EXPECT_EQ(seen.at("path"), "") << "a guest learns where the owner keeps files";
  const auto bytes =
      client.call("GET", "/v1/files/" + std::string(content.as_string()) + "/content");
  ASSERT_TRUE(bytes) << bytes.error().why;
  EXPECT_EQ(*bytes, read_file(folder / "books/handbook.txt"));

  const std::string bearer = "Authorization: Bearer " + token_of(ana, "script") + "\r\n";
  const auto [status, said] = upload(ana, "/v1/uploads?name=notes.txt", "some notes", bearer);
  EXPECT_EQ(status, 201) << said;
  const auto inbox = ana.call("GET", "/v1/inbox").at("items").as_array();
  ASSERT_EQ(inbox.size(), 1U);
  EXPECT_EQ(inbox[0].at("name"), "notes.txt");
  EXPECT_EQ(said.find(ana.home()), std::string::npos) << said;
}

TEST_F(PublicPort, NeedsATokenThatIsNotRevoked) {
  Peer ana(folder, "ana", kPublic);
  const std::string mine = read_file(ana.home() + "/state/rest.token");
  for (const std::string& wrong : {std::string(), std::string("sdt_wrong"), mine}) {
    const auto stranger = guest(ana, wrong);
    EXPECT_EQ(status_of(stranger, "GET", "/v1/transfers"), 401) << wrong;
    EXPECT_EQ(status_of(stranger, "POST", "/v1/searches", {{"terms", "x"}}), 401) << wrong;
    EXPECT_EQ(status_of(stranger, "GET", "/v1/peer"), 200) << "the card is for anybody";
  }
  EXPECT_EQ(upload(ana, "/v1/uploads?name=a", "x", "").first, 401);
  const auto [code, printed] = ana.shoal({"token", "new", "phone", "-q"});
  EXPECT_EQ(code, 0) << printed;
  std::string token = printed.substr(0, printed.find('\n'));
  EXPECT_EQ(token.substr(0, 4), "sdt_");
  EXPECT_EQ(status_of(guest(ana, token), "GET", "/v1/transfers"), 200);
  EXPECT_EQ(ana.shoal({"token", "new", "phone"}).first, 1) << "the name is taken";
  EXPECT_EQ(ana.end(SIGKILL), 128 + SIGKILL);
  ana.start();
  EXPECT_EQ(status_of(guest(ana, token), "GET", "/v1/transfers"), 200) << "lost with the process";
  EXPECT_EQ(read_file(ana.home() + "/data/state.db").find(token), std::string::npos);
  EXPECT_EQ(read_file(ana.home() + "/data/state.db-wal").find(token), std::string::npos);
  EXPECT_NE(ana.shoal({"token", "list"}).second.find("phone"), std::string::npos);
  EXPECT_EQ(ana.shoal({"token", "revoke", "phone"}).first, 0);
  EXPECT_EQ(status_of(guest(ana, token), "GET", "/v1/transfers"), 401);
  EXPECT_EQ(ana.shoal({"token", "revoke", "phone"}).first, 3);
}

TEST_F(PublicPort, OpensNothingOfTheOwners) {
  Peer ana(folder, "ana", kPublic);
  write_file(folder / "books/handbook.txt", 100, 1);
  ana.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  const auto client = guest(ana, token_of(ana, "phone"));
  for (const auto& [method, path] :
       std::vector<std::pair<std::string, std::string>>{{"GET", "/v1/status"},
                                                        {"GET", "/v1/friends"},
                                                        {"POST", "/v1/friends"},
                                                        {"GET", "/v1/shares"},
                                                        {"POST", "/v1/shares"},
                                                        {"GET", "/v1/inbox"},
                                                        {"GET", "/v1/tokens"},
                                                        {"POST", "/v1/tokens"},
                                                        {"GET", "/v1/overlays"},
                                                        {"GET", "/v1/directory"},
                                                        {"GET", "/v1/puts"},
                                                        {"GET", "/v1/folders"},
                                                        {"GET", "/v1/links"},
                                                        {"POST", "/v1/shutdown"}}) {
    EXPECT_EQ(
        status_of(client, method, path, method == "POST" ? bj::object{{"a", 1}} : bj::object{}),
        404)
        << method << path;
  }
  const bj::value content =
      ana.search({{"terms", "handbook"}}).empty()
          ? bj::value()
          : ana.call("GET", "/v1/shares/files").at("items").at(0).at("content");
  EXPECT_EQ(status_of(client, "POST", "/v1/transfers", {{"content", content}, {"folder", "/tmp"}}),
            403)
      << "a guest chose where the owner's files go";
  const auto own = ana.call("POST", "/v1/transfers", {{"content", content}});
  const std::string id(own.at("id").as_string());
  EXPECT_TRUE(answered(client, "GET", "/v1/transfers").at("items").as_array().empty());
  EXPECT_EQ(status_of(client, "GET", "/v1/transfers/" + id), 404);
  EXPECT_EQ(status_of(client, "DELETE", "/v1/transfers/" + id), 405);
  for (const char* change : {"/pause", "/resume"}) {
    EXPECT_EQ(status_of(client, "POST", "/v1/transfers/" + id + change, {{"a", 1}}), 404) << change;
  }
  EXPECT_EQ(upload(ana, "/v1/uploads?name=a&accept=yes", "x",
                   "Authorization: Bearer " + token_of(ana, "script") + "\r\n")
                .first,
            403)
      << "a guest shared in the owner's name";
}

// Ana fetches what Luis shares, and shares it not.
class OwnersDownload : public PublicPort {
 protected:
  OwnersDownload() : ana(folder, "ana", kPublic), luis(folder, "luis") {
    join(ana, luis, "primary");
    write_file(folder / "books/private.txt", 3'000'000, 1);
    luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
    std::vector<bj::object> lines;
    EXPECT_TRUE(soon([&] { return (lines = ana.search({{"terms", "private"}})).size() == 2; }));
    content = lines.at(0).at("content");
    path = "/v1/files/" + std::string(content.as_string()) + "/content";
  }
  std::string begin() {
    return std::string(
        ana.call("POST", "/v1/transfers", {{"content", content}}).at("id").as_string());
  }
  bool is(const std::string& id, const char* state) {
    return soon([&] { return ana.call("GET", "/v1/transfers/" + id).at("state") == state; });
  }

  Peer ana;
  Peer luis;
  bj::value content;
  std::string path;
};

TEST_F(OwnersDownload, IsNotMadeAGuestsByAskingForTheSame) {
  const std::string id = begin();
  ASSERT_TRUE(is(id, "done"));
  const auto client = guest(ana, token_of(ana, "phone"));
  EXPECT_EQ(status_of(client, "GET", path), 404);
  EXPECT_EQ(status_of(client, "POST", "/v1/transfers", {{"content", content}}), 403);
  EXPECT_EQ(status_of(client, "GET", "/v1/transfers/" + id), 404);
  EXPECT_EQ(status_of(client, "GET", path), 404) << "the owner's file was served";
  // What the owner shares is anybody's; what another guest fetched is not.
  std::filesystem::create_directory(folder / "shared");
  std::filesystem::copy(folder / "books/private.txt", folder / "shared/private.txt");
  ana.lines("POST", "/v1/shares", {{"path", folder / "shared"}});
  EXPECT_EQ(status_of(client, "GET", path), 200);
}

TEST_F(OwnersDownload, IsNotTakenUpAgainByAGuestWhileItIsPaused) {
  luis.process().send(SIGSTOP);
  const std::string id = begin();
  ana.call("POST", "/v1/transfers/" + id + "/pause");
  ASSERT_TRUE(is(id, "paused"));
  const auto client = guest(ana, token_of(ana, "phone"));
  luis.process().send(SIGCONT);
  EXPECT_EQ(status_of(client, "POST", "/v1/transfers", {{"content", content}}), 403);
  EXPECT_EQ(status_of(client, "GET", path), 404);
  EXPECT_EQ(ana.call("GET", "/v1/transfers/" + id).at("state"), "paused");
}

TEST_F(OwnersDownload, IsNotTakenUpByAGuestWhoHadTheSameBefore) {
  const auto client = guest(ana, token_of(ana, "phone"));
  const auto his = answered(client, "POST", "/v1/transfers", {{"content", content}}).at("id");
  const std::string first(his.as_string());
  ASSERT_TRUE(is(first, "done"));
  std::filesystem::remove(
      std::string(ana.call("GET", "/v1/transfers/" + first).at("path").as_string()));
  luis.process().send(SIGSTOP);
  const std::string id = begin();
  ASSERT_NE(id, first);
  ana.call("POST", "/v1/transfers/" + id + "/pause");
  ASSERT_TRUE(is(id, "paused"));
  EXPECT_EQ(status_of(client, "POST", "/v1/transfers", {{"content", content}}), 403);
  luis.process().send(SIGCONT);
  EXPECT_EQ(ana.call("GET", "/v1/transfers/" + id).at("state"), "paused");
  EXPECT_EQ(status_of(client, "GET", "/v1/transfers/" + id), 404);
}

TEST_F(OwnersDownload, IsJoinedToAGuestsWhichStaysHisAlone) {
  const std::string phone = token_of(ana, "phone");
  const auto client = guest(ana, phone);
  const auto other = guest(ana, token_of(ana, "other"));
  const auto begun = answered(client, "POST", "/v1/transfers", {{"content", content}});
  const std::string id(begun.at("id").as_string());
  EXPECT_EQ(begin(), id);
  ASSERT_TRUE(is(id, "done"));
  EXPECT_EQ(answered(client, "POST", "/v1/transfers", {{"content", content}}).at("id"),
            bj::value(id));
  EXPECT_EQ(status_of(client, "GET", path), 200);
  EXPECT_EQ(status_of(other, "GET", path), 404);
  EXPECT_EQ(status_of(other, "GET", "/v1/transfers/" + id), 404);
  EXPECT_EQ(status_of(other, "POST", "/v1/transfers", {{"content", content}}), 403);
  EXPECT_EQ(ana.end(SIGTERM), 0);
  ana.start();
  EXPECT_EQ(status_of(client, "GET", "/v1/transfers/" + id), 200) << "forgotten with the process";
}

TEST_F(OwnersDownload, IsBegunOfAContentWhateverElseIsSaidOfItsHolder) {
  const auto client = guest(ana, token_of(ana, "phone"));
  const std::string nobody = "http://127.0.0.1:1";
  EXPECT_EQ(status_of(client, "POST", "/loadfiles",
                      {{"nombre", "private.txt"}, {"url", nobody}, {"ip", "127.0.0.2"}}),
            400)
      << "two places";
  EXPECT_EQ(status_of(client, "POST", "/loadfiles", {{"nombre", "x"}, {"url", "no url"}}), 400);
  EXPECT_EQ(status_of(client, "POST", "/loadfiles",
                      {{"content", content}, {"url", "no url"}, {"peerPort", "x"}, {"user", 7}}),
            201);
}

TEST_F(OwnersDownload, HasSourcesAndSearchesOfItsOwn) {
  const auto client = guest(ana, token_of(ana, "phone"));
  const bj::array somewhere{"shoal://" + luis.id() + "@127.0.0.1:9"};
  for (const char* route : {"/v1/transfers", "/loadfiles"}) {
    EXPECT_EQ(status_of(client, "POST", route, {{"content", content}, {"sources", somewhere}}), 403)
        << "a guest chose whom the owner dials, by " << route;
  }
  EXPECT_EQ(status_of(client, "POST", "/v1/transfers", {{"content", content}, {"search", "x"}}),
            400);
  const std::string search(
      ana.call("POST", "/v1/searches", {{"terms", "private"}}).at("id").as_string());
  EXPECT_EQ(status_of(client, "GET", "/v1/searches/" + search), 404);
  EXPECT_EQ(status_of(client, "DELETE", "/v1/searches/" + search), 404);
}

TEST_F(PublicPort, BoundsWhatOneTokenTakes) {
  Peer ana(folder, "ana", {"--set", "rest.public=on", "--set", "inbox.friend_quota=1MiB"});
  const std::string token = token_of(ana, "phone");
  const auto client = guest(ana, token);
  const std::string mine(ana.call("POST", "/v1/searches", {{"terms", "x"}}).at("id").as_string());
  for (std::size_t at = 0; at < limits::kSearchesKept; ++at) {
    EXPECT_EQ(status_of(client, "POST", "/v1/searches", {{"terms", "y"}}), 201);
  }
  EXPECT_EQ(ana.call("GET", "/v1/searches/" + mine).at("state"), "ended")
      << "the owner's search went for a guest's";
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  const std::string half(600'000, 'x');
  EXPECT_EQ(upload(ana, "/v1/uploads?name=a", half, bearer).first, 201);
  EXPECT_EQ(upload(ana, "/v1/uploads?name=b", half + "y", bearer).first, 413);
  const std::string other = "Authorization: Bearer " + token_of(ana, "script") + "\r\n";
  EXPECT_EQ(upload(ana, "/v1/uploads?name=b", half + "y", other).first, 201);
  const auto inbox = ana.call("GET", "/v1/inbox").at("items").as_array();
  ASSERT_EQ(inbox.size(), 2U);
  EXPECT_EQ(inbox[0].at("from_name"), "upload");
  EXPECT_EQ(inbox[0].at("from"), "");
}

TEST_F(PublicPort, ChecksHostOriginAndBounds) {
  Peer ana(folder, "ana", kPublic);
  const std::string token = "Authorization: Bearer " + token_of(ana, "phone") + "\r\n";
  const auto status = [&](const std::string& head) {
    http::RawClient client(port_of(ana));
    client.say(head + "Connection: close\r\n\r\n");
    const std::string heard = client.hear();
    return heard.size() > 12 ? std::stoi(heard.substr(9, 3)) : 0;
  };
  const std::string get = "GET /v1/transfers HTTP/1.1\r\n" + token;
  EXPECT_EQ(status(get + "Host: 127.0.0.1\r\n"), 200);
  EXPECT_EQ(status(get + "Host: evil.example\r\n"), 421);
  EXPECT_EQ(status(get + "Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n"), 403);
  EXPECT_EQ(status("POST /v1/searches HTTP/1.1\r\n" + token +
                   "Host: 127.0.0.1\r\nContent-Length: 100000000\r\n"),
            413);
  EXPECT_EQ(status("POST /v1/uploads?name=a HTTP/1.1\r\n" + token +
                   "Host: 127.0.0.1\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Length: 99999999999999\r\n"),
            413);
  EXPECT_EQ(status("POST /v1/uploads?name=a HTTP/1.1\r\n" + token +
                   "Host: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"),
            501);
}

TEST_F(PublicPort, IsClosedButForTheCardUnlessItIsOpened) {
  Peer ana(folder, "ana");
  const auto client = guest(ana, token_of(ana, "phone"));
  EXPECT_EQ(status_of(client, "GET", "/v1/peer"), 200);
  EXPECT_EQ(status_of(client, "GET", "/v1/transfers"), 404);
  EXPECT_EQ(status_of(client, "GET", "/search?name=x"), 404);
  EXPECT_NE(ana.shoal({"token", "new", "other"}).second.find("rest.public: on"), std::string::npos);
}

}  // namespace
}  // namespace shoal::daemon
