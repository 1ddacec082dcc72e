// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "overlay/core/node.h"

namespace shoal::overlay {

/// Writes down all that one Node is told and all that Env answers it, from its first input on, so
/// that replay() can put a fresh Node through the same life.
///
/// Plain bytes; the driver takes them with take() after each call and keeps them. At `limit` bytes
/// the record ends with a mark, and the node goes on unrecorded.
class Recorder {
 public:
  Recorder(const NodeConfig& config, std::size_t limit);
  /// What was written since the last time.
  std::string take();
  [[nodiscard]] bool full() const { return full_; }

 private:
  friend class RecordedNode;
  void add(const std::string& entry);

  std::string fresh_;
  std::size_t written_ = 0;
  std::size_t limit_;
  bool full_ = false;
};

/// A Node as its driver calls it, with a recorder beside it or none (null). Made anew for each
/// call; the inputs are those of Node, which see.
class RecordedNode {
 public:
  RecordedNode(Node& node, Recorder* recorder)
      : node_(node), recorder_(recorder != nullptr && !recorder->full() ? recorder : nullptr) {}

  void start(Env& env, Effects& out);
  void on_link_up(Env& env, const LinkUp& link, Effects& out);
  void on_link_down(Env& env, PeerRef peer, LinkDownReason reason, Effects& out);
  Verdict on_message(Env& env, PeerRef from, const Message& message, Effects& out);
  void on_garbage(Env& env, PeerRef from, Effects& out);
  void on_dropped(Env& env, PeerRef to, const Message& message, Effects& out);
  void on_timer(Env& env, TimerSlot slot, Effects& out);
  void on_matches(Env& env, LookupToken token, std::span<const PayloadRef> hits,
                  std::uint32_t excess, Effects& out);
  void on_shares(Env& env, LookupToken token, std::span<const SharedFile> files, bool more,
                 Effects& out);
  void on_shares_changed(Env& env, Effects& out);
  void on_introduced(Env& env, PeerRef peer, Effects& out);
  Result<QueryId> search(Env& env, const SearchRequest& request, Effects& out);
  void cancel(Env& env, QueryId query, Effects& out);
  void befriend(Env& env, PeerRef peer, Role role, Effects& out);
  void unfriend(Env& env, PeerRef peer, Effects& out);

 private:
  /// Writes an entry around `call`, which is handed the Env to use.
  template <class Arguments, class Call>
  auto around(std::uint8_t kind, Env& env, Effects& out, Arguments arguments, Call call);

  Node& node_;
  Recorder* recorder_;
};

}  // namespace shoal::overlay
