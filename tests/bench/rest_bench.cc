// SPDX-License-Identifier: Apache-2.0
// The REST of a directory and of a peer: 500 clients at once, and what a thousand slow and silent
// connections cost an honest client. `rest_bench [REQUESTS]`, or `rest_bench 0` for the second
// alone.
#include <gtest/gtest.h>
#include <poll.h>

#include <cstdio>
#include <cstdlib>

#include "tests/support/temp_folder.h"
#include "tests/wire/attack/crowd.h"

namespace shoal::attack {
namespace {

using Clock = Honest::Clock;
using Times = std::vector<Clock::duration>;

constexpr std::size_t kClients = 500;
constexpr auto kRound = std::chrono::seconds(3);
constexpr int kRounds = 5;

double ms(Clock::duration time) { return std::chrono::duration<double, std::milli>(time).count(); }

Clock::duration at(Times times, double share) {
  std::ranges::sort(times);
  return times.at(static_cast<std::size_t>(share * static_cast<double>(times.size() - 1)));
}

// Each client asks on its connection as soon as it was answered.
void many_clients(const Victim& victim, std::size_t requests) {
  struct Client {
    Caller caller;
    Clock::time_point asked;
  };
  std::vector<Client> clients;
  std::vector<pollfd> ready;
  for (auto& caller : crowd(victim, kClients)) {
    ready.push_back({caller.socket(), POLLIN, 0});
    clients.push_back({std::move(caller), {}});
  }
  Times times;
  std::size_t failed = kClients - clients.size();
  const auto begun = Clock::now();
  const auto ask = [&](Client& client) {
    client.asked = Clock::now();
    client.caller.say(victim.honest());
  };
  for (auto& client : clients) ask(client);
  while (times.size() + failed<requests&& ::poll(ready.data(), ready.size(), 20'000)> 0) {
    for (std::size_t i = 0; i < clients.size(); ++i) {
      if (ready[i].revents == 0) continue;
      const std::string answer = clients[i].caller.hear("}");
      times.push_back(Clock::now() - clients[i].asked);
      failed += status_of(answer) == 200 ? 0U : 1U;
      ask(clients[i]);
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  std::printf(
      "  %zu clients at once: %zu requests, %zu failed, %.0f per second, median %.2f ms, p99 %.2f "
      "ms\n",
      kClients, times.size(), failed, static_cast<double>(times.size()) / seconds,
      ms(at(times, 0.5)), ms(at(times, 0.99)));
}

Times alone(const Victim& victim, std::size_t& failed) {
  Honest honest(victim);
  std::this_thread::sleep_for(kRound);
  auto times = honest.finish();
  failed += honest.failed();
  return times;
}

// How those call again that were cut: each by itself, or all of them at once.
enum class Again : std::uint8_t { kSpread, kBurst };

// A thousand connections, of which half say nothing and half a byte now and then, call again within
// half a second when they are cut: some 2,000 times a second, since the server has fewer places.
Times besieged(const Victim& victim, Again again, std::size_t& failed) {
  constexpr std::size_t kParts = 500;  // of two callers each
  constexpr auto kPause = std::chrono::milliseconds(1);
  auto callers = crowd(victim, 1000);
  const std::size_t part = callers.size() / kParts;
  for (std::size_t i = 0; i < callers.size(); i += 2) callers[i].say("GET / HTTP/1.1\r\nX: ");
  const auto turn = [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (callers[i].cut()) callers[i].call_again();
      if (i % 2 == 0) callers[i].say("a");
    }
  };
  Honest honest(victim);
  const auto until = Clock::now() + kRound;
  for (std::size_t at = 0; Clock::now() < until; at = (at + 1) % kParts) {
    if (again == Again::kSpread) turn(at * part, (at + 1) * part);
    if (again == Again::kBurst && at == 0) turn(0, callers.size());
    std::this_thread::sleep_for(kPause);
  }
  auto times = honest.finish();
  failed += honest.failed();
  return times;
}

void print(const char* what, const Times& times, const Times& base) {
  std::printf("  honest client %s: median %.2f ms, p99 %.2f ms (%.2f times)\n", what,
              ms(at(times, 0.5)), ms(at(times, 0.99)), ms(at(times, 0.99)) / ms(at(base, 0.99)));
}

// In turn, so that what else the machine does meets all of them.
void siege(const Victim& victim) {
  Times base;
  Times spread;
  Times burst;
  std::size_t failed = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::ranges::move(alone(victim, failed), std::back_inserter(base));
    std::ranges::move(besieged(victim, Again::kSpread, failed), std::back_inserter(spread));
    std::ranges::move(besieged(victim, Again::kBurst, failed), std::back_inserter(burst));
  }
  print("alone", base, base);
  print("among 1,000 slow and silent ones", spread, base);
  print("among 1,000 that call again all at once", burst, base);
  std::printf("  %zu of %zu failed\n", failed, base.size() + spread.size() + burst.size());
}

int run(std::size_t requests) {
  for (const auto place :
       {Victim::Place::kDirectory, Victim::Place::kRest, Victim::Place::kPublic}) {
    const tests::TempFolder folder;
    const Victim victim(place, folder);
    std::printf("%s\n", to_text(place).c_str());
    if (requests > 0) many_clients(victim, requests);
    siege(victim);
    std::fflush(stdout);
  }
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace
}  // namespace shoal::attack

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return shoal::attack::run(argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 50'000);
}
