// SPDX-License-Identifier: Apache-2.0
// A peer's client against directories that work, are away, say nothing, and lie.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <optional>

#include "bootstrap/http/directory.h"
#include "bootstrap/http/directory_client.h"
#include "bootstrap/http/peer_json.h"
#include "bootstrap/http/routes.h"
#include "tests/wire/bootstrap/support.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

LeaseLimits lasting(milliseconds time) {
  LeaseLimits limits;
  limits.time = time;
  return limits;
}

http::Router routes(Directory& directory) {
  http::Router router;
  add_routes(router, directory);
  return router;
}

// A directory in this process.
struct World {
  explicit World(milliseconds lease = limits::kLeaseTime)
      : directory(lasting(lease), Directory::Clocks::real(), 1, {}), http(routes(directory)) {}
  std::string url() { return http.listen().to_text(); }

  Directory directory;
  http::HttpWorld http;
};

// A peer with its client.
class Peer {
 public:
  explicit Peer(const std::string& url, milliseconds timeout = milliseconds(5000)) {
    DirectoryClient::Options options;
    options.url = url;
    options.timeout = timeout;
    DirectoryClient::Signer signer{identity.id(), identity.public_key(),
                                   [this] {
                                     ++asked;
                                     return rpc::seal_card(identity, "ana", {"127.0.0.1:7401"},
                                                           sequence, issued);
                                   },
                                   [this](std::string_view context, std::string_view bytes) {
                                     return identity.sign(context, bytes);
                                   }};
    auto made = DirectoryClient::make(io_.get_executor(), workers_.get_executor(),
                                      std::move(signer), options);
    EXPECT_TRUE(made);
    client = std::move(*made);
  }
  ~Peer() {
    client.reset();
    workers_.join();
    work_.reset();
    runner_.join();
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  // Asks and waits for the callback.
  template <class T, class Ask>
  Result<T> wait_for(Ask ask) {
    const auto answer = std::make_shared<std::promise<Result<T>>>();
    const auto began = Clock::now();
    ask([answer](Result<T> result) { answer->set_value(std::move(result)); });
    EXPECT_LT(Clock::now() - began, milliseconds(1000));  // the caller was not blocked
    return answer->get_future().get();
  }
  Result<DirectoryPeer> find(const PeerId& id) {
    return wait_for<DirectoryPeer>([&](auto done) { client->find(id, std::move(done)); });
  }
  Result<DirectoryPage> peers() {
    return wait_for<DirectoryPage>([&](auto done) { client->peers(50, "", std::move(done)); });
  }
  Result<DirectoryPeer> suggest(std::vector<PeerId> except) {
    return wait_for<DirectoryPeer>(
        [&](auto done) { client->suggest(std::move(except), std::move(done)); });
  }

  const rpc::Identity identity = rpc::Identity::generate();
  const std::int64_t issued = unix_now();
  std::atomic<std::uint64_t> sequence = 1;
  std::atomic<int> asked = 0;
  std::unique_ptr<DirectoryClient> client;

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      io_.get_executor()};
  boost::asio::thread_pool workers_{2};
  std::thread runner_{[this] { io_.run(); }};
};

TEST(DirectoryClient, KeepsItsLeaseThroughManyOfThem) {
  World world(milliseconds(600));
  Peer ana(world.url());
  EXPECT_EQ(to_text(ana.client->status().state), "idle");
  ana.client->keep_lease();
  const auto began = Clock::now();
  ASSERT_TRUE(soon([&] { return world.directory.find(ana.identity.id()).has_value(); }));
  while (Clock::now() - began < milliseconds(2000)) {
    ASSERT_TRUE(world.directory.find(ana.identity.id()))
        << ana.asked << " " << ana.client->status().last_error;
    std::this_thread::sleep_for(milliseconds(5));
  }
  EXPECT_GE(ana.asked, 4);
  const auto status = ana.client->status();
  EXPECT_EQ(to_text(status.state), "up");
  EXPECT_TRUE(status.leased);
  EXPECT_EQ(status.last_error, "");
}

