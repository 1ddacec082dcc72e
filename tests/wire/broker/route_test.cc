// SPDX-License-Identifier: Apache-2.0
// Searches by a broker between real programs.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>

#include "broker/connection.h"
#include "proto/types/limits_broker.h"
#include "tests/wire/broker/old_program.h"
#include "tests/wire/broker/rabbit_server.h"
#include "tests/wire/daemon/daemon_process.h"

namespace shoal::daemon {
namespace {

namespace bj = boost::json;
using broker::RabbitServer;

std::string text(const bj::object& object, const char* name) {
  return std::string(object.at(name).as_string());
}

std::vector<std::string> by_broker(const std::string& url) {
  return {"--set", "broker.url=" + url};
}

class BrokerRoute : public testing::Test {
 protected:
  void SetUp() override {
    if (!RabbitServer::available()) GTEST_SKIP() << "needs rabbitmq-server and librabbitmq-dev";
  }

  static RabbitServer& server() { return RabbitServer::shared(); }
  std::unique_ptr<Peer> peer(const std::string& name) {
    auto made = std::make_unique<Peer>(folder_, name, by_broker(server().url()));
    EXPECT_TRUE(soon([&] { return state(*made) == "up"; })) << made->process().output();
    return made;
  }
  // `name` under its own folder of that peer; equal seeds are equal files.
  void share(Peer& peer, const std::string& who, const std::string& name, std::uint64_t seed) {
    write_file(folder_ / (who + "-books/" + name), 50'000, seed);
    const auto lines = peer.lines("POST", "/v1/shares", {{"path", folder_ / (who + "-books")}});
    EXPECT_EQ(text(lines.back(), "schema"), "shoal/share/1");
  }
  static std::string state(Peer& peer) {
    return std::string(peer.status().at("broker").at("state").as_string());
  }
  static std::vector<std::string> holders(const std::vector<bj::object>& lines) {
    std::vector<std::string> names;
    for (const auto& line : lines) {
      if (line.contains("holder")) names.push_back(text(line.at("holder").as_object(), "name"));
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  static std::string begin(Peer& peer, const bj::object& body) {
    return text(peer.call("POST", "/v1/searches", body), "id");
  }
  static std::vector<bj::object> hits(Peer& peer, const std::string& search) {
    std::vector<bj::object> out;
    const auto shown = peer.call("GET", "/v1/searches/" + search);
    for (const auto& hit : shown.at("hits").as_array()) out.push_back(hit.as_object());
    return out;
  }
  static std::string fetched(Peer& peer, const bj::object& hit) {
    const auto id = text(peer.call("POST", "/v1/transfers",
                                   {{"content", hit.at("content")}, {"search", hit.at("query")}}),
                         "id");
    return bj::serialize(peer.lines("GET", "/v1/transfers/" + id + "/events").back());
  }
  static std::unique_ptr<broker::Connection> stranger() {
    const broker::Url at = broker::parse_url(server().url()).value();
    broker::Lookup host(at.host);
    auto made = broker::Connection::open(at, host, [](int) { return true; });
    EXPECT_TRUE(made) << made.error().why;
    return std::move(*made);
  }

  const Folder folder_;
};

TEST_F(BrokerRoute, FindsWhatStrangersShareAndFetchesItAndNeverFindsOnesOwnFiles) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  const auto rosa = peer("rosa");
  share(*ana, "ana", "big book.bin", 1);
  share(*luis, "luis", "big book.bin", 1);
  share(*rosa, "rosa", "another big book.bin", 2);
  const auto lines = ana->search({{"terms", "big book"}, {"via", "broker"}});
  ASSERT_EQ(holders(lines), (std::vector<std::string>{"luis", "rosa"}))
      << bj::serialize(lines.back());
  const bj::object& leg = lines.back().at("legs").at(0).as_object();
  EXPECT_EQ(text(leg.at("route").as_object(), "asked").find("amqp://127.0.0.1:"), 0U);
  EXPECT_EQ(leg.at("route").at("files"), 2);
  EXPECT_EQ(leg.at("route").at("refused"), 0);
  for (const bj::object& hit : {lines[0], lines[1]}) {
    if (text(hit.at("holder").as_object(), "name") != "rosa") continue;
    EXPECT_NE(fetched(*ana, hit).find("\"done\""), std::string::npos);
    const auto by_content =
        ana->search({{"content", hit.at("content")}, {"via", "broker"}, {"enough", 1}});
    EXPECT_EQ(holders(by_content), (std::vector<std::string>{"rosa"}));
  }
  const auto [code, printed] = ana->shoal({"search", "another", "--via", "broker"});
  EXPECT_EQ(code, 0) << printed;
  EXPECT_NE(printed.find("another big book.bin"), std::string::npos) << printed;
}

TEST_F(BrokerRoute, FindsSourcesForADownloadThatKnowsNone) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  share(*luis, "luis", "big book.bin", 1);
  const auto content =
      luis->call("GET", "/v1/shares/files").at("items").at(0).as_object().at("content");
  // As after a restart: no search of this daemon knows who has it.
  const auto id = text(ana->call("POST", "/v1/transfers", {{"content", content}}), "id");
  EXPECT_TRUE(soon([&] { return ana->call("GET", "/v1/transfers/" + id).at("state") == "done"; }))
      << bj::serialize(ana->call("GET", "/v1/transfers/" + id));
}

TEST_F(BrokerRoute, IsAskedFewThingsAtOnceByDownloadsWithoutSources) {
  using Clock = std::chrono::steady_clock;
  const auto ana = peer("ana");
  const auto other = stranger();
  constexpr std::size_t kDownloads = 3 * limits::kSourceQuestions;
  for (std::size_t at = 0; at < kDownloads; ++at) {
    const std::string nobodys = std::string(62, 'a') + std::to_string(10 + at) + "-1000";
    ana->call("POST", "/v1/transfers", {{"content", nobodys}});
  }
  std::vector<Clock::time_point> heard;
  std::set<std::string> contents;
  EXPECT_TRUE(soon([&] {
    EXPECT_TRUE(other->read([&](const broker::Delivery& delivery) {
      if (delivery.by != broker::Delivery::By::kOwnQueue) return;
      heard.push_back(Clock::now());
      contents.insert(text(bj::parse(delivery.body).as_object(), "content"));
    }));
    return contents.size() == kDownloads;
  })) << contents.size();
  for (std::size_t at = limits::kSourceQuestions; at < heard.size(); ++at) {
    EXPECT_GT(heard[at] - heard[at - limits::kSourceQuestions], limits::kBrokerWait / 2) << at;
  }
}

TEST_F(BrokerRoute, AnswersOlderProgramsWithNamesAndPlaces) {
  const auto luis = peer("luis");
  share(*luis, "luis", "uno.txt", 1);
  broker::OldProgram old(server().url());
  ASSERT_EQ(old.trouble(), "");
  old.ask("o1", R"({"archivo":"uno.txt","user":"eva"})");
  const std::string said = old.answer();
  ASSERT_EQ(said.substr(0, 3), "o1:");
  EXPECT_EQ(old.answer(std::chrono::milliseconds(100)), "") << "it was answered twice";
  const bj::object answer = bj::parse(said.substr(3)).as_object();
  EXPECT_EQ(answer.at("nombre"), "luis");
  EXPECT_EQ(answer.at("archivos").at(0).at("archivo"), "uno.txt");
  EXPECT_EQ("http://127.0.0.1:" + bj::serialize(answer.at("port")), text(answer, "url"));
  EXPECT_FALSE(answer.contains("offer"));
}

TEST_F(BrokerRoute, DropsGarbageAndCountsIt) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  share(*luis, "luis", "big book.bin", 1);
  const auto other = stranger();
  const std::string queue(broker::kQueryName);
  for (const std::string body : {"", "garbage", "{}", R"({"archivo":7})", R"({"archivo":"big"})"}) {
    // The last one is a query, but asks to be answered nowhere, or where all would take it for one.
    ASSERT_TRUE(other->send({true, "", "c", "", body}));
    ASSERT_TRUE(other->send({true, "", "c", queue, body}));
    ASSERT_TRUE(other->send({false, queue, "c", "", body}));
  }
  ASSERT_TRUE(other->send({true, "", "c", "nowhere", std::string(1 << 20, 'x')}));
  const auto count = [&](const char* reason) {
    const auto drops = luis->status().at("drops").as_object();
    return drops.contains(reason) ? drops.at(reason).to_number<std::uint64_t>() : 0;
  };
  EXPECT_TRUE(soon([&] { return count("broker's query that is not understood") >= 10; }));
  EXPECT_TRUE(soon([&] { return count("broker's message that is too long") == 1; }));
  // A liar answers each query that it hears, with what is no answer or signed by nobody.
  const std::string id =
      begin(*ana, {{"terms", "big book"}, {"via", "broker"}, {"budget_ms", 4000}});
  std::size_t lies = 0;
  EXPECT_TRUE(soon([&] {
    EXPECT_TRUE(other->read([&](const broker::Delivery& delivery) {
      if (delivery.by != broker::Delivery::By::kOwnQueue || delivery.reply_to.find("amq.") != 0) {
        return;
      }
      for (const std::string body : {"garbage", R"({"archivos":[],"offer":"AAAA"})", "{}"}) {
        EXPECT_TRUE(other->send({false, delivery.reply_to, delivery.correlation, "", body}));
        ++lies;
      }
      EXPECT_TRUE(other->send({false, delivery.reply_to, "no search", "", "{}"}));
    }));
    return lies == 3;
  }));
  const auto lines = ana->lines("GET", "/v1/searches/" + id + "/events");
  EXPECT_EQ(holders(lines), (std::vector<std::string>{"luis"}));
  EXPECT_EQ(lines.back().at("legs").at(0).at("route").at("refused"), 3);
}

TEST_F(BrokerRoute, MergesItsHitsWithThoseOfOverlays) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  const auto rosa = peer("rosa");
  join(*ana, *luis);
  share(*luis, "luis", "big book.bin", 1);
  share(*rosa, "rosa", "big book.bin", 1);
  const auto lines = ana->search({{"terms", "big book"}, {"via", "flood,broker"}});
  EXPECT_EQ(holders(lines), (std::vector<std::string>{"luis", "rosa"}));
  EXPECT_EQ(lines.back().at("legs").at(0).at("hits"), 1);
  EXPECT_EQ(lines.back().at("legs").at(1).at("route").at("holders"), 2);
  // From both at once: each lets the key of its own way fetch.
  EXPECT_NE(fetched(*ana, lines[0]).find("\"done\""), std::string::npos);
  const auto beside = ana->search({{"terms", "big book"}, {"via", "directory,broker"}});
  EXPECT_EQ(holders(beside), (std::vector<std::string>{"luis", "rosa"}));
  EXPECT_EQ(text(beside.back().at("legs").at(0).as_object(), "error"),
            "there is no directory to ask: none is configured");
}

TEST_F(BrokerRoute, ShowsLateAnswers) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  share(*luis, "luis", "big book.bin", 1);
  luis->process().send(SIGSTOP);
  const auto nothing = ana->search({{"terms", "big book"}, {"via", "broker"}, {"budget_ms", 300}});
  EXPECT_TRUE(holders(nothing).empty());
  const std::vector<std::string> words{"search", "big", "book", "--via", "broker"};
  auto hasty = words;
  hasty.insert(hasty.end(), {"--budget", "300ms"});
  EXPECT_EQ(ana->shoal(hasty).first, 3);
  const std::string ended = text(nothing.back(), "query");
  const std::string open =
      begin(*ana, {{"terms", "big"}, {"via", "broker"}, {"budget_ms", 20'000}, {"enough", 1}});
  luis->process().send(SIGCONT);
  const auto late = ana->lines("GET", "/v1/searches/" + open + "/events");
  EXPECT_EQ(holders(late), (std::vector<std::string>{"luis"}));
  ASSERT_TRUE(soon([&] { return hits(*ana, ended).size() == 1; }));
  EXPECT_NE(fetched(*ana, hits(*ana, ended).front()).find("\"done\""), std::string::npos);
  ASSERT_TRUE(soon([&] { return ana->shoal({"search", "--again"}).first == 0; }));
  const auto [code, printed] = ana->shoal({"get", "1"});
  EXPECT_EQ(code, 0) << printed;
}

TEST_F(BrokerRoute, SaysWhyItIsDownWhileOverlaysGoOn) {
  Peer ana(folder_, "ana", by_broker(server().url("guest", "sesame-secret")));
  const auto luis = peer("luis");
  join(ana, *luis);
  share(*luis, "luis", "big book.bin", 1);
  ASSERT_TRUE(soon([&] { return state(ana) == "down"; }));
  const auto lines = ana.search({{"terms", "big book"}, {"via", "flood,broker"}});
  EXPECT_EQ(holders(lines), (std::vector<std::string>{"luis"}));
  const std::string error = text(lines.back().at("legs").at(1).as_object(), "error");
  EXPECT_NE(error.find("does not let this peer in: ACCESS_REFUSED"), std::string::npos) << error;
  const auto [code, printed] = ana.shoal({"search", "big", "--via", "broker"});
  EXPECT_EQ(code, 6) << printed;
  EXPECT_NE(printed.find("does not let this peer in"), std::string::npos) << printed;
  const auto [fine, status] = ana.shoal({"status"});
  EXPECT_EQ(fine, 0);
  EXPECT_NE(status.find("broker.state\tdown"), std::string::npos) << status;
  const auto [shown, config] = ana.shoal({"config", "show"});
  for (const std::string& told : {error, printed, status, config, ana.process().output()}) {
    EXPECT_EQ(told.find("sesame-secret"), std::string::npos) << told;
  }
  Peer none(folder_, "none");
  const auto alone = none.search({{"terms", "big"}, {"via", "broker"}});
  EXPECT_EQ(text(alone.back().at("legs").at(0).as_object(), "error"),
            "there is no broker to ask: none is configured");
}

// Who accepts and never says a word; no broker is needed for that.
class SilentBroker : public testing::Test {
 protected:
  void SetUp() override {
    if (!broker::Connection::available()) GTEST_SKIP() << "needs librabbitmq-dev";
    ::socklen_t size = sizeof address_;
    ASSERT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address_), size), 0);
    ASSERT_EQ(::listen(fd_, 64), 0);
    ASSERT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size), 0);
  }
  ~SilentBroker() override { ::close(fd_); }
  [[nodiscard]] std::string url() const {
    return "amqp://127.0.0.1:" + std::to_string(ntohs(address_.sin_port));
  }

  const Folder folder_;
  const int fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address_{AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {}};
};

