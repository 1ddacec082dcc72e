// SPDX-License-Identifier: Apache-2.0
#include "sim/measure/trace.h"

#include <algorithm>

#include "proto/types/assert.h"

namespace shoal::sim {

std::string_view to_text(CopyFate fate) {
  switch (fate) {
    case CopyFate::kAsked:
      return "asked";
    case CopyFate::kDeeper:
      return "deeper";
    case CopyFate::kDuplicate:
      return "duplicate";
    case CopyFate::kRefused:
      return "refused";
    case CopyFate::kRejected:
      return "rejected";
    case CopyFate::kGivenBack:
      return "given_back";
    case CopyFate::kLost:
      return "lost";
    case CopyFate::kPassed:
      return "passed";
    case CopyFate::kConsulted:
      return "consulted";
  }
  SHOAL_ASSERT(false);
}

Trace::Trace(const overlay::OverlayEntry& via, std::uint32_t origin, std::uint8_t ttl,
             DuplicateRule rule, Instant now)
    : via_(via), origin_(origin), rule_(rule) {
  TracedCopy own;
  own.from = own.to = origin;
  own.at = now;
  copies_.push_back(own);
  receipts_[{origin, ttl + 1U}] = 0;
  first_[origin] = 0;
}

TracedCopy& Trace::add(Instant now, PeerRef from, PeerRef to, const Message& message,
                       CopyFate fate) {
  TracedCopy copy;
  const auto parent = receipts_.find({from.value, message.ttl + 1U});
  copy.parent = parent == receipts_.end() ? 0 : parent->second;
  if (const auto named = asked_for_.find(to.value); named != asked_for_.end()) {
    copy.parent = named->second;
  }
  copy.from = from.value;
  copy.to = to.value;
  copy.at = now;
  copy.ttl = message.ttl;
  copy.hop = via_.asks_directly ? copies_[copy.parent].hop + 1 : message.hops + 1U;
  copy.fate = fate;
  last_[{copy.from, copy.to, copy.ttl}] = static_cast<std::uint32_t>(copies_.size());
  copies_.push_back(copy);
  return copies_.back();
}

void Trace::on_delivery(Instant now, PeerRef from, PeerRef to, const Message& message,
                        Verdict verdict, const overlay::Effects& out) {
  if (is_own(from, message)) return on_own(now, from, to, message, verdict, out);
  if (message.kind != MessageKind::kQuery) {
    on_own_answer(now, from, to, message, out);
    return on_answer(now, from, to, message);
  }
  const auto is_query = [](const overlay::Send& send) {
    return send.message.kind == MessageKind::kQuery;
  };
  const bool refused = std::ranges::any_of(out.sends, [](const overlay::Send& send) {
    return send.message.kind == MessageKind::kEchoRefused;
  });
  const auto number = static_cast<std::uint32_t>(copies_.size());
  const auto before = first_.find(to.value);
  CopyFate fate = CopyFate::kAsked;
  if (verdict == Verdict::kReject) {
    fate = CopyFate::kRejected;
  } else if (refused) {
    fate = CopyFate::kRefused;
  } else if (before != first_.end()) {
    // The origin's own counts as having most hops left.
    const bool deeper = rule_ == DuplicateRule::kDeepest && before->second != 0 &&
                        message.ttl > copies_[before->second].ttl;
    fate = deeper ? CopyFate::kDeeper : CopyFate::kDuplicate;
  }
  TracedCopy& copy = add(now, from, to, message, fate);
  copy.sent_on = static_cast<std::uint32_t>(std::ranges::count_if(out.sends, is_query));
  if (before != first_.end()) copy.first = before->second;
  if (fate != CopyFate::kAsked && fate != CopyFate::kDeeper) return;
  receipts_[{to.value, message.ttl}] = number;
  first_[to.value] = number;
}

// An echo, or a hit of the sender itself, on the link of the copy that it names.
void Trace::on_answer(Instant now, PeerRef from, PeerRef to, const Message& message) {
  const bool echo =
      message.kind >= MessageKind::kEchoDuplicate && message.kind <= MessageKind::kEcho;
  const bool own_hit = message.kind == MessageKind::kHit && message.hops == 0;
  if (!echo && !own_hit) return;
  const auto known = last_.find({to.value, from.value, message.ttl});
  if (known == last_.end()) {
    // What answers an overlay's own copies goes by no link of theirs and names none.
    const auto asked = first_.find(from.value);
    if (own_hit && message.query == query_ && asked != first_.end()) {
      copies_[asked->second].hits +=
          static_cast<std::uint32_t>(message.body.ref<HitBody>().files.size());
    }
    return;
  }
  TracedCopy& copy = copies_[known->second];
  if (own_hit) {
    copy.hits += static_cast<std::uint32_t>(message.body.ref<HitBody>().files.size());
  } else {
    copy.answered = now;
  }
}

void Trace::on_given_back(Instant now, PeerRef from, PeerRef to, const Message& message) {
  on_end(now, from, to, message, CopyFate::kGivenBack);
}

void Trace::on_lost(Instant now, PeerRef from, PeerRef to, const Message& message) {
  on_end(now, from, to, message, CopyFate::kLost);
}

void Trace::on_end(Instant now, PeerRef from, PeerRef to, const Message& message, CopyFate fate) {
  if (is_own(from, message)) {
    add_own(now, from, to, message, fate);
  } else if (message.kind == MessageKind::kQuery) {
    add(now, from, to, message, fate);
  }
}

void Trace::on_found(Instant, PeerRef, const overlay::Found& found) {
  found_ += static_cast<std::uint32_t>(found.hit.ref<HitBody>().files.size());
}

void Trace::on_finished(Instant, PeerRef, const overlay::Finished& finished) {
  report_ = finished.report;
}

}  // namespace shoal::sim
