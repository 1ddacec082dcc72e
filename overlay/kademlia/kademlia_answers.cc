// SPDX-License-Identifier: Apache-2.0
// Kademlia: what others ask of this peer.
#include <algorithm>
#include <array>
#include <utility>

#include "overlay/core/registry.h"
#include "overlay/kademlia/kademlia.h"
#include "proto/types/assert.h"

namespace shoal::overlay {

using kademlia::Point;
using kademlia::Refs;

namespace {

Message answer_to(const Message& request, MessageKind kind, PayloadRef body) {
  Message answer;
  answer.query = request.query;
  answer.body = std::move(body);
  answer.kind = kind;
  answer.overlay = kKademlia;
  return answer;
}

constexpr int kGenerationShift = 24;
constexpr std::uint64_t kIndexMask = (1U << kGenerationShift) - 1;

LookupToken token_of(std::size_t index, std::uint32_t generation) {
  return LookupToken{std::uint64_t{kKademlia.value} << 56 |
                     std::uint64_t{generation} << kGenerationShift | index};
}

}  // namespace

// The one who asks goes into the table last, so that it is not found as its own nearest.
void Kademlia::answer_find(Context& context, PeerRef from, const Message& message,
                           const Point& target) {
  auto body = std::make_unique<OpaqueBody>();
  std::array<Contact, limits::kKademliaK> named;
  Contact* const end = table_.name_nearest(target, from, context.env.source, named.data());
  body->contacts.assign(named.data(), end);
  context.out.sends.push_back(
      Send{from, answer_to(message, as_message_kind(Kind::kNodes), PayloadRef(std::move(body)))});
  heard(context, from);
}

void Kademlia::answer_get(Context& context, PeerRef from, const Message& message,
                          const kademlia::FindRequest& wanted) {
  auto body = std::make_unique<OpaqueBody>();
  kept_.warm_records(wanted.target);
  constexpr std::size_t kProviders = limits::kKademliaProvidersNamed;
  std::array<Contact, kProviders + limits::kKademliaK> named;
  Contact* const nodes = named.data() + kProviders;
  Contact* const end = table_.name_nearest(wanted.target, from, context.env.source, nodes);
  std::array<Contact, kProviders> providers;
  Contact* const last = kept_.find(wanted.target, wanted.words, from, kProviders, context.env.now,
                                   context.env.rng, providers.data());
  body->bytes.push_back(static_cast<char>(last - providers.data()));
  // In front of the nodes, close by.
  body->contacts.assign(std::copy_backward(providers.data(), last, nodes), end);
  context.out.sends.push_back(Send{
      from, answer_to(message, as_message_kind(Kind::kProviders), PayloadRef(std::move(body)))});
  heard(context, from);
}

Verdict Kademlia::on_add(Context& context, PeerRef from, const Message& message) {
  auto request = kademlia::decode_add(message.body.ref<OpaqueBody>().bytes);
  if (!request) return Verdict::kReject;
  // Full or not: nothing is answered, since the provider could do nothing about it.
  kept_.keep(request->key, from, std::move(request->offer), context.env.now,
             Refs{context.out.kept, context.out.let_go});
  if (next_sweep_ == Instant::max() && kept_.size() > 0) {
    next_sweep_ = context.env.now + limits::kKademliaSweep;
    arm(context, next_sweep_);
  }
  heard(context, from);
  return Verdict::kAccept;
}

// ---- what do you have? -------------------------------------------------------------------------

Verdict Kademlia::on_question(Context& context, PeerRef from, const Message& message) {
  std::size_t index = questions_.size();
  for (std::size_t i = 0; i < questions_.size(); ++i) {
    const Question& question = questions_[i];
    if (!question.open) {
      index = i;
    } else if (question.from == from && question.query == message.query) {
      return Verdict::kReject;  // nobody asks the same again
    }
  }
  if (index >= limits::kKademliaQuestions) {
    Message refusal = answer_to(message, MessageKind::kEchoRefused, {});
    refusal.ttl = message.ttl;
    context.out.sends.push_back(Send{from, std::move(refusal)});
    return Verdict::kAccept;
  }
  if (index == questions_.size()) questions_.emplace_back();
  generation_ = generation_ + 1;
  questions_[index] = Question{from, message.query, generation_, message.ttl, true};
  context.out.kept.push_back(from);
  context.out.lookups.push_back(Lookup{token_of(index, generation_), message.body,
                                       static_cast<std::uint32_t>(limits::kHitsPerPeer),
                                       message.query});
  return Verdict::kAccept;
}

void Kademlia::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                          std::uint32_t excess) {
  const std::size_t index = token.value & kIndexMask;
  const auto generation = static_cast<std::uint32_t>(token.value >> kGenerationShift);
  SHOAL_ASSERT(index < questions_.size() && questions_[index].open);
  SHOAL_ASSERT(questions_[index].generation == generation);
  Question& question = questions_[index];
  Message answer;
  answer.query = question.query;
  answer.overlay = kKademlia;
  answer.ttl = question.ttl;
  answer.kind = MessageKind::kHit;
  for (const PayloadRef& hit : hits) {
    answer.body = hit;
    context.out.sends.push_back(Send{question.from, answer});
  }
  answer.body = {};
  answer.kind = MessageKind::kEchoLeaf;
  if (!hits.empty() || excess > 0) {
    // Without a link messages keep no order, so the echo says how many hits belong to it.
    answer.kind = MessageKind::kEcho;
    answer.body = make_payload<EchoBody>([&](EchoBody& echo) {
      echo.counts.add_peers(1, 1);
      echo.counts.copies = static_cast<std::uint32_t>(hits.size());
      echo.counts.hits_dropped = excess;
    });
  }
  context.out.sends.push_back(Send{question.from, std::move(answer)});
  context.out.let_go.push_back(question.from);
  question.open = false;
  if (std::ranges::none_of(questions_, &Question::open)) questions_ = std::vector<Question>();
}

}  // namespace shoal::overlay
