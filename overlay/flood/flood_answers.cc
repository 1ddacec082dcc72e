// SPDX-License-Identifier: Apache-2.0
// Flood: echoes, hits and cancels.
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/flood/faults.h"
#include "overlay/flood/flood.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

/// Writes an answer to `copy` into `message`, a fresh one.
Message& answer_to(Message& message, OverlayId via, const Copy& copy, MessageKind kind) {
  message.query = copy.query;
  message.kind = kind;
  message.overlay = via;
  message.ttl = static_cast<std::uint8_t>(copy.ttl);
  return message;
}

}  // namespace

Verdict Flood::on_echo(Context& context, PeerRef from, const Message& message) {
  const Seen* const seen = seen_.find(message.query);
  if (seen == nullptr) return Verdict::kReject;  // ids outlive every honest answer
  const CopyIndex index = find_copy(*seen, static_cast<std::uint16_t>(message.ttl + 1));
  if (index == kNone || !copies_[index].edges.remove(from)) return Verdict::kIgnore;
  FirstHopState state = FirstHopState::kAnswered;
  switch (message.kind) {
    case MessageKind::kEchoDuplicate:
      copies_[index].edges.count(Edges::kDuplicates);
      state = FirstHopState::kDuplicate;
      break;
    case MessageKind::kEchoRefused:
      ++copies_[index].counts().refused;
      state = FirstHopState::kRefused;
      break;
    case MessageKind::kEchoLeaf:
      copies_[index].edges.count(Edges::kLeaves);
      break;
    default:
      copies_[index].counts().add(message.body.ref<EchoBody>().counts);
      break;
  }
  if (copies_[index].own()) mark_first_hop(index, from, state);
  close_if_answered(context, index);
  return Verdict::kAccept;
}

Verdict Flood::on_hit(Context& context, PeerRef from, const Message& message) {
  const auto files = message.body.ref<HitBody>().files.size();
  if (files == 0 || files > limits::kHitFilesMax) return Verdict::kReject;
  const Seen* const seen = seen_.find(message.query);
  if (planted(FloodFault::kCancelStrayHits) &&
      (seen == nullptr || find_parent(*seen, from, message.ttl) == kNone)) {
    Message cancel = message;
    cancel.kind = MessageKind::kCancel;
    cancel.body = {};
    context.out.sends.push_back(Send{from, std::move(cancel)});
  }
  if (seen == nullptr) return Verdict::kReject;
  const CopyIndex index =
      planted(FloodFault::kRouteHitsByQuery) ? seen->copies : find_parent(*seen, from, message.ttl);
  if (index == kNone) {  // after its copy's echo, or taken back: too late
    if (planted(FloodFault::kFoundAfterFinished)) {
      context.out.hits.push_back(Found{message.query, message.body, message.hops, {}});
    }
    return Verdict::kIgnore;
  }
  if (copies_[index].budget_end <= context.env.now) return Verdict::kIgnore;
  if (message.hops >= context.config.ttl_limit) return Verdict::kReject;
  pass_hit(context, index, message.body, static_cast<std::uint8_t>(message.hops + 1));
  return Verdict::kAccept;
}

void Flood::pass_hit(Context& context, CopyIndex index, const PayloadRef& hit, std::uint8_t hops) {
  Copy& copy = copies_[index];
  Seen* const seen = seen_.find(copy.query);
  const auto pairs = hit.ref<HitBody>().files.size();
  if (seen->hits + pairs > limits::kHitsMax) {
    copies_[index].counts().hits_dropped += static_cast<std::uint32_t>(pairs);
    return;
  }
  seen->hits = (seen->hits + static_cast<std::uint32_t>(pairs)) & 0x7fffU;
  if (copy.own()) {
    hand_out(context, index, hit, hops);
    return;
  }
  Message& message = answer_to(context.out.send(copy.upstream), id_, copy, MessageKind::kHit);
  message.body = hit;
  message.hops = hops;
}

Verdict Flood::on_cancel(Context& context, PeerRef from, const Message& message) {
  const Seen* const seen = seen_.find(message.query);
  const CopyIndex index = seen == nullptr ? kNone : find_copy(*seen, message.ttl);
  if (index == kNone || copies_[index].upstream != from) return Verdict::kIgnore;
  drop(context, index);
  return Verdict::kAccept;
}

void Flood::on_link_down(Context& context, PeerRef peer) {
  for (CopyIndex index = 0; index < copies_.end(); ++index) {
    Copy& copy = copies_[index];
    if (!copy.live) continue;
    if (copy.upstream == peer) {
      drop(context, index);
    } else if (copy.edges.remove(peer)) {
      if (!planted(FloodFault::kForgetDeadLink)) ++copies_[index].counts().unanswered;
      if (copy.own()) mark_first_hop(index, peer, FirstHopState::kLinkDied);
      close_if_answered(context, index);
    }
  }
}

void Flood::close_if_answered(Context& context, CopyIndex index) {
  const Copy& copy = copies_[index];
  if (!copy.body.ref<QueryBody>().echo || copy.awaits_lookup) return;
  if (copy.edges.open() > 0 && (copy.own() || !planted(FloodFault::kEchoBeforeChildren))) return;
  if (copy.own()) {
    finish(context, index, EndReason::kAnswered);
  } else {
    answer(context, index);
  }
}

void Flood::answer(Context& context, CopyIndex index) {
  Copy& copy = copies_[index];
  if (!copy.body.ref<QueryBody>().echo) return release(index);
  if (copy.edges.open() > 0 && !planted(FloodFault::kEchoBeforeChildren)) {
    copies_[index].counts().unanswered += copy.edges.open();
  }
  if (copy.awaits_lookup) ++copies_[index].counts().unsearched;
  const bool plain = copy.corrects_hop == 0 && copy.edges.none_counted() &&
                     (copy.echo == nullptr || copy.echo->counts.empty());
  Message& message = answer_to(context.out.send(copy.upstream), id_, copy,
                               plain ? MessageKind::kEchoLeaf : MessageKind::kEcho);
  if (!plain) {
    std::unique_ptr<EchoBody> echo = copy.take_echo();
    echo->counts.add_peers(copy.hop, 1);
    if (copy.corrects_hop != 0 && !planted(FloodFault::kForgetCorrection)) {
      echo->counts.add_peers(copy.corrects_hop, -1);
    }
    message.body = PayloadRef(std::move(echo));
  }
  release(index);
  rest(context);
}

void Flood::drop(Context& context, CopyIndex index) {
  cancel_edges(context, index);
  release(index);
  rest(context);
}

void Flood::cancel_edges(Context& context, CopyIndex index) {
  Copy& copy = copies_[index];
  for (const PeerRef peer : copy.edges.all()) {
    if (peer == kNoPeer) continue;
    Message& cancel = answer_to(context.out.send(peer), id_, copy, MessageKind::kCancel);
    --cancel.ttl;  // names the copies that were sent, not the one that was received
  }
  copy.edges.forget();
}

}  // namespace shoal::overlay
