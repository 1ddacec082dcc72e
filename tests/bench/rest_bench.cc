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

// A thousand connections, of which half say nothing and half a byte now and then, come anew when
// they are cut.
Times besieged(const Victim& victim, std::size_t& failed) {
  auto callers = crowd(victim, 1000);
  for (std::size_t i = 0; i < callers.size(); i += 2) callers[i].say("GET / HTTP/1.1\r\nX: ");
  Honest honest(victim);
  const auto until = Clock::now() + kRound;
  while (Clock::now() < until) {
    for (std::size_t i = 0; i < callers.size(); i += 2) callers[i].say("a");
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    for (auto& caller : callers) {
      if (caller.cut()) caller.call_again();
    }
  }
  auto times = honest.finish();
  failed += honest.failed();
  return times;
}

// In turn, so that what else the machine does meets both.
void siege(const Victim& victim) {
  Times base;
  Times under;
  std::size_t failed = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::ranges::move(alone(victim, failed), std::back_inserter(base));
    std::ranges::move(besieged(victim, failed), std::back_inserter(under));
  }
  std::printf(
      "  honest client alone: median %.2f ms, p99 %.2f ms; among 1,000 slow and silent: median "
      "%.2f ms, "
      "p99 %.2f ms (%.2f times); %zu of %zu failed\n",
      ms(at(base, 0.5)), ms(at(base, 0.99)), ms(at(under, 0.5)), ms(at(under, 0.99)),
      ms(at(under, 0.99)) / ms(at(base, 0.99)), failed, base.size() + under.size());
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
