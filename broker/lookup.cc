// SPDX-License-Identifier: Apache-2.0
#include "broker/lookup.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace shoal::broker {
namespace {

using Clock = std::chrono::steady_clock;

// How often it is asked whether to go on.
constexpr std::chrono::milliseconds kPoll{50};

tl::unexpected<Error> no_address(const std::string& host, std::string why) {
  return fail(Errc::kUnreachable, "the broker's host " + host + " has no address", std::move(why),
              "see broker.url");
}

Lookup::Addresses ask_system(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return no_address(host, ::gai_strerror(error));
  }
  std::vector<std::string> out;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      out.emplace_back(text.data());
    }
  }
  ::freeaddrinfo(list);
  return out;
}

}  // namespace

struct Lookup::Answer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<Addresses> found;
};

Lookup::Lookup(std::string host)
    : Lookup(std::move(host), [](const std::string& name) { return ask_system(name, 0); }) {}

Lookup::Lookup(std::string host, Resolver resolver)
    : host_(std::move(host)), resolver_(std::move(resolver)) {}

std::shared_ptr<Lookup::Answer> Lookup::ask() const {
  auto answer = std::make_shared<Answer>();
  try {
    std::thread([answer, host = host_, resolver = resolver_] {
      auto found = resolver(host);
      const std::scoped_lock lock(answer->mutex);
      answer->found = std::move(found);
      answer->came.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  return answer;
}

Lookup::Addresses Lookup::find(std::chrono::milliseconds time, const std::function<bool()>& go_on) {
  if (auto numeric = ask_system(host_, AI_NUMERICHOST)) return numeric;
  if (!pending_) pending_ = ask();
  if (!pending_) return no_address(host_, "no thread to look it up could be begun");
  const auto answer = pending_;
  const auto until = Clock::now() + time;
  std::unique_lock lock(answer->mutex);
  while (!answer->found) {
    if (!go_on()) return no_address(host_, "it is not waited for any longer");
    if (Clock::now() > until) return no_address(host_, "its name was not found in time");
    answer->came.wait_for(lock, kPoll);
  }
  pending_.reset();
  return std::move(*answer->found);
}

}  // namespace shoal::broker
