// SPDX-License-Identifier: Apache-2.0
// A peer's REST on its Unix socket and on TCP.
#include <spdlog/spdlog.h>

#include "cli/daemon/daemon_impl.h"
#include "cli/daemon/friends/endpoints.h"

namespace shoal::daemon {

Result<http::Router> Daemon::Impl::all_routes() {
  http::Router router;
  add_status_routes(router, *context_);
  add_peer_routes(router, *card_);
  add_friend_routes(router, *context_);
  add_share_routes(router, *context_);
  add_search_routes(router, *context_);
  add_overlay_routes(router, *context_);
  add_transfer_routes(router, *context_);
  add_transfer_changes(router, *context_);
  add_file_routes(router, *context_);
  add_folder_routes(router, *context_);
  add_link_routes(router, *context_);
  add_inbox_routes(router, *context_);
  add_put_routes(router, *context_);
  add_upload_routes(router, *context_);
  add_directory_routes(router, *context_);
  add_token_routes(router, *context_);
  if (auto described = add_api(router, *context_); !described) {
    return tl::unexpected(described.error());
  }
  return router;
}

void Daemon::Impl::make_context() {
  context_ =
      std::make_unique<RestContext>(RestContext{.config = setup_.config,
                                                .card = *card_,
                                                .overlay = *overlay_,
                                                .friends = *friends_,
                                                .rates = *rates_,
                                                .contacts = *contacts_,
                                                .library = *library_,
                                                .searches = *searches_,
                                                .overlays = *overlays_,
                                                .transfers = *transfers_,
                                                .files = *served_,
                                                .inbox = *inbox_,
                                                .tokens = *tokens_,
                                                .guests = *guests_,
                                                .directory = directory_.get(),
                                                .index_client = index_client_.get(),
                                                .index = index_.get(),
                                                .broker = broker_.get(),
                                                .version = setup_.version,
                                                .listen = listen_,
                                                .socket = socket(),
                                                .rest = [this] { return rest(); },
                                                .shares_changed = [this] { own_shares_changed(); },
                                                .shut_down = setup_.on_shutdown,
                                                .stopping = [this] { return stopping_.load(); },
                                                .started = std::chrono::steady_clock::now()});
  guest_context_ = std::make_unique<RestContext>(*context_);
  guest_context_->for_guests = true;
}

// The card, for anybody; with rest.public what holders of tokens may, and nothing of the owner's.
Result<void> Daemon::Impl::make_public_rest() {
  http::Router router;
  add_peer_routes(router, *card_);
  if (setup_.config.rest_public) {
    add_search_routes(router, *guest_context_);
    add_transfer_routes(router, *guest_context_);
    add_file_routes(router, *guest_context_);
    add_upload_routes(router, *guest_context_);
    add_short_routes(router, *guest_context_);
    if (auto described = add_api(router, *guest_context_); !described) return described;
  }
  http::ServerOptions options;
  for (const auto& place : card_->endpoints()) {
    options.hosts.push_back(place.substr(0, place.rfind(':')));
  }
  options.token = [this](std::string_view given) { return tokens_->knows(given); };
  options.answered = [](const http::Request& request, int status) {
    spdlog::debug("{} {} {} {}", status, request.method, request.path, request.peer.address);
  };
  public_rest_ = std::make_unique<http::Server>(threads_.io(), threads_.workers(),
                                                std::move(router), std::move(options));
  return {};
}

Result<void> Daemon::Impl::start_rest() {
  auto token = write_token(setup_.places.token_file());
  if (!token) return tl::unexpected(token.error());
  token_ = std::move(*token);
  http::ServerOptions options;
  options.token = [this](std::string_view given) {
    return http::equal_in_constant_time(given, token_);
  };
  options.answered = [](const http::Request& request, int status) {
    spdlog::debug("{} {} {}", status, request.method, request.path);
  };
  auto routes = all_routes();
  if (!routes) return tl::unexpected(routes.error());
  rest_ = std::make_unique<http::Server>(threads_.io(), threads_.workers(), std::move(*routes),
                                         std::move(options));
  if (setup_.config.rest_on) {
    if (auto listening = start_rest_on_tcp(); !listening) return listening;
  }
  return rest_->listen_unix(socket());
}

Result<void> Daemon::Impl::start_rest_on_tcp() {
  const auto& config = setup_.config;
  const auto wanted = port_to_try(config.rest_port, "rest port for");
  if (!wanted) return tl::unexpected(wanted.error());
  const auto port = rest_->listen_tcp(config.rest_address, *wanted);
  if (!port) return tl::unexpected(port.error());
  rest_port_ = *port;
  return store_->set_number("rest port for " + std::to_string(config.rest_port), *port);
}

}  // namespace shoal::daemon
