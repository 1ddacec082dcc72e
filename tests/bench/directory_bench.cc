// SPDX-License-Identifier: Apache-2.0
// What a directory costs: searches among a million leases and a million published files, and the
// processor time of 10,000 peers that renew every 30 s. Prints, and judges nothing but that the
// answers are right. Arguments: how many files, how many peers renew.
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "bootstrap/http/found_json.h"
#include "bootstrap/http/routes.h"
#include "bootstrap/store/store.h"
#include "proto/http/percent.h"
#include "proto/http/rest_client.h"
#include "proto/http/server.h"
#include "proto/types/assert.h"
#include "proto/types/text.h"
#include "tests/bootstrap/http/requests.h"
#include "tests/support/temp_folder.h"

namespace shoal::bootstrap {
namespace {

namespace asio = boost::asio;
using Time = std::chrono::steady_clock;

double us_since(Time::time_point begun) {
  return std::chrono::duration<double, std::micro>(Time::now() - begun).count();
}

void print_latencies(const char* what, std::vector<double> us) {
  std::ranges::sort(us);
  const auto at = [&](double share) {
    return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))] / 1000;
  };
  std::printf("%-44s p50 %7.3f ms   p99 %7.3f ms   most %7.3f ms   (%zu)\n", what, at(0.5),
              at(0.99), us.back() / 1000, us.size());
}

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// A server with threads of its own, whose processor time is known.
class Served {
 public:
  explicit Served(http::Router router) {
    server_ = std::make_unique<http::Server>(io_.get_executor(), workers_.get_executor(),
                                             std::move(router), http::ServerOptions{});
    const auto port = server_->listen_tcp("127.0.0.1", 0);
    SHOAL_ASSERT(port.has_value());
    target_ = {"127.0.0.1", *port, {}};
    threads_.emplace_back([this] { io_.run(); });
    for (int at = 0; at < 2; ++at) threads_.emplace_back([this] { workers_.run(); });
  }
  ~Served() {
    server_->stop();
    io_work_.reset();
    workers_work_.reset();
    io_.stop();
    workers_.stop();
    for (auto& thread : threads_) thread.join();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] http::RestClient client() const { return http::RestClient(target_); }
  [[nodiscard]] double cpu_us() {
    double sum = 0;
    for (auto& thread : threads_) {
      clockid_t clock{};
      timespec time{};
      ::pthread_getcpuclockid(thread.native_handle(), &clock);
      ::clock_gettime(clock, &time);
      sum += static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
    }
    return sum;
  }

 private:
  asio::io_context io_;
  asio::io_context workers_;
  asio::executor_work_guard<asio::io_context::executor_type> io_work_{io_.get_executor()};
  asio::executor_work_guard<asio::io_context::executor_type> workers_work_{workers_.get_executor()};
  std::unique_ptr<http::Server> server_;
  http::Target target_;
  std::vector<std::thread> threads_;
};

PeerId peer_of(std::uint64_t number) {
  PeerId id;
  Rng rng(number + 1);
  for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(rng.next());
  return id;
}

std::string name_of(std::uint64_t number) {
  Rng rng(number + 77);
  return "file " + std::to_string(rng.below(5000)) + " of collection " +
         std::to_string(rng.below(300)) + ", part " + std::to_string(number) + ".bin";
}

// Leases as the core keeps them; cards are the host's affair, and here they are only long enough.
Leases leases_of(std::size_t count) {
  LeaseLimits limits;
  limits.time = std::chrono::hours(10);
  limits.leases_max = count + 1;
  limits.stamps_max = 2 * count + 2;
  limits.addresses.joins_burst = UINT32_MAX / 2;
  limits.addresses.leases_max = count + 1;
  Leases leases(limits);
  const auto begun = Time::now();
  for (std::size_t at = 0; at < count; ++at) {
    const bool taken = leases
                           .put({peer_of(at), "peer", {"192.0.2.1:7401"}, 1, std::string(250, 'c')},
                                1, "a", Instant(std::chrono::seconds(1)))
                           .has_value();
    SHOAL_ASSERT(taken);
  }
  std::printf("%zu leases taken in %.1f s\n", count, us_since(begun) / 1e6);
  return leases;
}

// 250 files of each of the first peers; one seal for all of a peer's.
void fill(IndexStore& index, std::size_t files) {
  constexpr std::size_t kOfPeer = 250;
  const auto begun = Time::now();
  for (std::size_t at = 0; at < files; at += kOfPeer) {
    SealedUpdate sealed;
    sealed.update.sequence = 1;
    for (std::size_t file = at; file < std::min(at + kOfPeer, files); ++file) {
      IndexEntry entry{{}, name_of(file)};
      std::ranges::copy(peer_of(file).bytes, entry.content.root.bytes.begin());
      sealed.update.add.push_back(std::move(entry));
    }
    sealed.seal = to_bytes(seal_of(sealed.update));
    sealed.signature = std::string(64, 's');
    const bool taken =
        index
            .change(peer_of(at / kOfPeer), sealed,
                    [&](const IndexState& state) { return judge(sealed.update, state, 0); })
            .has_value();
    SHOAL_ASSERT(taken);
  }
  std::printf("%zu files of %zu peers published in %.1f s\n", files, files / kOfPeer,
              us_since(begun) / 1e6);
}