TEST(DirectoryClient, FindsAndListsAndIsToldOfSomebodyElse) {
  World world;
  const std::string url = world.url();
  Peer ana(url);
  Peer luis(url);
  EXPECT_EQ(ana.suggest({}).error().code, Errc::kNotFound);
  EXPECT_EQ(ana.find(luis.identity.id()).error().code, Errc::kNotFound);
  EXPECT_EQ(to_text(ana.client->status().state), "up");  // it answered
  ana.client->keep_lease();
  luis.client->keep_lease();
  ASSERT_TRUE(soon([&] { return world.directory.health().leases == 2; }));
  const auto found = ana.find(luis.identity.id());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, luis.identity.id());
  EXPECT_EQ(found->endpoints, std::vector<std::string>{"127.0.0.1:7401"});
  EXPECT_GT(found->expires_in_ms, 60'000);
  EXPECT_EQ(ana.peers()->peers.size(), 2U);
  EXPECT_EQ(ana.suggest({})->id, luis.identity.id());
  EXPECT_EQ(ana.suggest({luis.identity.id()}).error().code, Errc::kNotFound);
}

TEST(DirectoryClient, GivesItsLeaseBackWhenItLeaves) {
  World world;
  Peer ana(world.url());
  ana.client->keep_lease();
  ASSERT_TRUE(soon([&] { return ana.client->status().leased; }));
  EXPECT_TRUE(ana.client->leave());
  EXPECT_FALSE(world.directory.find(ana.identity.id()));
  EXPECT_FALSE(ana.client->status().leased);
  EXPECT_EQ(ana.peers().error().code, Errc::kCancelled);  // it has stopped
}

TEST(DirectoryClient, SendsAChangedCardAtOnce) {
  World world;
  Peer ana(world.url());
  ana.client->keep_lease();
  ASSERT_TRUE(soon([&] { return ana.client->status().leased; }));
  ana.sequence = 9;
  ana.client->card_changed();
  EXPECT_TRUE(soon([&] { return world.directory.find(ana.identity.id())->card.sequence == 9; }));
}

TEST(DirectoryClient, PassesAStampThatALaterClockOfItsOwnHasUsed) {
  World world;
  Peer ana(world.url());
  const auto ahead = (static_cast<std::uint64_t>(unix_now()) + 3600) * 1'000'000;
  ASSERT_TRUE(world.directory.put(ana.identity.id(), lease_of(ana.identity, ahead, unix_now()),
                                  "127.0.0.1"));
  ana.sequence = 2;
  ana.client->keep_lease();
  EXPECT_TRUE(soon([&] { return ana.client->status().leased; }));
  EXPECT_EQ(world.directory.stamp_of(ana.identity.id()), ahead + 1);
}

TEST(DirectoryClient, GoesOnWithoutADirectoryAndReturnsWhenItDoes) {
  std::uint16_t port = 0;
  {
    World before;
    port = before.http.listen().port;
  }
  Peer ana("http://127.0.0.1:" + std::to_string(port));
  ana.client->keep_lease();
  EXPECT_EQ(ana.peers().error().code, Errc::kUnreachable);
  EXPECT_EQ(ana.find(ana.identity.id()).error().code, Errc::kUnreachable);
  const auto down = ana.client->status();
  EXPECT_EQ(to_text(down.state), "down");
  EXPECT_NE(down.last_error, "");
  EXPECT_FALSE(down.leased);
  World after;
  ASSERT_EQ(after.http.server.listen_tcp("127.0.0.1", port, 1), port);
  EXPECT_TRUE(soon([&] { return ana.client->status().leased; }));
  EXPECT_EQ(to_text(ana.client->status().state), "up");
}

