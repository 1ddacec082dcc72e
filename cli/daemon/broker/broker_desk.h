// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/client.h"
#include "broker/messages.h"
#include "cli/daemon/broker/broker_searches.h"
#include "cli/daemon/search/side_route.h"
#include "proto/asio.h"
#include "proto/rpc/identity.h"
#include "proto/types/payload.h"

namespace shoal::daemon {

/// This peer at its broker (broker.url): answers what is asked there with what it shares, and asks.
/// Any thread.
class BrokerDesk {
 public:
  using Matches = std::function<void(std::vector<HitFile>, std::uint32_t excess)>;
  struct Parts {
    boost::asio::any_io_executor timers;
    broker::Url url;
    rpc::Identity me;
    std::string name;                   ///< as others see it
    std::string place;                  ///< "host:port" of this peer; may be empty
    std::function<std::string()> card;  ///< this peer's SignedCard
    std::function<void(PayloadRef, std::uint32_t limit, Matches)> look_up;
    std::function<void(const KeyFingerprint&)> admit;  ///< may fetch what was answered
  };
  explicit BrokerDesk(Parts parts);

  /// Works until stop(): to be called on a thread of its own, which must have ended before this
  /// goes, as must what `look_up` began.
  void run() { client_.run(); }
  void stop() { client_.stop(); }

  SideRoute::Cancel search(SideQuery query, SideRoute::Handlers handlers) {
    return searches_->search(std::move(query), std::move(handlers));
  }
  [[nodiscard]] broker::Status status() const { return client_.status(); }

 private:
  void on_query(broker::Delivery delivery);
  void answer(const broker::Delivery& delivery, const broker::Query& query,
              const std::vector<HitFile>& files, std::uint32_t excess);

  const Parts parts_;
  const std::shared_ptr<BrokerSearches> searches_;
  std::atomic<std::size_t> lookups_ = 0;
  broker::Client client_;
};

/// `--via broker`.
class BrokerRoute final : public SideRoute {
 public:
  /// Null: no broker is configured, and every search ends with an error that says so, on `timers`.
  BrokerRoute(boost::asio::any_io_executor timers, BrokerDesk* desk)
      : timers_(std::move(timers)), desk_(desk) {}

  [[nodiscard]] std::string_view name() const override { return kSideRoutes[1]; }
  [[nodiscard]] bool asks_holders() const override { return true; }
  [[nodiscard]] bool is_there() const override {
    return desk_ != nullptr && desk_->status().state != broker::Status::State::kDown;
  }
  Cancel search(SideQuery query, Handlers handlers) override;

 private:
  boost::asio::any_io_executor timers_;
  BrokerDesk* desk_;
};

}  // namespace shoal::daemon
