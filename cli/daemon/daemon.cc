// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon.h"

#include <spdlog/spdlog.h>

#include <future>

#include "cli/daemon/daemon_impl.h"
#include "cli/daemon/friends/endpoints.h"
#include "cli/daemon/transfers/upload_limits.h"
#include "overlay/core/registry.h"

namespace shoal::daemon {

namespace asio = boost::asio;

namespace {

Result<void> check(const config::Config& config) {
  const auto unusable = [](const std::string& why, const std::string& next) {
    return fail(Errc::kConfig, "the configuration cannot be used", why, next);
  };
  auto plan = RoutePlan::make({.via = config.search_via, .parameters = {}}, overlay::registry());
  if (!plan) return unusable("search.via: " + plan.error().what, plan.error().why);
  for (const std::string& name : config.overlays) {
    if (overlay::find_in(overlay::registry(), name) != nullptr) continue;
    return unusable("network.overlays: no such overlay: " + name, "`shoal overlay` lists them");
  }
  const bool chooses = config.membership == config::MembershipChoice::kHyParView;
  if (!config.broker_url.empty() && !broker::Connection::available()) {
    return unusable("broker.url: this build has no librabbitmq",
                    "leave it out, or install librabbitmq-dev and build again");
  }
  if ((chooses || !config.join.empty()) && !config.open) {
    return unusable(
        std::string(chooses ? "network.membership" : "network.join") + " needs an open network",
        "set network.mode: open, or leave it out");
  }
  return {};
}

}  // namespace

Result<void> Daemon::Impl::start() {
  if (auto fine = check(setup_.config); !fine) return fine;
  if (auto opened = open_stores(); !opened) return opened;
  if (auto listening = open_port(); !listening) return listening;
  if (auto made = make_directory(); !made) return made;
  make_overlay();
  make_context();
  if (auto made = make_public_rest(); !made) return made;
  std::vector<grpc::Service*> services{&overlay_->service(), &uploads_->service(),
                                       &inbox_->service()};
  if (auto started = rpc_->start(*me_, *book_, services); !started) return started;
  if (directory_) directory_->keep_lease();
  if (auto befriended = friends_->start(setup_.config.friends); !befriended) return befriended;
  contacts_->start([this](const config::ListedFriend& met) {
    // Before it can ask for anything.
    if (met.upload_rate) rates_->configure(met.url.id, *met.upload_rate);
    friends_->take_listed(met);
  });
  friends_->await_first_friend(limits::kFirstFriendWait);
  join_->start();
  scanner_->start(setup_.config.shares);
  inbox_->start();
  if (broker_) threads_.run([this] { broker_->run(); });
  if (const std::size_t resumed = transfers_->resume(); resumed > 0) {
    spdlog::info("{} downloads go on", resumed);
  }
  return start_rest();
}

Result<void> Daemon::Impl::open_stores() {
  const auto& places = setup_.places;
  for (const auto& folder : {places.data, places.state}) {
    if (auto made = make_private_folder(folder); !made) return made;
  }
  auto lock = InstanceLock::take(places.data);
  if (!lock) return tl::unexpected(lock.error());
  lock_ = std::move(*lock);
  auto me = rpc::Identity::load_or_create(places.data);
  if (!me) return tl::unexpected(me.error());
  me_ = std::move(*me);
  auto store = StateStore::open(places.data + "/state.db");
  if (!store) return tl::unexpected(store.error());
  store_ = std::move(*store);
  contacts_ = std::make_shared<FirstContact>(FirstContact::Parts{
      threads_.io(), threads_.background(), *store_, setup_.config.pinned_only});
  auto friends = contacts_->known(std::move(setup_.config.friends));
  if (!friends) return tl::unexpected(friends.error());
  setup_.config.friends = std::move(*friends);
  auto rates = FriendRates::open(*store_, upload_rates(setup_.config));
  if (!rates) return tl::unexpected(rates.error());
  rates_ = std::move(*rates);
  auto tokens = TokenDesk::open(*store_);
  if (!tokens) return tl::unexpected(tokens.error());
  tokens_ = std::move(*tokens);
  std::vector<std::int64_t> numbers;
  for (const auto& token : tokens_->list()) numbers.push_back(token.number);
  auto guests = GuestDesk::open(*store_, numbers);
  if (!guests) return tl::unexpected(guests.error());
  guests_ = std::move(*guests);
  auto overlays = OverlayDesk::open(*store_, setup_.config.search_via, setup_.config.overlays);
  if (!overlays) return tl::unexpected(overlays.error());
  overlays_ = std::move(*overlays);
  auto library = transfer::Library::open(
      {.database = places.data + "/index.db",
       .private_folders = {places.data, places.state, InboxDesk::private_folder(inbox_folder())},
       .help = {[executor = threads_.hashing()](std::function<void()> call) {
                  asio::post(executor, std::move(call));
                },
                Threads::hashing_threads()}});
  if (!library) return tl::unexpected(library.error());
  library_ = std::move(*library);
  if (!library_->notice().empty()) spdlog::warn("{}", library_->notice());
  if (const auto& path = setup_.config.record_file; !path.empty()) {
    auto record = RecordFile::open(path);
    if (!record) return tl::unexpected(record.error());
    record_.emplace(std::move(*record));
  }
  return {};
}

// The port that was chosen instead of `wanted` last time, so that friends find this peer again.
Result<std::uint16_t> Daemon::Impl::port_to_try(std::uint16_t wanted, const std::string& what) {
  const auto kept = store_->number(what + " " + std::to_string(wanted));
  if (!kept) return tl::unexpected(kept.error());
  return kept->has_value() ? static_cast<std::uint16_t>(**kept) : wanted;
}

Result<void> Daemon::Impl::open_port() {
  const auto& config = setup_.config;
  const auto wanted = port_to_try(config.listen_port, "port for");
  if (!wanted) return tl::unexpected(wanted.error());
  rpc::RpcServer::Options options;
  options.address = config.listen_address;
  options.port = *wanted;
  options.on_http = [this](asio::ip::tcp::socket socket) {
    if (!stopping_) public_rest_->serve(std::move(socket));
  };
  options.on_stream = [this](std::shared_ptr<rpc::MessageStream> stream, const PeerId& peer) {
    if (!stopping_) uploads_->serve(std::move(stream), peer);
  };
  options.streams = threads_.streams();
  auto server = rpc::RpcServer::listen(threads_.io(), std::move(options));
  if (!server) return tl::unexpected(server.error());
  rpc_ = std::move(*server);
  const std::uint16_t port = rpc_->port();
  if (port != *wanted && *wanted != 0) spdlog::warn("port {} is taken; took {}", *wanted, port);
  const std::string name = "port for " + std::to_string(config.listen_port);
  if (auto kept = store_->set_number(name, port); !kept) return kept;
  listen_ = endpoint(config.listen_address, port);
  card_ = std::make_unique<CardDesk>(
      *me_, config.name, announced(config.announce, config.listen_address, port), *store_);
  return {};
}

// Inwards from what asks to what is asked; each part has its own bound on time.
void Daemon::Impl::stop() {
  if (stopping_.exchange(true)) return;
  std::future<void> left;
  if (directory_) {
    left = std::async(std::launch::async, [this] {
      if (auto gone = directory_->leave(); !gone) {
        spdlog::info("the lease was not given back: {}", gone.error().why);
      }
    });
  }
  if (index_) index_->stop();
  if (index_client_) index_client_->stop();
  if (searches_) searches_->stop();
  if (broker_) broker_->stop();
  if (scanner_) scanner_->stop();
  if (friends_) friends_->stop();
  if (contacts_) contacts_->stop();
  if (join_) join_->stop();
  if (public_rest_ && !public_rest_->stop()) spdlog::warn("some guests did not end in time");
  if (rest_ && !rest_->stop()) spdlog::warn("some requests did not end in time");
  if (transfers_) transfers_->stop(std::chrono::milliseconds(1500));
  if (inbox_) inbox_->stop(std::chrono::milliseconds(1000));
  if (overlay_) overlay_->stop();
  if (uploads_) uploads_->stop();
  if (rpc_) rpc_->stop();
  if (left.valid()) left.wait();
  threads_.join();
  rest_ = nullptr;
  public_rest_ = nullptr;
  guest_context_ = nullptr;
  context_ = nullptr;
  directory_ = nullptr;
  transfers_ = nullptr;
  inbox_ = nullptr;
  searches_ = nullptr;
  broker_ = nullptr;
}

Daemon::Daemon(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Daemon::~Daemon() = default;

Result<std::unique_ptr<Daemon>> Daemon::start(Setup setup) {
  auto impl = std::make_unique<Impl>(std::move(setup));
  if (auto started = impl->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<Daemon>(new Daemon(std::move(impl)));
}

const std::string& Daemon::listen() const { return impl_->listen(); }
const std::string& Daemon::socket() const { return impl_->socket(); }
std::string Daemon::rest() const { return impl_->rest(); }
void Daemon::stop() { impl_->stop(); }

}  // namespace shoal::daemon
