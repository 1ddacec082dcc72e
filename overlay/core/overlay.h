// SPDX-License-Identifier: Apache-2.0
// START HERE: the contract between a search protocol and whatever drives it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "overlay/core/config.h"
#include "overlay/core/effects.h"
#include "overlay/core/env.h"
#include "overlay/core/links.h"
#include "overlay/core/parameters.h"
#include "proto/types/message.h"
#include "proto/types/result.h"

namespace shoal::overlay {

/// A search that this peer's user wants.
struct SearchRequest {
  OverlayId via{1};
  PayloadRef body;  ///< a QueryBody: what to find; its key was made by the driver for this search
  std::uint8_t ttl = limits::kTtlDefault;  ///< hops, 1..NodeConfig::ttl_limit
  Duration budget{};                       ///< time until Finished; 0: limits::default_budget(ttl)
  std::uint32_t enough = 0;  ///< end after that many (holder, file) pairs; 0: kHitsMax
  /// By place in OverlayEntry::parameters. Absent: the overlay's fallbacks; Node fills them in.
  std::optional<Parameters> parameters = std::nullopt;
};

/// What an overlay is given with each call; valid during the call only.
struct Context {
  Env& env;
  const NodeConfig& config;
  const Links& links;                ///< neighbours are those that are active
  std::span<const FirstHop> roster;  ///< this peer's friends: kStandby or kDown if not a neighbour
  Effects& out;
};

/// A message of an overlay's own that is about to come without a link.
struct Coming {
  std::uint64_t from_prefix;  ///< EnvSource::id_prefix_of its sender
  const OpaqueBody& body;
};

/// One peer's side of one search protocol, as a deterministic state machine.
///
/// Inputs are calls; outputs are appended to `context.out`; nothing else happens: no I/O, threads,
/// clock, log or hidden randomness. Equal states given equal inputs emit equal effects, so the wire
/// host and the simulator run the same object.
///
/// Driver's contract, kept by Node: calls are neither concurrent nor nested; `env.now` never goes
/// back; effects are drained before the next call; a PeerRef stays valid while its link is up, one
/// that came as a contact during its call or while it is kept (Effects::kept).
/// Peers are not trusted: an ill-formed or unsolicited message has no effect but its verdict.
/// Tables grow as needed, to bounds named in limits.h, and free themselves when empty.
class Overlay {
 public:
  virtual ~Overlay() = default;
  Overlay() = default;
  Overlay(const Overlay&) = delete;
  Overlay& operator=(const Overlay&) = delete;

  /// Right after it was made: `context.links` may be there already.
  virtual void on_start(Context& /*context*/) {}
  /// A peer that may be asked for others, by which to join an open network; no link is needed.
  virtual void on_introduced(Context& /*context*/, PeerRef /*peer*/) {}

  /// Starts a search; `request.parameters` are there, and in their ranges. Found effects follow,
  /// and exactly one Finished within its budget. Errors: kNotConnected (no neighbour),
  /// kInvalidArgument (ttl, budget), kOverloaded (searches_max).
  virtual Result<QueryId> search(Context& context, const SearchRequest& request) = 0;
  /// Ends an own search with Finished at once; no effect if it is not open.
  virtual void cancel(Context& context, QueryId query) = 0;

  /// `message.overlay` is this overlay and `message.body` fits its kind; `from` has a link, but in
  /// an open network not for kinds from kFirstOwnMessageKind on.
  virtual Verdict on_message(Context& context, PeerRef from, const Message& message) = 0;
  /// Whether an own copy of a query takes one from the query budget of the link it came by. Those
  /// that do not must be bounded otherwise.
  [[nodiscard]] virtual bool charges(const Message& /*copy*/) const { return true; }
  /// `copy`, an own one, came when that budget was used up, and is not taken: if the protocol has a
  /// word for that, tell `from`.
  virtual void on_over_budget(Context& /*context*/, PeerRef /*from*/, const Message& /*copy*/) {}
  /// The answer to a Lookup: HitBody payloads of this peer, and how many pairs over the limit.
  virtual void on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                          std::uint32_t excess) = 0;
  /// `message` to `to` never left: its queue was full or its link died.
  virtual void on_dropped(Context& context, PeerRef to, const Message& message) = 0;
  /// A page of the answer to a ListShares, in the order of content ids; `more`: files are left
  /// behind the last one.
  virtual void on_shares(Context& /*context*/, LookupToken /*token*/,
                         std::span<const SharedFile> /*files*/, bool /*more*/) {}
  /// What this peer shares is another now.
  virtual void on_shares_changed(Context& /*context*/) {}
  /// `peer` is in `context.links` since now, active or not.
  virtual void on_link_up(Context& /*context*/, PeerRef /*peer*/) {}
  /// The link is gone (already out of `context.links`), with all that was on its way.
  virtual void on_link_down(Context& context, PeerRef peer) = 0;
  virtual void on_timer(Context& context) = 0;

  /// Whether `query` is an open search of this peer, or part of one: then its hits are for its
  /// user.
  [[nodiscard]] virtual bool owns(const QueryId& /*query*/) const { return false; }
  /// Bytes of the object and its tables, without the allocator's own.
  [[nodiscard]] virtual std::size_t bytes() const = 0;
  // Has the processor fetch what the next input will need; no other effect. Step 0 reads only this
  // object, step 1 what step 0 fetched.

  /// For a message of `kind` over a link, about `query`. True if much may be sent for it, over
  /// whatever link.
  virtual bool warm_message(unsigned /*step*/, MessageKind /*kind*/,
                            const QueryId& /*query*/) const {
    return false;
  }
  virtual void warm_visit(unsigned /*step*/, const Coming& /*visit*/) const {}
  virtual void warm_timer(unsigned /*step*/) const {}
};

}  // namespace shoal::overlay
