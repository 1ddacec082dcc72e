// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "overlay/core/registry.h"
#include "proto/types/report.h"
#include "sim/engine/observer.h"

namespace shoal::sim {

/// What became of one copy of a query, or of one request of an overlay that asks directly.
enum class CopyFate : std::uint8_t {
  kAsked,      ///< the receiver had not seen it: it looked among its files
  kDeeper,     ///< it had, but this copy has more hops left: it forwards again
  kDuplicate,  ///< a useless repeat
  kRefused,    ///< the receiver is at a limit
  kRejected,   ///< no honest peer sends this
  kGivenBack,  ///< it never left: its queue was full or its link dead
  kLost,       ///< its link went down under it
  kPassed,     ///< a walker at a peer that was asked before: it walks on
  kConsulted,  ///< the receiver is asked whom it knows, and not for its own files
};
std::string_view to_text(CopyFate fate);

/// One copy of a query, from its sender's point of the tree.
struct TracedCopy {
  /// The copy by which its sender had it; of an overlay that asks directly, the request whose
  /// answer named the receiver. The first one's own number.
  std::uint32_t parent = 0;
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  Instant at{};  ///< of its arrival, or of its end
  std::uint8_t ttl = 0;
  std::uint32_t hop = 0;  ///< the receiver's distance from the origin by this copy
  CopyFate fate = CopyFate::kAsked;
  std::uint32_t sent_on = 0;  ///< copies that the receiver wanted sent because of it
  std::uint32_t first = 0;    ///< kDeeper, kDuplicate: the copy by which the receiver had it before
  std::uint32_t hits = 0;     ///< (holder, file) pairs that the receiver sent up for itself
  std::uint32_t named = 0;    ///< kConsulted: peers that the answer names
  std::optional<Instant> answered;      ///< when its sender had the echo, or that answer
  std::optional<std::uint32_t> walker;  ///< that made this step
  std::string_view ended;               ///< why that walker went no further, if it is known
};

/// Follows the one search of a run, copy by copy. For Engine::watch().
class Trace final : public Observer {
 public:
  /// The search that `origin` is about to start.
  Trace(const overlay::OverlayEntry& via, std::uint32_t origin, std::uint8_t ttl,
        DuplicateRule rule, Instant now);
  /// It has started. An overlay's own messages of other queries are left aside from now on.
  void follow(const QueryId& query) { query_ = query; }

  void on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
                   const overlay::Effects& out) override;
  void on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) override;
  void on_found(Instant now, PeerRef origin, const overlay::Found& found) override;
  void on_finished(Instant now, PeerRef origin, const overlay::Finished& finished) override;

  /// The origin's own first, then in the order in which they ended; parents before children.
  [[nodiscard]] const std::vector<TracedCopy>& copies() const { return copies_; }
  [[nodiscard]] const std::optional<SearchReport>& report() const { return report_; }
  [[nodiscard]] std::uint32_t found() const { return found_; }

 private:
  /// Who received it, and how many hops it had left then.
  using Receipt = std::pair<std::uint32_t, std::uint32_t>;

  using Way = std::tuple<std::uint32_t, std::uint32_t, std::uint8_t>;

  TracedCopy& add(Instant now, PeerRef from, PeerRef to, const Message& message, CopyFate fate);
  TracedCopy& add_own(Instant now, PeerRef from, PeerRef to, const Message& message, CopyFate fate);
  /// Is it a copy, or a request, in a message of the overlay's own, of this search?
  [[nodiscard]] bool is_own(PeerRef from, const Message& message) const;
  void on_own(Instant now, PeerRef from, PeerRef to, const Message& message, Verdict verdict,
              const overlay::Effects& out);
  void on_answer(Instant now, PeerRef from, PeerRef to, const Message& message);
  void on_own_answer(Instant now, PeerRef from, PeerRef to, const Message& message,
                     const overlay::Effects& out);
  void on_end(Instant now, PeerRef from, PeerRef to, const Message& message, CopyFate fate);

  const overlay::OverlayEntry& via_;
  std::uint32_t origin_;
  std::optional<QueryId> query_;
  DuplicateRule rule_;
  std::vector<TracedCopy> copies_;
  std::map<Receipt, std::uint32_t> receipts_;        // copies that were taken up
  std::map<Way, std::uint32_t> last_;                // copy of that TTL over that way
  std::map<std::uint32_t, std::uint32_t> first_;     // by peer: the copy with most hops left so far
  std::map<std::uint32_t, std::uint32_t> walkers_;   // the last step of each
  std::map<std::uint32_t, std::uint32_t> requests_;  // by peer: the origin's last request
  std::map<std::uint32_t, std::uint32_t> named_;     // by peer: the request whose answer named it
  std::map<std::uint32_t, std::uint32_t>
      asked_for_;  // by peer: the same, for one that is asked now
  std::optional<SearchReport> report_;
  std::uint32_t found_ = 0;
};

}  // namespace shoal::sim