TEST_F(SilentBroker, IsNamedWithinSecondsWhileOverlaysGoOn) {
  Peer ana(folder_, "ana", by_broker(url()));
  Peer luis(folder_, "luis");
  join(ana, luis);
  write_file(folder_ / "books/big book.bin", 50'000, 1);
  luis.lines("POST", "/v1/shares", {{"path", folder_ / "books"}});
  for (int round = 0; round < 2; ++round) {  // while it connects, and later between its tries
    const auto begun = std::chrono::steady_clock::now();
    const auto lines = ana.search({{"terms", "big book"}, {"via", "flood,broker"}});
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(6));
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(text(lines[0].at("holder").as_object(), "name"), "luis");
    const bj::object& leg = lines.back().at("legs").at(1).as_object();
    EXPECT_NE(text(leg, "error").find("does not answer"), std::string::npos) << bj::serialize(leg);
  }
  const auto [code, printed] = ana.shoal({"search", "big", "--via", "broker"});
  EXPECT_NE(code, 0) << printed;
  EXPECT_NE(printed.find("does not answer"), std::string::npos) << printed;
  EXPECT_EQ(ana.end(SIGTERM), 0);
}

// It was up, and then it hung: a search says so before its own time is over.
TEST_F(BrokerRoute, SaysSoonThatABrokerHangs) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  join(*ana, *luis);
  share(*luis, "luis", "big book.bin", 1);
  server().freeze();
  const auto begun = std::chrono::steady_clock::now();
  const auto lines = ana->search({{"terms", "big book"}, {"via", "flood,broker"}});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(6));
  EXPECT_EQ(holders(lines), (std::vector<std::string>{"luis"}));
  const bj::object& leg = lines.back().at("legs").at(1).as_object();
  EXPECT_NE(text(leg, "error").find("did not come back within 2 s"), std::string::npos)
      << bj::serialize(leg);
  EXPECT_EQ(state(*ana), "down");
  server().thaw();
  EXPECT_TRUE(soon([&] { return state(*ana) == "up"; }));
}

