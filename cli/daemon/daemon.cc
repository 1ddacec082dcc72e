// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/daemon.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <future>
#include <optional>

#include "cli/daemon/card_desk.h"
#include "cli/daemon/endpoints.h"
#include "cli/daemon/friend_desk.h"
#include "cli/daemon/instance_lock.h"
#include "cli/daemon/join_desk.h"
#include "cli/daemon/library_desk.h"
#include "cli/daemon/library_files.h"
#include "cli/daemon/record_file.h"
#include "cli/daemon/rest.h"
#include "cli/daemon/scanner.h"
#include "cli/daemon/search_table.h"
#include "cli/daemon/served_files.h"
#include "cli/daemon/state_store.h"
#include "cli/daemon/threads.h"
#include "cli/daemon/transfer_desk.h"
#include "cli/daemon/upload_limits.h"
#include "overlay/core/registry.h"
#include "overlay/membership/make.h"
#include "proto/http/server.h"
#include "proto/rpc/server.h"
#include "proto/rpc/tls.h"
#include "transfer/host/transfer_service.h"
#include "transfer/library/fold.h"

namespace shoal::daemon {

namespace asio = boost::asio;

namespace {

rpc::Accept accept_of(config::AcceptPolicy policy) {
  switch (policy) {
    case config::AcceptPolicy::kDirectory:
      return rpc::Accept::kDirectory;
    case config::AcceptPolicy::kAnyone:
      return rpc::Accept::kAnyone;
    case config::AcceptPolicy::kListed:
      break;
  }
  return rpc::Accept::kListed;
}

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
  if ((chooses || !config.join.empty()) && !config.open) {
    return unusable(
        std::string(chooses ? "network.membership" : "network.join") + " needs an open network",
        "set network.mode: open, or leave it out");
  }
  return {};
}

}  // namespace

class Daemon::Impl {
 public:
  explicit Impl(Setup setup) : setup_(std::move(setup)) {}
  ~Impl() { stop(); }

  Result<void> start();
  void stop();

  [[nodiscard]] const std::string& listen() const { return listen_; }
  [[nodiscard]] const std::string& socket() const { return setup_.places.daemon; }
  [[nodiscard]] std::string rest() const {
    const std::uint16_t port = rest_port_;
    return port == 0 ? std::string() : "http://" + endpoint(setup_.config.rest_address, port);
  }

 private:
  Result<void> open_stores();
  Result<void> open_port();
  Result<void> make_directory();
  void make_overlay();
  Result<void> start_rest();
  Result<void> start_rest_on_tcp();
  Result<std::uint16_t> port_to_try(std::uint16_t wanted, const std::string& what);
  http::Router all_routes();

  Setup setup_;
  std::optional<InstanceLock> lock_;
  Threads threads_;
  std::optional<rpc::Identity> me_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<transfer::Library> library_;
  std::optional<RecordFile> record_;
  std::unique_ptr<rpc::PeerBook> book_;
  std::unique_ptr<rpc::RpcServer> rpc_;
  std::unique_ptr<CardDesk> card_;
  std::unique_ptr<bootstrap::DirectoryClient> directory_;
  std::unique_ptr<overlay::OverlayHost> overlay_;
  std::shared_ptr<FriendDesk> friends_;
  std::shared_ptr<JoinDesk> join_;
  std::unique_ptr<LibraryDesk> library_desk_;
  std::unique_ptr<LibraryFiles> files_;
  std::unique_ptr<ServedFiles> served_;
  std::unique_ptr<transfer::TransferService> uploads_;
  std::unique_ptr<OverlayDesk> overlays_;
  std::unique_ptr<SearchTable> searches_;
  std::unique_ptr<TransferDesk> transfers_;
  std::shared_ptr<Scanner> scanner_;
  std::unique_ptr<RestContext> context_;
  std::unique_ptr<http::Server> public_rest_;
  std::unique_ptr<http::Server> rest_;
  std::string listen_;
  std::string token_;
  std::atomic<std::uint16_t> rest_port_ = 0;
  std::atomic<bool> stopping_ = false;
};

