// SPDX-License-Identifier: Apache-2.0
// The real directory with an index, asked over loopback.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <set>

#include "proto/http/percent.h"
#include "tests/bootstrap/http/index_requests.h"
#include "tests/wire/bootstrap/program.h"
#include "tests/wire/bootstrap/support.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

class IndexProgram : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> arguments(const std::string& config = "") const {
    std::vector<std::string> words{"--listen", "127.0.0.1:0", "--data", folder / "data"};
    if (config.empty()) return words;
    std::ofstream(folder / "d.yaml") << config;
    words.insert(words.end(), {"--config", folder / "d.yaml"});
    return words;
  }
  static int publish(const http::RestClient& client, const IndexRequest& request) {
    const bool replaces = request.update.kind == IndexUpdate::Kind::kReplace;
    const auto answer = client.send(replaces ? "PUT" : "PATCH", "/v1/index", to_body(request));
    return answer ? answer->status : 0;
  }
  static std::vector<std::string> names(const http::RestClient& client, const std::string& query) {
    std::vector<std::string> out;
    const auto body = client.call("GET", query);
    EXPECT_TRUE(body) << query;
    if (!body) return out;
    const auto page = bj::parse(*body);
    for (const auto& item : page.at("items").as_array()) {
      out.emplace_back(std::string(item.at("owner").at("name").as_string()) + ": " +
                       std::string(item.at("name").as_string()));
    }
    return out;
  }
  using Names = std::vector<std::string>;

  const http::TempFolder folder;
  const rpc::Identity ana = rpc::Identity::generate();
  const rpc::Identity luis = rpc::Identity::generate();
};

TEST_F(IndexProgram, IsPublishedChangedAndSearchedByNameByWordsAndByContent) {
  Program program(arguments());
  const auto client = client_of(program.url());
  ASSERT_EQ(put(client, ana, 1)->status, 200);
  ASSERT_EQ(put(client, luis, 1)->status, 200);
  ASSERT_EQ(publish(client, files_of(ana, 10, unix_now(),
                                     {entry(1, "Debian Handbook.pdf"), entry(2, "song.mp3")})),
            200);
  ASSERT_EQ(publish(client, files_of(luis, 10, unix_now(), {entry(1, "handbook (debian).pdf")})),
            200);
  const std::string exactly = "/v1/search?" + http::encode_query("name", "Debian Handbook.pdf");
  EXPECT_EQ(names(client, exactly), (Names{"p: Debian Handbook.pdf"}));
  EXPECT_EQ(names(client, exactly + "&asker=" + to_text(ana.id())), Names{});
  EXPECT_EQ(names(client, "/v1/search?q=handbook%20deb").size(), 2U);
  EXPECT_EQ(names(client, "/v1/search?q=handbook&asker=" + to_text(ana.id())),
            (Names{"p: handbook (debian).pdf"}));
  EXPECT_EQ(names(client, "/v1/search?content=" + to_text(content(1))).size(), 2U);
  EXPECT_EQ(names(client, "/v1/index").size(), 3U);
  EXPECT_EQ(names(client, "/v1/index?peer=" + to_text(luis.id())).size(), 1U);
  ASSERT_EQ(publish(client, change_of(ana, 11, unix_now(), {entry(3, "new.txt")}, {content(1)})),
            200);
  EXPECT_EQ(names(client, exactly), Names{});
  EXPECT_EQ(names(client, "/v1/search?name=new.txt"), (Names{"p: new.txt"}));
}

TEST_F(IndexProgram, IsHandedOutPageByPage) {
  Program program(arguments());
  const auto client = client_of(program.url());
  ASSERT_EQ(put(client, ana, 1)->status, 200);
  std::vector<IndexEntry> files;
  for (unsigned at = 0; at < 7; ++at) files.push_back(entry(at, "part " + std::to_string(at)));
  ASSERT_EQ(publish(client, files_of(ana, 10, unix_now(), files)), 200);
  std::set<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto body = client.call("GET", "/v1/search?q=part&limit=3" + cursor);
    ASSERT_TRUE(body);
    const auto page = bj::parse(*body).as_object();
    for (const auto& item : page.at("items").as_array()) {
      EXPECT_TRUE(seen.insert(std::string(item.at("name").as_string())).second);
    }
    const auto* const next = page.if_contains("next_cursor");
    cursor = next == nullptr ? "" : "&cursor=" + std::string(next->as_string());
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(seen.size(), 7U);
}

