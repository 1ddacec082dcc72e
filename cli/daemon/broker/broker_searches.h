// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "broker/client.h"
#include "cli/daemon/search/side_route.h"
#include "proto/asio.h"

namespace shoal::daemon {

/// This peer's own searches by a broker. Nobody can say that all holders have answered, so a search
/// ends with its time, or when enough was found; what comes after that is still handed out, for
/// limits::kBrokerLate. What is open when a connection comes back is asked again and again: the
/// answers to what was asked before went nowhere, and holders come back later than this peer.
///
/// Any thread; handlers are called by that of the broker's client and by `timers`.
class BrokerSearches : public std::enable_shared_from_this<BrokerSearches> {
 public:
  /// `me` is left out of what is found.
  BrokerSearches(boost::asio::any_io_executor timers, const PeerId& me)
      : timers_(std::move(timers)), me_(me) {}

  /// Before all else. `client` must outlive what calls this.
  void use(broker::Asking& client) { client_ = &client; }
  SideRoute::Cancel search(SideQuery query, SideRoute::Handlers handlers);
  /// Whether this peer asks, or asked shortly before, by that correlation id.
  [[nodiscard]] bool is_own(const std::string& correlation) const;

  // From the client.
  void on_answer(const broker::Delivery& delivery);
  void on_up();
  void on_down(const Error& trouble);

 private:
  using FoundFile = std::pair<PeerId, ContentId>;
  struct Search {
    SideQuery query;
    SideRoute::Handlers handlers;
    boost::asio::steady_timer timer;
    boost::asio::steady_timer again;
    std::set<std::pair<FoundFile, std::string>> found;
    std::uint64_t refused = 0;
    bool more = false;
    bool asked = false;  ///< by the client, while it was up
    bool ended = false;
  };
  using Searches = std::map<std::string, std::shared_ptr<Search>, std::less<>>;

  void arm(const std::string& correlation, Search& search, std::chrono::milliseconds time);
  void on_time(const std::string& correlation);
  void ask(const std::string& correlation, Search& search);
  void ask_again(const std::string& correlation, Search& search);
  void cancel(const std::string& correlation);
  void refuse(const std::string& correlation, std::string_view reason);
  /// `hits` of an answer that was verified.
  void take(const std::string& correlation, std::vector<SideHit> hits, bool more);
  /// Requires the mutex. What on_end is called with outside of it.
  std::function<void()> end(const std::string& correlation, Search& search,
                            std::optional<Error> trouble);

  const boost::asio::any_io_executor timers_;
  const PeerId me_;
  broker::Asking* client_ = nullptr;
  mutable std::mutex mutex_;
  Searches searches_;
};

}  // namespace shoal::daemon