TEST_F(BrokerRoute, GoesOnAfterTheBrokerWasKilledUnderASearch) {
  const auto ana = peer("ana");
  const auto luis = peer("luis");
  share(*luis, "luis", "big book.bin", 1);
  luis->process().send(SIGSTOP);
  const std::string id =
      begin(*ana, {{"terms", "big book"}, {"via", "broker"}, {"budget_ms", 30'000}, {"enough", 1}});
  server().crash();
  ASSERT_TRUE(soon([&] { return state(*ana) == "down"; }));
  const auto refused = ana->search({{"terms", "big book"}, {"via", "broker"}});
  EXPECT_NE(text(refused.back().at("legs").at(0).as_object(), "error").find("does not answer"),
            std::string::npos);
  luis->process().send(SIGCONT);
  server().restart();
  const auto lines = ana->lines("GET", "/v1/searches/" + id + "/events");
  EXPECT_EQ(holders(lines), (std::vector<std::string>{"luis"})) << bj::serialize(lines.back());
  ASSERT_TRUE(soon([&] { return state(*ana) == "up" && state(*luis) == "up"; }));
  EXPECT_EQ(ana->end(SIGTERM), 0);
  EXPECT_EQ(luis->end(SIGTERM), 0);
}

}  // namespace
}  // namespace shoal::daemon
