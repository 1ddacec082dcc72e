// SPDX-License-Identifier: Apache-2.0
// Walks the tables of docs/replaced-systems.md: sends each request as any program would, and runs
// each command, against real processes.
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>

#include "bootstrap/http/index_request.h"
#include "proto/types/text.h"
#include "tests/bootstrap/http/index_requests.h"
#include "tests/bootstrap/http/requests.h"
#include "tests/wire/daemon/daemon_process.h"
#include "tests/wire/http_world.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using Row = std::vector<std::string>;

std::string trimmed(std::string text) {
  text.erase(0, text.find_first_not_of(' '));
  text.erase(text.find_last_not_of(' ') + 1);
  if (text.size() > 1 && text.front() == '`' && text.back() == '`') {
    text = text.substr(1, text.size() - 2);
  }
  return text;
}

// The rows of the tables whose first heading is `heading`.
std::vector<Row> rows_of(const std::string& heading) {
  std::vector<Row> out;
  bool inside = false;
  std::istringstream page(read_file(SHOAL_SOURCE_DIR "/docs/replaced-systems.md"));
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with('|')) {
      inside = false;
      continue;
    }
    Row row;
    std::istringstream cells(line.substr(1));
    for (std::string cell; std::getline(cells, cell, '|');) row.push_back(trimmed(cell));
    if (row.at(0) == heading) {
      inside = true;
    } else if (inside && !row.at(0).starts_with("---")) {
      out.push_back(std::move(row));
    }
  }
  return out;
}

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct Answer {
  int status = 0;
  std::string body;
};

