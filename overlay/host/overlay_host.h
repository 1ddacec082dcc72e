// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "overlay/core/config.h"
#include "overlay/core/membership.h"
#include "overlay/host/host_types.h"
#include "proto/asio.h"
#include "proto/rpc/card.h"
#include "proto/rpc/identity.h"
#include "proto/rpc/peer_book.h"
#include "proto/types/result.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace shoal::overlay {

struct HostOptions {
  NodeConfig node;
  std::string network = "shoal";  ///< peers of other networks are refused in words
  LinkTimes times;
  OffencePauses pauses;
  /// How fast peers that are no friends are read.
  Pace guest_pace{limits::kGuestMessagesPerSecond, limits::kGuestMessagesBurst};
  VisitLimits visits;
  /// Bytes of the record of this peer's life (overlay/core/record.h); 0: none is made.
  std::size_t record_limit = 0;
  /// Who the neighbours are; empty: friends (overlay/membership/friends.h).
  std::function<std::unique_ptr<Membership>()> membership = {};
};

/// What the host needs of its process. Called on the host's strand unless said otherwise: must be
/// quick.
struct HostHooks {
  /// This peer's current SignedCard.
  std::function<std::string()> card;
  /// What this peer shares that answers `query`, at most `limit` files; `reply` may be called from
  /// any thread, once.
  std::function<void(PayloadRef query, std::uint32_t limit,
                     std::function<void(std::vector<HitFile> files, std::uint32_t excess)> reply)>
      lookup;
  /// The membership would like one more friend in that role. May be empty.
  std::function<void(Role)> on_link_wanted;
  /// A peer's link came up, with the card it showed, if that could be verified. May be empty.
  std::function<void(const PeerId&, const std::optional<rpc::CardInfo>&)> on_link_up;
  /// The next bytes of the record. Needed if there is one.
  std::function<void(std::string)> on_record;
  /// What this peer shares, in the order of content ids: at most `limit` files behind `after`, and
  /// whether more are behind these; `reply` may be called from any thread, once. May be empty:
  /// overlays that publish find nothing shared then.
  std::function<void(const ContentId& after, std::uint32_t limit,
                     std::function<void(std::vector<SharedFile> files, bool more)> reply)>
      list_shares = {};
  /// Search words as overlays compare them: folded, parted by single spaces. May be empty: as they
  /// are.
  std::function<std::string(const std::string&)> fold = {};
  /// The link of a peer of whom on_link_up told is gone, and no other took its place. May be empty.
  std::function<void(const PeerId&)> on_link_down = {};
};

/// Drives one Node on gRPC links: dials friends for ever, takes links in, carries out what the node
/// wants, and verifies the answers to this peer's own searches. In an open network
/// (NodeConfig::open) also by visits: transient connections to peers without a link.
///
/// Any thread may call, but not the executor's own where it says "blocks". Everything happens on
/// one strand. Own threads: none. Register service() at the RPC server; stop the host before the
/// server.
class OverlayHost {
 public:
  OverlayHost(boost::asio::any_io_executor executor, rpc::Identity me, rpc::PeerBook& book,
              HostOptions options, HostHooks hooks);
  /// Requires that stop() was called.
  ~OverlayHost();
  OverlayHost(const OverlayHost&) = delete;
  OverlayHost& operator=(const OverlayHost&) = delete;

  grpc::Service& service();

  /// Lists `peer`: puts it into the book, dials it at its endpoints for ever. A role of kAccepted
  /// is only put into the book: such a peer dials us.
  void befriend(const PeerId& peer, std::vector<std::string> endpoints, Role role);
  /// Out of the book, its link closed.
  void unfriend(const PeerId& peer);
  /// A peer by which to join an open network. Friends are introduced when they are listed.
  void introduce(const PeerId& peer, std::vector<std::string> endpoints);
  /// What this peer shares is another now: overlays that publish look again.
  void shares_changed();

  /// Starts a search. `handlers` are called on the strand, on_finished exactly once.
  /// Blocks. Errors: those of Node::search.
  Result<StartedSearch> search(const SearchSpec& spec, SearchHandlers handlers);
  /// Finished follows at once. No effect when it has ended.
  void cancel(const QueryId& query);

  /// Friends, listed ones first in their order, and whoever else has a link, or is a friend and
  /// paused for its offences. Blocks.
  [[nodiscard]] std::vector<LinkStatus> links();
  /// Peers that the membership could link with in place of its neighbours. Blocks.
  [[nodiscard]] std::size_t known();
  /// Transient connections that are open. Blocks.
  [[nodiscard]] std::size_t visits();
  /// What was dropped or refused since the start, by reason. Blocks.
  [[nodiscard]] std::map<std::string, std::uint64_t> drops();

  /// Ends searches (cancelled), closes links, dials no more. Blocks, at most about a second.
  void stop();

  class Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace shoal::overlay
