// SPDX-License-Identifier: Apache-2.0
// A peer's directory, its overlay with all that serves it, and its inbox.
#include <spdlog/spdlog.h>

#include "cli/daemon/daemon_impl.h"
#include "cli/daemon/directory/directory_route.h"
#include "cli/daemon/transfers/upload_limits.h"
#include "overlay/core/registry.h"
#include "overlay/membership/make.h"
#include "proto/rpc/tls.h"
#include "proto/text/words.h"

namespace shoal::daemon {
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

}  // namespace

Result<void> Daemon::Impl::make_directory() {
  if (setup_.config.directory_url.empty()) return {};
  bootstrap::DirectoryClient::Signer signer{
      me_->id(), me_->public_key(), [this] { return card_->card(); },
      [me = *me_](std::string_view context, std::string_view bytes) {
        return me.sign(context, bytes);
      }};
  bootstrap::IndexClient::Options calls;
  calls.url = setup_.config.directory_url;
  auto index = bootstrap::IndexClient::make(*me_, std::move(calls));
  if (!index) return tl::unexpected(index.error());
  index_client_ = std::move(*index);
  index_ =
      std::make_shared<IndexDesk>(IndexDesk::Parts{threads_.io(), threads_.background(), *library_,
                                                   *index_client_, setup_.config.directory_index});
  bootstrap::DirectoryClient::Options options;
  options.url = setup_.config.directory_url;
  options.on_leased = [weak = std::weak_ptr<IndexDesk>(index_)](auto kept) {
    if (const auto desk = weak.lock()) desk->on_leased(kept);
  };
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
                             linked_.up(peer);
                             friends_->on_link_up(peer, card);
                           },
                           nullptr,
                           [this](const ContentId& after, std::uint32_t limit, auto reply) {
                             library_desk_->list(after, limit, std::move(reply));
                           },
                           [](const std::string& terms) { return fold(terms); },
                           [this](const PeerId& peer) { linked_.down(peer); }};
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
  gate.payer = [book = book_.get()](const PeerId& peer) { return book->payer_of(peer); };
  uploads_ = std::make_unique<transfer::TransferService>(threads_.io(), threads_.disk(), *served_,
                                                         std::move(gate), transfer::TransferTimes{},
                                                         upload_slots(setup_.config));
  rates_->watch([this](const transfer::UploadRates& rates) { uploads_->set_rates(rates); });
  make_broker();
  std::vector<std::unique_ptr<SideRoute>> sides;
  sides.push_back(std::make_unique<DirectoryRoute>(
      threads_.background(), index_client_.get(), [directory = directory_.get()] {
        return directory->status().state != bootstrap::DirectoryStatus::State::kDown;
      }));
  sides.push_back(std::make_unique<BrokerRoute>(threads_.io(), broker_.get()));
  searches_ = std::make_unique<SearchTable>(
      *overlay_, threads_.workers(), [this](const PeerId& id) { return friends_->name_of(id); },
      std::move(sides));
  const auto& folder = setup_.config.download_folder;
  transfers_ = std::make_unique<TransferDesk>(TransferDesk::Parts{
      threads_.executors(), *me_, *searches_, *store_,
      [this](const ContentId& id) { return files_->find(id); },
      folder.empty() ? setup_.places.downloads : folder, setup_.config.download_keep_free,
      // In an open network a neighbour need not be a friend.
      [this](const PeerId& peer) {
        return setup_.config.membership == config::MembershipChoice::kFriends && linked_.has(peer);
      }});
  make_inbox();
  scanner_ = std::make_shared<Scanner>(threads_.io(), threads_.background(), *library_,
                                       setup_.config.rescan, [this] { shares_changed(); });
}

// It connects once all is there that a query may ask for.
void Daemon::Impl::make_broker() {
  const auto url = broker::parse_url(setup_.config.broker_url);
  if (!url) return;
  const auto& places = card_->endpoints();
  broker_ = std::make_unique<BrokerDesk>(BrokerDesk::Parts{
      threads_.io(), *url, *me_, card_->name(), places.empty() ? std::string() : places.front(),
      [this] { return card_->card(); },
      [this](PayloadRef query, std::uint32_t limit, auto reply) {
        library_desk_->look_up(std::move(query), limit, std::move(reply));
      },
      [this](const KeyFingerprint& key) { book_->admit(key); }});
}

void Daemon::Impl::shares_changed() {
  overlay_->shares_changed();
  if (index_) index_->shares_changed();
}

void Daemon::Impl::own_shares_changed() {
  shares_changed();
  scanner_->shares_changed();
}

void Daemon::Impl::make_inbox() {
  const auto& config = setup_.config;
  InboxDesk::Parts parts{threads_.executors(),
                         *me_,
                         *book_,
                         *friends_,
                         *library_,
                         *store_,
                         config.inbox_accept,
                         {},
                         uploads_->desk(),
                         [this] { own_shares_changed(); }};
  parts.inbox.folder = inbox_folder();
  parts.inbox.quota = config.inbox_quota;
  parts.inbox.giver_quota = config.inbox_friend_quota;
  parts.inbox.keep_free = config.download_keep_free;
  inbox_ = std::make_unique<InboxDesk>(std::move(parts));
}

}  // namespace shoal::daemon