Answer plain_request(const http::Target& to, const std::string& method, const std::string& path,
                     const std::string& token, const std::string& body, const std::string& type) {
  http::RawClient client(to);
  std::string text = method + " " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  if (!token.empty()) text += "Authorization: Bearer " + token + "\r\n";
  if (!body.empty() || method != "GET") {
    text += "Content-Type: " + type + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  client.say(text + "\r\n" + body);
  const std::string heard = client.hear();
  Answer answer;
  if (heard.size() > 12) answer.status = std::stoi(heard.substr(9, 3));
  const auto at = heard.find("\r\n\r\n");
  if (at != std::string::npos) answer.body = heard.substr(at + 4);
  return answer;
}

// A row's request, with what its capitals stand for put in.
struct Walk {
  http::Target to;
  std::map<std::string, std::string> tokens;  ///< by the row's "as"
  std::function<std::string()> index = [] { return std::string(); };
  std::string holder = {};

  Answer send(const Row& row) {
    std::istringstream words(row.at(2));
    std::string method;
    std::string path;
    std::string body;
    words >> method >> path;
    std::getline(words, body);
    body = trimmed(body);
    const bool bytes = body == "BYTES";
    if (body == "INDEX") body = index();
    if (const auto at = body.find("HOLDER"); at != std::string::npos) body.replace(at, 6, holder);
    auto answer = plain_request(to, method, path, tokens[row.at(1)], body,
                                bytes ? "application/octet-stream" : "application/json");
    if (path == "/login" && answer.status == 201) {
      tokens["session"] = std::string(bj::parse(answer.body).at("token").as_string());
    }
    EXPECT_EQ(std::to_string(answer.status), row.at(3)) << row.at(2) << "\n" << answer.body;
    return answer;
  }
};

// The signed index of a peer, in the old words.
std::string old_index(const rpc::Identity& who, std::uint64_t sequence) {
  const auto request =
      bootstrap::files_of(who, sequence, unix_now(), {bootstrap::entry(1, "handbook.txt")});
  bj::object body = bj::parse(bootstrap::to_body(request)).as_object();
  bj::array files = body.at("files").as_array();
  for (auto& file : files) {
    const bj::value name = file.at("name");  // a copy: what follows moves the members
    file.as_object()["archivo"] = name;
    file.as_object().erase("name");
  }
  body.erase("files");
  body["archivos"] = std::move(files);
  return bj::serialize(body);
}

TEST(ReplacedSystems, RequestsToTheDirectoryGoOn) {
  const Folder folder;
  Process directory({SHOAL_DIRECTORY_PROGRAM, "--listen", "127.0.0.1:0", "--data", folder / "d"},
                    folder / "directory.log");
  ASSERT_TRUE(directory.says(" up, pid ")) << directory.output();
  const std::string out = directory.output();
  const auto at = out.find("http://");
  Walk walk{*http::Target::parse(out.substr(at, out.find('\n', at) - at)), {}};
  const auto me = rpc::Identity::generate();
  const auto lease =
      http::RestClient(walk.to).send("PUT", "/v1/peers/" + to_text(me.id()),
                                     bootstrap::to_body(bootstrap::lease_of(me, 1, unix_now())));
  ASSERT_TRUE(lease);
  ASSERT_EQ(lease->status, 200) << lease->body;
  walk.index = [&me, sequence = std::uint64_t{10}]() mutable { return old_index(me, sequence++); };
  std::size_t walked = 0;
  for (const Row& row : rows_of("where")) {
    if (row.at(0) != "directory") continue;
    ++walked;
    const auto answer = walk.send(row);
    if (row.at(2).starts_with("GET /search?")) {
      EXPECT_NE(answer.body.find("\"name\":\"handbook.txt\""), std::string::npos) << answer.body;
    }
    if (row.at(2).starts_with("GET /search {")) {
      EXPECT_NE(answer.body.find("?name="), std::string::npos) << answer.body;
    }
  }
  EXPECT_GE(walked, 18U);
}

std::string place_of(Peer& peer) {
  const std::string url = peer.url();
  return "http://" + url.substr(url.find('@') + 1);
}

class Crowd : public testing::Test {
 protected:
  Crowd() : ana(folder, "ana", {"--set", "rest.public=on"}), luis(folder, "luis") {
    write_file(folder / "books/handbook.txt", 3000, 1);
    luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  }
  const Folder folder;
  Peer ana;
  Peer luis;
};

TEST_F(Crowd, OfReplacedSystemsRequestsToAnyPeerGoOn) {
  join(ana, luis, "primary");
  Walk walk{*http::Target::parse(place_of(ana)), {}};
  walk.holder = place_of(luis);
  walk.tokens["token"] =
      ana.call("POST", "/v1/tokens", {{"name", "walk"}}).at("token").as_string().c_str();
  std::size_t walked = 0;
  for (const Row& row : rows_of("where")) {
    if (row.at(0) != "peer") continue;
    ++walked;
    const auto answer = walk.send(row);
    if (row.at(2).starts_with("GET /search?") && answer.status == 200) {
      EXPECT_EQ(bj::parse(answer.body).at("hits").as_array().size(), 1U) << answer.body;
      EXPECT_EQ(bj::parse(answer.body).at("state"), "ended");
    }
    if (row.at(2).starts_with("GET /search {")) {
      EXPECT_NE(answer.body.find("?name="), std::string::npos) << answer.body;
    }
  }
  EXPECT_GE(walked, 14U);
  EXPECT_TRUE(soon([&] {
    const auto items = ana.call("GET", "/v1/transfers").at("items").as_array();
    return !items.empty() && items.at(0).at("state") == "done";
  }));
  EXPECT_EQ(ana.call("GET", "/v1/inbox").at("items").at(0).at("name"), "notes.txt");
}

// Runs the command of a row, whose words stand in `at`, and compares the code behind it.
void run_row(const Row& row, std::size_t at,
             const std::function<std::pair<int, std::string>(std::vector<std::string>)>& shoal,
             const std::map<std::string, std::string>& stands = {}) {
  std::istringstream words(row.at(at));
  std::string word;
  words >> word;
  ASSERT_EQ(word, "shoal");
  std::vector<std::string> arguments;
  while (words >> word) arguments.push_back(stands.contains(word) ? stands.at(word) : word);
  const auto [code, said] = shoal(arguments);
  EXPECT_EQ(std::to_string(code), row.at(at + 1)) << row.at(at) << "\n" << said;
}

TEST(ReplacedSystems, FindTheirCommands) {
  const Folder folder;
  Process directory({SHOAL_DIRECTORY_PROGRAM, "--listen", "127.0.0.1:0", "--data", folder / "d"},
                    folder / "directory.log");
  ASSERT_TRUE(directory.says(" up, pid ")) << directory.output();
  const std::string out = directory.output();
  const auto at = out.find("http://");
  const std::string url = out.substr(at, out.find('\n', at) - at);
  Peer ana(folder, "ana", {"--directory", url, "--set", "directory.index=on"});
  Peer luis(folder, "luis");
  write_file(folder / "books/handbook.txt", 3000, 1);
  luis.lines("POST", "/v1/shares", {{"path", folder / "books"}});
  luis.befriend(ana);
  write_file(folder / "mine/song.mp3", 500, 2);
  const std::map<std::string, std::string> stands{
      {"FOLDER", folder / "mine"}, {"FRIEND", place_of(luis)}, {"FILE", folder / "mine/song.mp3"}};
  std::size_t walked = 0;
  ASSERT_EQ(::setenv("SHOAL_DIRECTORY_URL", url.c_str(), 1), 0);
  for (const Row& row : rows_of("it was")) {
    run_row(
        row, 2, [&](const auto& words) { return ana.shoal(words); }, stands);
    if (row.at(2).find("friends add") != std::string::npos) {
      EXPECT_TRUE(soon([&] { return ana.active_friends() == 1; })) << ana.trouble();
    }
    ++walked;
  }
  ::unsetenv("SHOAL_DIRECTORY_URL");
  EXPECT_GE(walked, 17U);
}

TEST(ReplacedSystems, StartAndStopByTheCommandsOfTheTable) {
  const Folder folder;
  const auto shoal = [&](std::vector<std::string> words) {
    words.insert(words.begin(), {SHOAL_PROGRAM, "--home", folder / "home"});
    Process process(words, folder / "out");
    const int code = process.wait();
    return std::pair(code, process.output());
  };
  const std::unique_ptr<const void, std::function<void(const void*)>> nothing_stays(
      &folder, [&](const void*) {
        shoal({"down", "--with-directory"});
      });
  ASSERT_EQ(shoal({"init", "--name", "ana"}).first, 0);
  std::size_t walked = 0;
  for (const Row& row : rows_of("started by")) {
    run_row(row, 1, shoal);
    ++walked;
  }
  EXPECT_EQ(walked, 4U);
}

TEST(ReplacedSystems, FindTheirParametersAmongTheSettings) {
  const Folder folder;
  std::size_t walked = 0;
  for (const Row& row : rows_of("parameter")) {
    ASSERT_EQ(::setenv(row.at(2).c_str(), row.at(3).c_str(), 1), 0);
    Process process({SHOAL_PROGRAM, "--home", folder / "home", "config", "show"}, folder / "out");
    EXPECT_EQ(process.wait(), 0) << process.output();
    ::unsetenv(row.at(2).c_str());
    EXPECT_NE(process.output().find(row.at(1) + "\t" + row.at(3) + "\n"), std::string::npos)
        << process.output();
    ++walked;
  }
  EXPECT_EQ(walked, 7U);
}

TEST(ReplacedSystems, HaveNoNameThatNoRequestOfTheTablesUses) {
  std::set<std::string> sent;
  for (const Row& row : rows_of("where")) sent.insert(row.at(0) + " " + row.at(2));
  const auto names = rows_of("old");
  EXPECT_GE(names.size(), 15U);
  for (const Row& row : names) {
    const bool used = std::ranges::any_of(sent, [&](const std::string& request) {
      return row.at(1).find(request.substr(0, request.find(' '))) != std::string::npos &&
             (request.find("\"" + row.at(0) + "\"") != std::string::npos ||
              request.find("?" + row.at(0) + "=") != std::string::npos);
    });
    EXPECT_TRUE(used) << row.at(0) << " at " << row.at(1);
  }
}

}  // namespace
}  // namespace shoal::daemon