TEST(DirectoryClient, WaitsForNoDirectoryThatSaysNothing) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor mute(io, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string url = "http://127.0.0.1:" + std::to_string(mute.local_endpoint().port());
  Peer patient(url, milliseconds(300));
  EXPECT_EQ(patient.peers().error().code, Errc::kTimeout);
  EXPECT_EQ(to_text(patient.client->status().state), "down");

  Peer leaving(url, milliseconds(60'000));
  leaving.client->keep_lease();
  std::promise<Errc> ended;
  leaving.client->peers(
      50, "", [&](const Result<DirectoryPage>& page) { ended.set_value(page.error().code); });
  const auto began = Clock::now();
  EXPECT_EQ(leaving.client->leave(milliseconds(400)).error().code, Errc::kTimeout);
  EXPECT_LT(Clock::now() - began, milliseconds(3000));
  EXPECT_EQ(ended.get_future().get(), Errc::kCancelled);
}

TEST(DirectoryClient, AsksItsOwnerNothingOnceItIsGone) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor mute(io, {boost::asio::ip::address_v4::loopback(), 0});
  Peer ana("http://127.0.0.1:" + std::to_string(mute.local_endpoint().port()));
  ana.client->keep_lease();
  std::promise<Errc> ended;
  ana.client->peers(50, "",
                    [&](const Result<DirectoryPage>& page) { ended.set_value(page.error().code); });
  ASSERT_TRUE(soon([&] { return ana.asked > 0; }));
  ana.client.reset();
  const int asked = ana.asked;
  EXPECT_EQ(ended.get_future().get(), Errc::kCancelled);
  EXPECT_EQ(ana.asked, asked);
}

TEST(DirectoryClient, RefusesAnAddressThatIsNone) {
  boost::asio::io_context io;
  for (const auto* url : {"", "ftp://x", "http://host:99999", "http://host/path"}) {
    DirectoryClient::Options options;
    options.url = url;
    const auto made = DirectoryClient::make(io.get_executor(), io.get_executor(), {}, options);
    ASSERT_FALSE(made) << url;
    EXPECT_EQ(made.error().code, Errc::kInvalidArgument);
  }
}

TEST(DirectoryClient, BelievesNoDirectoryThatLies) {
  const auto luis = rpc::Identity::generate();
  const auto rosa = rpc::Identity::generate();
  const auto listed = [](const rpc::Identity& who) {
    LeaseCard card{who.id(), "", {}, 1, rpc::seal_card(who, "", {"127.0.0.1:1"}, 1, unix_now())};
    return to_json({card, 1, std::chrono::seconds(50)});
  };
  bj::object renamed = listed(rosa);
  renamed["id"] = shoal::to_text(luis.id());
  const auto say = [](bj::value value) {
    return [text = bj::serialize(value)](const http::Request&) -> Result<http::Response> {
      return http::Response::json(text);
    };
  };
  http::Router lies;
  lies.add("GET", "/v1/peers/" + shoal::to_text(luis.id()), say(listed(rosa)));
  lies.add("GET", "/v1/peers/" + shoal::to_text(rosa.id()), say(renamed));
  lies.add("GET", "/v1/peers/{id}/suggestion", say(listed(luis)));
  lies.add("GET", "/v1/peers",
           say(bj::object{{"schema", "shoal/directory.peers/1"},
                          {"items", bj::array{renamed, listed(luis)}}}));
  http::HttpWorld world(std::move(lies));
  Peer ana(world.listen().to_text());
  EXPECT_EQ(ana.find(luis.id()).error().code, Errc::kIntegrity);  // a true card, but another peer's
  EXPECT_EQ(ana.find(rosa.id()).error().code, Errc::kIntegrity);  // a card under a false id
  EXPECT_EQ(to_text(ana.client->status().state), "down");
  EXPECT_EQ(ana.suggest({luis.id()}).error().code, Errc::kIntegrity);  // was to be left out
  EXPECT_EQ(ana.suggest({})->id, luis.id());
  const auto page = ana.peers();
  ASSERT_TRUE(page);
  ASSERT_EQ(page->peers.size(), 1U);
  EXPECT_EQ(page->peers[0].id, luis.id());
  EXPECT_EQ(ana.client->status().refused, 2U);
}

}  // namespace
}  // namespace shoal::bootstrap
