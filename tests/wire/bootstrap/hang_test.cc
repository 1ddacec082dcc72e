// SPDX-License-Identifier: Apache-2.0
// A PostgreSQL that takes what it is sent and answers nothing: the directory goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <future>

#include "tests/bootstrap/http/requests.h"
#include "tests/bootstrap/store/postgres_server.h"
#include "tests/bootstrap/store/silent_server.h"
#include "tests/wire/bootstrap/accounts.h"
#include "tests/wire/bootstrap/program.h"
#include "tests/wire/http_world.h"

namespace shoal::bootstrap {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Timed {
  int status = 0;
  milliseconds took{};
};

template <class Ask>
Timed timed(Ask ask) {
  const auto begun = Clock::now();
  const int status = ask();
  return {status, std::chrono::duration_cast<milliseconds>(Clock::now() - begun)};
}

TEST(HangingStore, CostsABoundedTimeAndThenNoneUntilItAnswersAgain) {
  if (!PostgresServer::available()) GTEST_SKIP() << "there is no PostgreSQL here";
  const std::string store = PostgresServer::shared().fresh_url();
  const auto at = store.find("host=") + 5;
  SilentServer cable(store.substr(at));
  Program directory({"--listen", "127.0.0.1:0", "--store", store.substr(0, at) + cable.folder()});
  const std::string url = directory.url();
  ASSERT_NE(url, "") << directory.output();
  ASSERT_EQ(register_at(url, "ana"), 201);
  const std::string token = log_in_at(url, "ana");
  ASSERT_EQ(session_at(url, token), 200);
  const auto key = rpc::Identity::generate();
  ASSERT_EQ(put(client_of(url), key, 1)->status, 200);

  cable.silent(true);
  const Timed first = timed([&] { return session_at(url, token); });
  EXPECT_EQ(first.status, 503);
  EXPECT_LT(first.took, milliseconds(12'000));
  // One connection may still find out by itself; whoever asks the one that was found waits no more.
  std::vector<std::future<Timed>> many;
  for (int i = 0; i < 24; ++i) {
    many.push_back(std::async(std::launch::async,
                              [&] { return timed([&] { return session_at(url, token); }); }));
  }
  milliseconds longest{};
  for (auto& each : many) {
    const Timed got = each.get();
    EXPECT_EQ(got.status, 503);
    longest = std::max(longest, got.took);
  }
  EXPECT_LT(longest, milliseconds(6'000));
  const Timed lease = timed([&] { return put(client_of(url), key, 2)->status; });
  EXPECT_EQ(lease.status, 200) << "leases are granted from memory";
  EXPECT_LT(lease.took, milliseconds(12'000));
  EXPECT_EQ(register_at(url, "luis"), 503);
  EXPECT_EQ(status_of(client_of(url).send("GET", "/healthz")), 200);

  cable.silent(false);
  EXPECT_TRUE(soon([&] { return session_at(url, token) == 200; }));
  EXPECT_TRUE(soon([&] { return register_at(url, "luis") == 201; }));
  EXPECT_EQ(put(client_of(url), key, 3)->status, 200);
  directory.send(SIGTERM);
  EXPECT_EQ(directory.wait(), 0) << directory.output();
}

}  // namespace
}  // namespace shoal::bootstrap