// What GET /v1/search does, on leases that were not signed.
std::string answer(IndexStore& index, Leases& leases, IndexStore::Wanted wanted) {
  const Instant now(std::chrono::seconds(2));
  boost::json::array items;
  auto rows = index.find(wanted);
  SHOAL_ASSERT(rows.has_value());
  for (auto& row : *rows) {
    const Lease* const lease = leases.find(row.owner, now);
    if (lease == nullptr) continue;
    items.emplace_back(to_json(
        DirectoryIndex::Found{std::move(row), {lease->card, lease->stamp, lease->expires - now}}));
  }
  return boost::json::serialize(boost::json::object{{"items", std::move(items)}});
}

void searches(std::size_t files) {
  const tests::TempFolder folder;
  auto store = open_sqlite_store(folder / "directory.db");
  SHOAL_ASSERT(store.has_value());
  IndexStore& index = (*store)->index();
  Leases leases = leases_of(files);
  fill(index, files);
  http::Router router;
  router.add("GET", "/v1/search", [&](const http::Request& request) -> Result<http::Response> {
    IndexStore::Wanted wanted;
    wanted.name = request.query_value("name");
    wanted.words = request.query_value("q");
    return http::Response::json(answer(index, leases, std::move(wanted)));
  });
  Served served(std::move(router));
  const auto client = served.client();
  Rng rng(5);
  const auto ask = [&](const char* what, int times, auto query) {
    std::vector<double> inside;
    std::vector<double> outside;
    for (int at = 0; at < times; ++at) {
      const auto [by, text, least] = query(rng.below(files));
      IndexStore::Wanted wanted;
      (by == "name" ? wanted.name : wanted.words) = text;
      auto begun = Time::now();
      const std::string here = answer(index, leases, wanted);
      inside.push_back(us_since(begun));
      begun = Time::now();
      const auto got = client.call("GET", "/v1/search?" + http::encode_query(by, text));
      outside.push_back(us_since(begun));
      SHOAL_ASSERT(got && *got == here);
      SHOAL_ASSERT(boost::json::parse(here).at("items").as_array().size() >= least);
    }
    print_latencies((std::string(what) + ", in the directory").c_str(), std::move(inside));
    print_latencies((std::string(what) + ", with HTTP").c_str(), std::move(outside));
  };
  struct Query {
    std::string by;
    std::string text;
    std::size_t least;
  };
  ask("search?name=", 5000, [](std::uint64_t n) { return Query{"name", name_of(n), 1}; });
  ask("search?q= of rare words", 2000, [](std::uint64_t n) {
    return Query{"q", "part " + std::to_string(n), 1};
  });
  ask("search?q= of two words", 500, [](std::uint64_t n) {
    return Query{"q", "file " + std::to_string(n % 5000) + " coll", 1};
  });
  ask("search?q= of words that all have", 100, [](std::uint64_t) {
    return Query{"q", "collection p", 50};
  });
}

void renewals(std::size_t peers) {
  const tests::TempFolder folder;
  auto store = open_sqlite_store(folder / "directory.db");
  SHOAL_ASSERT(store.has_value());
  LeaseLimits limits;  // all come from one address here
  limits.addresses.joins_burst = UINT32_MAX / 2;
  limits.addresses.requests_burst = UINT32_MAX / 2;
  limits.addresses.leases_max = peers;
  Directory directory(limits, Directory::Clocks::real(), 1, [](const Error&) {});
  SHOAL_ASSERT(directory.use((*store)->leases()).has_value());
  DirectoryIndex index(directory, (*store)->index(), Directory::Clocks::real());
  http::Router router;
  add_routes(router, directory, &index);
  Served served(std::move(router));
  const auto client = served.client();
  std::vector<std::string> paths;
  std::vector<std::string> renewals;
  for (std::size_t at = 0; at < peers; ++at) {
    const auto who = rpc::Identity::generate();
    const auto first = lease_of(who, 1, unix_now());
    auto again = first;
    again.stamp = 2;
    again.signature = who.sign(rpc::context::kLease, lease_bytes(2, again.card));
    paths.push_back("/v1/peers/" + shoal::to_text(who.id()));
    const auto joined = client.send("PUT", paths.back(), to_body(first));
    SHOAL_ASSERT(joined && joined->status == 200);
    renewals.push_back(to_body(again));
  }
  std::vector<double> us;
  const double before = served.cpu_us();
  for (std::size_t at = 0; at < peers; ++at) {
    const auto begun = Time::now();
    const auto renewed = client.send("PUT", paths[at], renewals[at]);
    us.push_back(us_since(begun));
    SHOAL_ASSERT(renewed && renewed->status == 200);
  }
  const double each = (served.cpu_us() - before) / static_cast<double>(peers);
  print_latencies("PUT /v1/peers/{id}, a renewal", std::move(us));
  std::printf("%zu peers that renew every 30 s: %.0f us of a core each, %.1f %% of a core in all\n",
              peers, each, each * static_cast<double>(peers) / 30e6 * 100);
}

}  // namespace
}  // namespace shoal::bootstrap

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // it takes minutes: line by line, also into a file
  const auto number = [&](int at, std::size_t otherwise) {
    return argc > at ? std::strtoull(argv[at], nullptr, 10) : otherwise;
  };
  shoal::bootstrap::renewals(number(2, 10'000));
  shoal::bootstrap::searches(number(1, 1'000'000));
  return 0;
}
