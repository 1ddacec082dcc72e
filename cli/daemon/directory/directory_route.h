// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bootstrap/http/index_client.h"
#include "cli/daemon/search/side_route.h"
#include "proto/asio.h"

namespace shoal::daemon {

/// `--via directory`: asks the directory's index, page by page, and believes of its answers what
/// their owners signed.
class DirectoryRoute final : public SideRoute {
 public:
  /// Calls block on `background`. `client` must outlive what runs there; null: none is configured,
  /// and every search ends with an error that says so. `is_up`: whether it answered of late.
  DirectoryRoute(boost::asio::any_io_executor background, const bootstrap::IndexClient* client,
                 std::function<bool()> is_up)
      : background_(std::move(background)), client_(client), is_up_(std::move(is_up)) {}

  [[nodiscard]] std::string_view name() const override { return kSideRoutes[0]; }
  [[nodiscard]] bool is_there() const override { return client_ != nullptr && is_up_(); }
  Cancel search(SideQuery query, Handlers handlers) override;

 private:
  boost::asio::any_io_executor background_;
  const bootstrap::IndexClient* client_;
  const std::function<bool()> is_up_;
};

}  // namespace shoal::daemon