TEST_F(IndexProgram, RefusesWhatIsForgedUsedMissingOrTooLargeInWords) {
  Program program(arguments());
  const auto client = client_of(program.url());
  ASSERT_EQ(put(client, ana, 5)->status, 200);
  ASSERT_EQ(publish(client, files_of(ana, 10, unix_now(), {entry(1, "mine")})), 200);
  auto forged = files_of(ana, 20, unix_now(), {entry(1, "mine")});
  forged.signature = luis.sign(rpc::context::kIndex, to_bytes(seal_of(forged.update)));
  std::vector<IndexEntry> many;
  for (unsigned at = 0; at < 257; ++at) many.push_back(entry(at, "a"));
  const auto body_of = [](const IndexRequest& request) { return to_body(request); };
  const std::vector<std::tuple<std::string, std::string, int>> table = {
      {"PUT", body_of(forged), 403},
      {"PUT", body_of(files_of(luis, 20, unix_now(), {})), 403},
      {"PUT", body_of(files_of(ana, 10, unix_now(), {})), 409},
      {"PUT", body_of(files_of(ana, 20, unix_now(), many)), 413},
      {"PUT", body_of(files_of(ana, 20, unix_now() - 9000, {})), 400},
      {"PUT", "{}", 400},
      {"PUT", "{\"key\":", 400},
      {"PUT", std::string(270'000, ' '), 413},
      {"PATCH", body_of(change_of(ana, 12, unix_now(), {})), 409},
      {"PATCH", body_of(files_of(ana, 11, unix_now(), {})), 400}};
  for (const auto& [method, body, status] : table) {
    const auto answer = client.send(method, "/v1/index", body);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, status) << answer->body;
    EXPECT_EQ(answer->content_type, "application/problem+json");
    const auto problem = bj::parse(answer->body).as_object();
    EXPECT_FALSE(problem.at("detail").as_string().empty());
    EXPECT_TRUE(status != 409 || problem.at("sequence").to_number<std::uint64_t>() == 10U);
  }
  const auto bare = client.send("GET", "/v1/search");
  EXPECT_EQ(bare->status, 400);
  EXPECT_NE(bare->body.find("?name="), std::string::npos) << bare->body;
  EXPECT_EQ(client.send("GET", "/v1/search?q=a&cursor=x")->status, 400);
  EXPECT_EQ(client.send("GET", "/v1/search?q=" + std::string(1500, 'a'))->status, 400);
  EXPECT_EQ(client.send("GET", "/v1/search?query=a")->status, 400);
  EXPECT_EQ(names(client, "/v1/index").size(), 1U) << "nothing is half-written";
}

TEST_F(IndexProgram, EndsWithTheLeaseAndOutlivesKillNine) {
  const auto words = arguments("lease: 4s\n");
  std::uint64_t stamp = 1;
  {
    Program program(words);
    const auto client = client_of(program.url());
    ASSERT_EQ(put(client, ana, stamp)->status, 200);
    ASSERT_EQ(publish(client, files_of(ana, 10, unix_now(), {entry(1, "mine")})), 200);
    program.send(SIGKILL);
    EXPECT_EQ(program.wait(), 128 + SIGKILL);
  }
  Program again(words);
  const auto client = client_of(again.url());
  const auto renewed = put(client, ana, ++stamp);
  ASSERT_EQ(renewed->status, 200);
  EXPECT_EQ(bj::parse(renewed->body).at("index").to_number<std::uint64_t>(), 10U);
  EXPECT_EQ(names(client, "/v1/search?name=mine").size(), 1U);
  EXPECT_TRUE(soon([&] { return names(client, "/v1/search?name=mine").empty(); }));
  const auto back = put(client, ana, 20);
  EXPECT_EQ(bj::parse(back->body).at("index").to_number<std::uint64_t>(), 0U);
  EXPECT_EQ(names(client, "/v1/index").size(), 0U);
}

TEST_F(IndexProgram, IsNotThereWhereTheDirectoryWantsNone) {
  Program program(arguments("index: false\n"));
  const auto client = client_of(program.url());
  const auto lease = put(client, ana, 1);
  ASSERT_EQ(lease->status, 200);
  EXPECT_FALSE(bj::parse(lease->body).as_object().contains("index"));
  EXPECT_EQ(publish(client, files_of(ana, 10, unix_now(), {})), 501);
  EXPECT_EQ(client.send("GET", "/v1/search?q=a")->status, 501);
}

}  // namespace
}  // namespace shoal::bootstrap
