// SPDX-License-Identifier: Apache-2.0
#include "broker/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "proto/types/limits_broker.h"
#include "tests/wire/broker/old_program.h"
#include "tests/wire/broker/rabbit_server.h"

namespace shoal::broker {
namespace {

using namespace std::chrono_literals;
using State = Status::State;

bool within(std::chrono::milliseconds time, const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(10ms);
  }
  return true;
}
bool soon(const std::function<bool()>& holds) { return within(30s, holds); }

// A client with a thread of its own, that keeps what it hears and answers all but its own queries.
class Peer {
 public:
  explicit Peer(const std::string& url, std::string says = "")
      : says_(std::move(says)),
        client(parse_url(url).value(),
               {[this](const Delivery& query) { on_query(query); },
                [this](const Delivery& answer) {
                  const std::scoped_lock lock(mutex_);
                  answers_.push_back(answer.correlation + ":" + answer.body);
                },
                [this] { ++ups; }, [this](const Error&) { ++downs; }}),
        thread_([this] { client.run(); }) {}
  ~Peer() { stop(); }

  void stop() {
    client.stop();
    if (thread_.joinable()) thread_.join();
  }
  bool up() {
    return soon([this] { return client.status().state == State::kUp; });
  }
  std::vector<std::string> heard() {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }
  std::size_t answers(const std::string& text) {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::count(answers_.begin(), answers_.end(), text));
  }
  std::size_t hearings(const std::string& text) {
    const auto all = heard();
    return static_cast<std::size_t>(std::count(all.begin(), all.end(), text));
  }

 private:
  void on_query(const Delivery& query) {
    if (query.by == Delivery::By::kSharedQueue) return client.pass_on(query);
    {
      const std::scoped_lock lock(mutex_);
      heard_.push_back(query.body);
    }
    if (!says_.empty()) client.answer(query, says_);
  }

  const std::string says_;
  std::mutex mutex_;
  std::vector<std::string> heard_;
  std::vector<std::string> answers_;

 public:
  std::atomic<int> ups = 0;
  std::atomic<int> downs = 0;
  Client client;

 private:
  std::thread thread_;
};

class BrokerClient : public testing::Test {
 protected:
  void SetUp() override {
    if (!RabbitServer::available()) GTEST_SKIP() << "needs rabbitmq-server and librabbitmq-dev";
  }
  static RabbitServer& server() { return RabbitServer::shared(); }
};

// The wrapper alone, as a program that knows nothing of peers.
std::unique_ptr<Connection> plain_connection(const std::string& url) {
  const Url at = parse_url(url).value();
  Lookup host(at.host);
  auto made = Connection::open(at, host, [](int) { return true; });
  EXPECT_TRUE(made) << made.error().why;
  return made ? std::move(*made) : nullptr;
}

TEST_F(BrokerClient, EveryPeerHearsEachQueryOnceAndAnswersReachOnlyWhoAsked) {
  Peer ana(server().url());
  Peer luis(server().url(), "luis has it");
  Peer rosa(server().url(), "rosa has it");
  ASSERT_TRUE(ana.up() && luis.up() && rosa.up());
  ana.client.ask("c1", "who has this?");
  ASSERT_TRUE(soon(
      [&] { return ana.answers("c1:luis has it") == 1 && ana.answers("c1:rosa has it") == 1; }));
  ana.client.ask("c2", "and that?");
  ASSERT_TRUE(soon(
      [&] { return ana.answers("c2:luis has it") == 1 && ana.answers("c2:rosa has it") == 1; }));
  for (Peer* peer : {&ana, &luis, &rosa}) {
    EXPECT_EQ(peer->heard(), (std::vector<std::string>{"who has this?", "and that?"}));
  }
  EXPECT_EQ(luis.client.status().answers, 0U);
  EXPECT_EQ(ana.client.status().answers, 4U);
}

// Whoever declares the queue first, the others take it as it is.
TEST_F(BrokerClient, WhatAnOlderProgramPutsIntoTheQueueIsHeardByAll) {
  for (const bool old_first : {true, false}) {
    OldProgram::forget_queue(server().url());
    std::unique_ptr<OldProgram> old;
    if (old_first) old = std::make_unique<OldProgram>(server().url());
    Peer luis(server().url(), "luis has it");
    Peer rosa(server().url(), "rosa has it");
    ASSERT_TRUE(luis.up() && rosa.up());
    if (!old) old = std::make_unique<OldProgram>(server().url());
    ASSERT_EQ(old->trouble(), "") << "old first: " << old_first;
    old->ask("old", "uno.txt");
    std::vector<std::string> said{old->answer(), old->answer()};
    std::sort(said.begin(), said.end());
    EXPECT_EQ(said, (std::vector<std::string>{"old:luis has it", "old:rosa has it"}));
    EXPECT_EQ(luis.hearings("uno.txt"), 1U);
    EXPECT_EQ(rosa.hearings("uno.txt"), 1U);
    EXPECT_EQ(old->trouble(), "");
  }
}