Result<void> Daemon::Impl::start() {
  if (auto fine = check(setup_.config); !fine) return fine;
  if (auto opened = open_stores(); !opened) return opened;
  if (auto listening = open_port(); !listening) return listening;
  if (auto made = make_directory(); !made) return made;
  make_overlay();
  std::vector<grpc::Service*> services{&overlay_->service(), &uploads_->service()};
  if (auto started = rpc_->start(*me_, *book_, services); !started) return started;
  if (directory_) directory_->keep_lease();
  if (auto befriended = friends_->start(setup_.config.friends); !befriended) return befriended;
  friends_->await_first_friend(limits::kFirstFriendWait);
  join_->start();
  scanner_->start(setup_.config.shares);
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
  auto overlays = OverlayDesk::open(*store_, setup_.config.search_via, setup_.config.overlays);
  if (!overlays) return tl::unexpected(overlays.error());
  overlays_ = std::move(*overlays);
  auto library = transfer::Library::open(
      {.database = places.data + "/index.db",
       .private_folders = {places.data, places.state},
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
  http::Router router;
  add_peer_routes(router, *card_);
  http::ServerOptions rest;
  for (const auto& place : card_->endpoints())
    rest.hosts.push_back(place.substr(0, place.rfind(':')));
  public_rest_ = std::make_unique<http::Server>(threads_.io(), threads_.workers(),
                                                std::move(router), std::move(rest));
  return {};
}

Result<void> Daemon::Impl::make_directory() {
  if (setup_.config.directory_url.empty()) return {};
  bootstrap::DirectoryClient::Signer signer{
      me_->id(), me_->public_key(), [this] { return card_->card(); },
      [me = *me_](std::string_view context, std::string_view bytes) {
        return me.sign(context, bytes);
      }};
  bootstrap::DirectoryClient::Options options;
  options.url = setup_.config.directory_url;
  auto client = bootstrap::DirectoryClient::make(threads_.io(), threads_.background(),
                                                 std::move(signer), std::move(options));
  if (!client) return tl::unexpected(client.error());
  directory_ = std::move(*client);
  return {};
}

void Daemon::Impl::make_overlay() {
  const auto& config = setup_.config;
  // Any key may knock at an open network's door, and is a guest then.
  book_ = std::make_unique<rpc::PeerBook>(config.open ? rpc::Accept::kAnyone
                                                      : accept_of(config.accept));
  library_desk_ = std::make_unique<LibraryDesk>(
      *library_, threads_.workers(),
      [this](const ContentId& content) { return transfers_->running_hit(content); });
  overlay::HostOptions options;
  options.network = config.network;
  options.node.open = config.open;
  if (config.membership == config::MembershipChoice::kHyParView) {
    options.node.membership = overlay::MembershipKind::kHyParView;
    options.node.hyparview.active = config.active;
    options.node.hyparview.passive = config.passive;
    options.node.hyparview.cycle = config.cycle;
  }
  options.membership = [node = options.node] { return overlay::make_membership(node); };
  for (const std::string& name : config.overlays) {
    options.node.always.push_back(overlay::find_in(overlay::registry(), name)->id);
  }
  // The desk exists before anything can call these: they need a link or a search.
  overlay::HostHooks hooks{[this] { return card_->card(); },
                           [this](PayloadRef query, std::uint32_t limit, auto reply) {
                             library_desk_->look_up(std::move(query), limit, std::move(reply));
                           },
                           [this](Role role) { friends_->on_link_wanted(role); },
                           [this](const PeerId& peer, const std::optional<rpc::CardInfo>& card) {
                             friends_->on_link_up(peer, card);
                           },
                           nullptr,
                           [this](const ContentId& after, std::uint32_t limit, auto reply) {
                             library_desk_->list(after, limit, std::move(reply));
                           },
                           [](const std::string& terms) { return transfer::fold(terms); }};
  if (record_) {
    options.record_limit = limits::kRecordMax;
    hooks.on_record = [this](const std::string& bytes) { record_->append(bytes); };
  }
  overlay_ = std::make_unique<overlay::OverlayHost>(threads_.io(), *me_, *book_, options,
                                                    std::move(hooks));
  friends_ = std::make_shared<FriendDesk>(FriendDesk::Parts{
      threads_.io(), threads_.background(), *overlay_, *store_, directory_.get(), me_->id(),
      setup_.config.accept, config.membership != config::MembershipChoice::kFriends});
  join_ = std::make_shared<JoinDesk>(threads_.io(), threads_.background(), *overlay_, config.join);
  book_->on_unknown([this](const PeerId& key) { friends_->on_unknown(key); });
  files_ = std::make_unique<LibraryFiles>(*library_);
  served_ = std::make_unique<ServedFiles>(
      *files_, [this](const ContentId& content) { return transfers_->open_running(content); });
  transfer::Gate gate;
  gate.who = [](const grpc::ServerContextBase& context) { return rpc::caller_of(context); };
  gate.may_fetch = [book = book_.get()](const PeerId& peer) { return book->may_fetch(peer); };
  uploads_ = std::make_unique<transfer::TransferService>(
      threads_.io(), threads_.disk(), *served_, std::move(gate), transfer::TransferTimes{},
      upload_slots(setup_.config), upload_rates(setup_.config));
  searches_ = std::make_unique<SearchTable>(
      *overlay_, threads_.workers(), [this](const PeerId& id) { return friends_->name_of(id); });
  const auto& folder = setup_.config.download_folder;
  transfers_ = std::make_unique<TransferDesk>(TransferDesk::Parts{
      threads_.io(), threads_.disk(), threads_.background(), *me_, *searches_, *store_,
      [this](const ContentId& id) { return files_->find(id); },
      folder.empty() ? setup_.places.downloads : folder, setup_.config.download_keep_free});
  scanner_ =
      std::make_shared<Scanner>(threads_.io(), threads_.background(), *library_,
                                setup_.config.rescan, [this] { overlay_->shares_changed(); });
}

http::Router Daemon::Impl::all_routes() {
  http::Router router;
  add_status_routes(router, *context_);
  add_peer_routes(router, *card_);
  add_friend_routes(router, *context_);
  add_share_routes(router, *context_);
  add_search_routes(router, *context_);
  add_overlay_routes(router, *context_);
  add_transfer_routes(router, *context_);
  add_file_routes(router, *context_);
  add_folder_routes(router, *context_);
  add_link_routes(router, *context_);
  add_directory_routes(router, *context_);
  return router;
}

Result<void> Daemon::Impl::start_rest() {
  context_ = std::make_unique<RestContext>(RestContext{
      setup_.config, *card_, *overlay_, *friends_, *library_, *searches_, *overlays_, *transfers_,
      *served_, directory_.get(), setup_.version, listen_, socket(), [this] { return rest(); },
      [this] {
        overlay_->shares_changed();
        scanner_->shares_changed();
      },
      setup_.on_shutdown, [this] { return stopping_.load(); }, std::chrono::steady_clock::now()});
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
  rest_ = std::make_unique<http::Server>(threads_.io(), threads_.workers(), all_routes(),
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
  if (scanner_) scanner_->stop();
  if (friends_) friends_->stop();
  if (join_) join_->stop();
  if (rest_ && !rest_->stop()) spdlog::warn("some requests did not end in time");
  if (transfers_) transfers_->stop(std::chrono::milliseconds(1500));
  if (overlay_) overlay_->stop();
  if (uploads_) uploads_->stop();
  if (rpc_) rpc_->stop();
  if (public_rest_) public_rest_->stop();
  if (left.valid()) left.wait();
  threads_.join();
  rest_ = nullptr;
  public_rest_ = nullptr;
  context_ = nullptr;
  directory_ = nullptr;
  transfers_ = nullptr;
  searches_ = nullptr;
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
