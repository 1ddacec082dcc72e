// SPDX-License-Identifier: Apache-2.0
// What a peer is made of, in the order of its making. Internal: daemon.cc starts and stops it,
// daemon_parts.cc makes its directory, overlay and inbox, daemon_rest.cc its REST.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "cli/daemon/broker/broker_desk.h"
#include "cli/daemon/daemon.h"
#include "cli/daemon/directory/index_desk.h"
#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/friends/endpoints.h"
#include "cli/daemon/friends/first_contact.h"
#include "cli/daemon/friends/friend_desk.h"
#include "cli/daemon/friends/friend_rates.h"
#include "cli/daemon/friends/join_desk.h"
#include "cli/daemon/friends/linked_friends.h"
#include "cli/daemon/guests/guest_desk.h"
#include "cli/daemon/guests/token_desk.h"
#include "cli/daemon/process/instance_lock.h"
#include "cli/daemon/process/threads.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/search/overlay_desk.h"
#include "cli/daemon/search/search_table.h"
#include "cli/daemon/shares/library_desk.h"
#include "cli/daemon/shares/library_files.h"
#include "cli/daemon/shares/scanner.h"
#include "cli/daemon/shares/served_files.h"
#include "cli/daemon/state/record_file.h"
#include "cli/daemon/state/state_store.h"
#include "cli/daemon/transfers/inbox_desk.h"
#include "cli/daemon/transfers/transfer_desk.h"
#include "proto/http/server.h"
#include "proto/rpc/server.h"
#include "transfer/host/serve/transfer_service.h"

namespace shoal::daemon {

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
  void make_broker();
  /// What is shared is another: whoever publishes it is told.
  void shares_changed();
  /// The same, by the owner's word, which the scanner did not hear.
  void own_shares_changed();
  void make_inbox();
  [[nodiscard]] std::string inbox_folder() const {
    const std::string& folder = setup_.config.inbox_folder;
    return folder.empty() ? setup_.places.downloads + "/inbox" : folder;
  }
  void make_context();
  Result<void> make_public_rest();
  Result<void> start_rest();
  Result<void> start_rest_on_tcp();
  Result<std::uint16_t> port_to_try(std::uint16_t wanted, const std::string& what);
  Result<http::Router> all_routes();

  Setup setup_;
  std::optional<InstanceLock> lock_;
  Threads threads_;
  std::optional<rpc::Identity> me_;
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<FriendRates> rates_;
  std::unique_ptr<transfer::Library> library_;
  std::optional<RecordFile> record_;
  std::unique_ptr<rpc::PeerBook> book_;
  std::unique_ptr<rpc::RpcServer> rpc_;
  std::unique_ptr<CardDesk> card_;
  std::unique_ptr<bootstrap::IndexClient> index_client_;
  std::shared_ptr<IndexDesk> index_;
  std::unique_ptr<bootstrap::DirectoryClient> directory_;
  LinkedFriends linked_;
  std::unique_ptr<overlay::OverlayHost> overlay_;
  std::shared_ptr<FriendDesk> friends_;
  std::shared_ptr<FirstContact> contacts_;
  std::shared_ptr<JoinDesk> join_;
  std::unique_ptr<LibraryDesk> library_desk_;
  std::unique_ptr<LibraryFiles> files_;
  std::unique_ptr<ServedFiles> served_;
  std::unique_ptr<transfer::TransferService> uploads_;
  std::unique_ptr<OverlayDesk> overlays_;
  std::unique_ptr<BrokerDesk> broker_;
  std::unique_ptr<SearchTable> searches_;
  std::unique_ptr<TransferDesk> transfers_;
  std::unique_ptr<InboxDesk> inbox_;
  std::shared_ptr<Scanner> scanner_;
  std::unique_ptr<TokenDesk> tokens_;
  std::unique_ptr<GuestDesk> guests_;
  std::unique_ptr<RestContext> context_;
  std::unique_ptr<RestContext> guest_context_;
  std::unique_ptr<http::Server> public_rest_;
  std::unique_ptr<http::Server> rest_;
  std::string listen_;
  std::string token_;
  std::atomic<std::uint16_t> rest_port_ = 0;
  std::atomic<bool> stopping_ = false;
};

}  // namespace shoal::daemon