TEST_F(BrokerClient, SkipsLongMessagesWithoutKeepingThem) {
  Peer luis(server().url());
  ASSERT_TRUE(luis.up());
  const auto other = plain_connection(server().url());
  ASSERT_NE(other, nullptr);
  ASSERT_TRUE(other->send({true, "", "c", "r", std::string(std::size_t{8} << 20, 'x')}));
  ASSERT_TRUE(other->send({true, "", "c", "r", std::string(limits::kBrokerQueryBytes, 'y')}));
  ASSERT_TRUE(soon([&] { return luis.heard().size() == 1; }));
  EXPECT_EQ(luis.heard().front(), std::string(limits::kBrokerQueryBytes, 'y'));
  EXPECT_EQ(luis.client.status().drops,
            (decltype(Status::drops){{"broker's message that is too long", 1}}));
}

TEST_F(BrokerClient, SaysWhyItIsNotLetIn) {
  Peer wrong(server().url("guest", "wrong"));
  ASSERT_TRUE(soon([&] { return wrong.client.status().state == State::kDown; }));
  const Status status = wrong.client.status();
  EXPECT_EQ(status.trouble.code, Errc::kDenied);
  EXPECT_NE(status.trouble.why.find("ACCESS_REFUSED"), std::string::npos) << status.trouble.why;
  EXPECT_EQ(status.trouble.what.find("wrong"), std::string::npos);
  Peer nowhere(server().url() + "/nowhere");
  ASSERT_TRUE(soon([&] { return nowhere.client.status().state == State::kDown; }));
  EXPECT_EQ(nowhere.client.status().trouble.code, Errc::kDenied)
      << nowhere.client.status().trouble.why;
  Peer nobody("amqp://127.0.0.1:1");
  ASSERT_TRUE(soon([&] { return nobody.client.status().state == State::kDown; }));
  EXPECT_EQ(nobody.client.status().trouble.code, Errc::kUnreachable);
}

TEST_F(BrokerClient, ComesBackAfterACrashOfTheBroker) {
  Peer ana(server().url());
  Peer luis(server().url(), "luis has it");
  ASSERT_TRUE(ana.up() && luis.up());
  server().crash();
  ASSERT_TRUE(soon([&] {
    return ana.client.status().state == State::kDown && luis.client.status().state == State::kDown;
  }));
  EXPECT_EQ(ana.client.status().trouble.code, Errc::kUnreachable);
  ana.client.ask("lost", "into nothing");
  server().restart();
  ana.client.hurry();
  luis.client.hurry();
  ASSERT_TRUE(ana.up() && luis.up());
  EXPECT_EQ(ana.ups, 2);
  EXPECT_GE(ana.downs, 1);
  EXPECT_TRUE(ana.client.status().trouble.what.empty());
  ana.client.ask("again", "who has this?");
  ASSERT_TRUE(soon([&] { return ana.answers("again:luis has it") == 1; }));
  EXPECT_EQ(luis.hearings("into nothing"), 0U);
}

// Heartbeats would tell after twenty seconds.
TEST_F(BrokerClient, NoticesABrokerThatHangsSoonAfterItIsAsked) {
  Peer ana(server().url());
  Peer luis(server().url(), "luis has it");
  ASSERT_TRUE(ana.up() && luis.up());
  ana.client.ask("before", "who has this?");
  ASSERT_TRUE(soon([&] { return ana.answers("before:luis has it") == 1; }));
  server().freeze();
  const auto begun = std::chrono::steady_clock::now();
  ana.client.ask("c", "who has that?");
  EXPECT_TRUE(soon([&] { return ana.client.status().state == State::kDown; }));
  const auto took = std::chrono::steady_clock::now() - begun;
  EXPECT_GE(took, limits::kBrokerEcho);
  EXPECT_LT(took, 3 * limits::kBrokerEcho);
  EXPECT_NE(ana.client.status().trouble.why.find("did not come back"), std::string::npos);
  EXPECT_EQ(luis.client.status().state, State::kUp);  // it asked nothing
  server().thaw();
  ana.client.hurry();
  ASSERT_TRUE(ana.up());
  ana.client.ask("after", "who has this?");
  EXPECT_TRUE(soon([&] { return ana.answers("after:luis has it") == 1; }));
}

TEST_F(BrokerClient, StopsSoonWhateverTheBrokerDoes) {
  const auto stops_soon = [](Peer& peer) {
    const auto begun = std::chrono::steady_clock::now();
    peer.stop();
    return std::chrono::steady_clock::now() - begun < 3s;
  };
  Peer up(server().url());
  ASSERT_TRUE(up.up());
  EXPECT_TRUE(stops_soon(up));
  Peer stuck(server().url());
  ASSERT_TRUE(stuck.up());
  server().freeze();
  Peer knocking(server().url());
  EXPECT_TRUE(stops_soon(knocking));
  // More than sockets hold, so that sending waits for a reader that does not come.
  for (int i = 0; i < 900; ++i) stuck.client.ask("c", std::string(100'000, 'x'));
  EXPECT_TRUE(stops_soon(stuck));
  server().thaw();
  Peer down("amqp://127.0.0.1:1");
  ASSERT_TRUE(soon([&] { return down.client.status().state == State::kDown; }));
  EXPECT_TRUE(stops_soon(down));
}

}  // namespace
}  // namespace shoal::broker
