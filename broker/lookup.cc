// SPDX-License-Identifier: Apache-2.0
#include "broker/lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace shoal::broker {
namespace {

using Clock = std::chrono::steady_clock;

// How often it is asked whether to go on.
constexpr std::chrono::milliseconds kPoll{50};

struct Found {
  int error = 0;
  std::vector<std::string> addresses;
};

Found ask_system(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  Found out;
  out.error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  for (const addrinfo* each = list; out.error == 0 && each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      out.addresses.emplace_back(text.data());
    }
  }
  if (list != nullptr) ::freeaddrinfo(list);
  return out;
}

struct Answer {
  std::mutex mutex;
  std::condition_variable came;
  bool here = false;
  Found found;
};

tl::unexpected<Error> no_address(const std::string& host, std::string why) {
  return fail(Errc::kUnreachable, "the broker's host " + host + " has no address", std::move(why),
              "see broker.url");
}

}  // namespace

Result<std::vector<std::string>> look_up(const std::string& host, std::chrono::milliseconds time,
                                         const std::function<bool()>& go_on) {
  if (auto numeric = ask_system(host, AI_NUMERICHOST); numeric.error == 0) {
    return std::move(numeric.addresses);
  }
  auto answer = std::make_shared<Answer>();
  std::thread([answer, host] {
    auto found = ask_system(host, 0);
    const std::scoped_lock lock(answer->mutex);
    answer->found = std::move(found);
    answer->here = true;
    answer->came.notify_all();
  }).detach();
  const auto until = Clock::now() + time;
  std::unique_lock lock(answer->mutex);
  while (!answer->here) {
    if (!go_on()) return no_address(host, "it is not waited for any longer");
    if (Clock::now() > until) return no_address(host, "its name was not found in time");
    answer->came.wait_for(lock, kPoll);
  }
  if (answer->found.error != 0) return no_address(host, ::gai_strerror(answer->found.error));
  return std::move(answer->found.addresses);
}

}  // namespace shoal::broker
