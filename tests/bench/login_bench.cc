// SPDX-License-Identifier: Apache-2.0
// What a login costs, and whether its time tells who is registered: a wrong password for a user who
// is there and for one who is not, in turn. `login_bench [TIMES]`
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "bootstrap/http/accounts_desk.h"
#include "bootstrap/store/store.h"

namespace shoal::bootstrap {
namespace {

using Clock = std::chrono::steady_clock;

double ms_of(AccountsDesk& desk, const std::string& name) {
  UserRequest request;
  request.name = name;
  request.password = "a wrong one";
  const auto begin = Clock::now();
  const auto opened = desk.log_in(request, {"192.0.2.1", "bench"});
  const double took = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
  if (opened || opened.error().error.code != Errc::kUnauthenticated) std::abort();
  return took;
}

double at(std::vector<double> all, double share) {
  std::ranges::sort(all);
  return all.at(static_cast<std::size_t>(share * static_cast<double>(all.size() - 1)));
}

int run(int times) {
  std::string folder = (std::filesystem::temp_directory_path() / "shoal-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  {
    auto store = open_sqlite_store(folder + "/directory.db");
    if (!store) return 1;
    const auto hasher = argon2id();
    LoginLimits limits;
    limits.tries_free = static_cast<std::uint32_t>(4 * times);
    limits.failures = {static_cast<std::uint32_t>(4 * times), std::chrono::seconds(1)};
    const auto begin = Clock::now();
    AccountsDesk desk((*store)->accounts(), *hasher,
                      [begin] {
                        return Instant(std::chrono::hours(400'000) +
                                       std::chrono::duration_cast<Duration>(Clock::now() - begin));
                      },
                      limits);
    UserRequest ana;
    ana.name = "ana";
    ana.password = "the right one";
    if (!desk.register_user(ana, {"192.0.2.1", "bench"})) return 1;
    std::array<std::vector<double>, 2> took;
    for (int i = 0; i < times; ++i) {
      took[0].push_back(ms_of(desk, "ana"));
      took[1].push_back(ms_of(desk, "nobody"));
    }
    std::printf("%-24s %9s %9s %9s\n", "wrong password of", "p10 ms", "median", "p90");
    const std::array<const char*, 2> names{"a user", "nobody"};
    for (std::size_t i = 0; i < 2; ++i) {
      std::printf("%-24s %9.2f %9.2f %9.2f\n", names.at(i), at(took.at(i), 0.1),
                  at(took.at(i), 0.5), at(took.at(i), 0.9));
    }
    std::printf("medians differ by %.2f %%\n", 100 * (at(took[1], 0.5) / at(took[0], 0.5) - 1));
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return 0;
}

}  // namespace
}  // namespace shoal::bootstrap

int main(int argc, char** argv) {
  const int times = argc > 1 ? std::atoi(argv[1]) : 200;
  return times > 0 ? shoal::bootstrap::run(times) : 2;
}
