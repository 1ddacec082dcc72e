// SPDX-License-Identifier: Apache-2.0
// Walk: hits, ends and questions on their way up, words on their way down.
#include <algorithm>
#include <utility>

#include "overlay/walk/faults.h"
#include "overlay/walk/walk.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

// Tells what one holder answers from what another one does; nobody gains by making two alike.
std::uint64_t hash_of(const HitBody& hit) {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325ULL;  // FNV-1a
  const auto mix = [&hash](const auto& bytes) {
    for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100'0000'01b3ULL;
  };
  mix(hit.holder.bytes);
  for (const HitFile& file : hit.files) {
    mix(file.content.root.bytes);
    hash = (hash ^ file.content.length) * 0x100'0000'01b3ULL;
  }
  return hash;
}

}  // namespace

bool Walk::may_answer(const Visit& visit, PeerRef from) {
  return visit.ways != nullptr &&
         std::ranges::find(visit.ways->passed, from) != visit.ways->passed.end();
}

Verdict Walk::on_hit(Context& context, PeerRef from, const Message& message) {
  const auto files = message.body.ref<HitBody>().files.size();
  if (files == 0 || files > limits::kHitFilesMax) return Verdict::kReject;
  Visit* const visit = visits_.find(message.query);
  if (visit == nullptr) return Verdict::kIgnore;
  if (!may_answer(*visit, from)) return Verdict::kReject;
  if (visit->depth == 0 && search_of(message.query) == nullptr) {
    if (planted(WalkFault::kFoundAfterEnd)) {
      context.out.hits.push_back(Found{message.query, message.body, 1, {}});
    }
    return Verdict::kIgnore;
  }
  // A link repeats nothing, and each holder answers once.
  auto& known = visit->ways->hits;
  const std::uint64_t hash = hash_of(message.body.ref<HitBody>());
  if (std::ranges::find(known, hash) != known.end()) return Verdict::kIgnore;
  if (known.size() < limits::kHitsMax) known.push_back(hash);
  const auto hops = static_cast<std::uint8_t>(std::min(message.hops + 1, UINT8_MAX));
  pass_hit(context, message.query, *visit, message.body, hops);
  return Verdict::kAccept;
}

void Walk::pass_hit(Context& context, const QueryId& query, Visit& visit, const PayloadRef& hit,
                    std::uint8_t hops) {
  Search* const search = search_of(query);
  const auto pairs = hit.ref<HitBody>().files.size();
  if (visit.hits + pairs > limits::kHitsMax) {
    // A relay need not tell: so many went up before that the origin knows that more may be missing.
    if (search != nullptr) search->hits_dropped += static_cast<std::uint32_t>(pairs);
    return;
  }
  visit.hits = static_cast<std::uint16_t>(visit.hits + pairs);
  if (search != nullptr) return hand_out(context, *search, hit, hops);
  up(context, query, visit, MessageKind::kHit, hit, hops);
}

Verdict Walk::on_news(Context& context, PeerRef from, const Message& message) {
  const auto news = decode_news(message.kind, message.body.ref<OpaqueBody>());
  if (!news) return Verdict::kReject;
  Visit* const visit = visits_.find(message.query);
  if (visit == nullptr) return Verdict::kIgnore;
  if (!may_answer(*visit, from)) return Verdict::kReject;
  const std::uint64_t bit = std::uint64_t{1} << news->number;
  if ((visit->ended & bit) != 0) return Verdict::kIgnore;
  Search* const search = search_of(message.query);
  if (search != nullptr && news->number >= search->walkers.size()) return Verdict::kReject;
  if (news->why) {
    forget_question(message.query, news->number);
    visit->ended |= bit;
    if (search != nullptr) take_news(context, *search, *news);
    if (visit->depth > 0) up(context, message.query, *visit, kWalkEnded, message.body);
    return Verdict::kAccept;
  }
  auto& asked = visit->ways->asked;
  if (asked.size() <= news->number) asked.resize(news->number + std::size_t{1});
  if (news->tally.taken <= asked[news->number]) return Verdict::kIgnore;
  asked[news->number] = news->tally.taken;
  forget_question(message.query, news->number);
  if (search != nullptr) search->walkers[news->number].tally = news->tally;
  if (visit->depth == 0) {
    tell(context, from, message.query, word_of(message.query, news->number));
    return Verdict::kAccept;
  }
  if (visit->upstream == kNoPeer || visit->times >= limits::kWalkVisitsMax ||
      (busy_ != nullptr && busy_->questions.size() >= limits::kWalkQuestions)) {
    tell(context, from, message.query, {news->number, WalkEnd::kRefused});
    return Verdict::kAccept;
  }
  ++visit->times;
  busy().questions.push_back(Question{message.query, from, news->number});
  up(context, message.query, *visit, kWalkAsks, message.body);
  return Verdict::kAccept;
}

Verdict Walk::on_word(Context& context, PeerRef from, const Message& message) {
  auto word = decode_word(message.body.ref<OpaqueBody>());
  if (!word) return Verdict::kReject;
  const Visit* const visit = visits_.find(message.query);
  if (visit == nullptr) return Verdict::kIgnore;
  if (visit->upstream != from) return Verdict::kReject;
  if (busy_ == nullptr) return Verdict::kIgnore;
  if (planted(WalkFault::kHearsNoStop)) word->end.reset();
  std::vector<Standing> waiting = take_standing(message.query, word->number);
  for (Standing& here : waiting) {
    if (word->end) {
      end(context, std::move(here), *word->end);
    } else {
      step(context, std::move(here));
    }
  }
  const auto asked = std::ranges::find_if(busy_->questions, [&](const Question& question) {
    return question.query == message.query && question.number == word->number;
  });
  if (asked == busy_->questions.end()) return waiting.empty() ? Verdict::kIgnore : Verdict::kAccept;
  tell(context, asked->from, message.query, *word);
  busy_->questions.erase(asked);
  return Verdict::kAccept;
}

void Walk::up(Context& context, const QueryId& query, const Visit& visit, MessageKind kind,
              PayloadRef body, std::uint8_t hops) {
  if (visit.upstream == kNoPeer) return;
  Message message;
  message.query = query;
  message.kind = kind;
  message.overlay = kWalk;
  message.ttl = kWalkTtl;
  message.hops = hops;
  message.body = std::move(body);
  context.out.sends.push_back(Send{visit.upstream, std::move(message)});
}

void Walk::tell(Context& context, PeerRef to, const QueryId& query, const WalkWord& word) {
  Message message;
  message.query = query;
  message.kind = kWalkWord;
  message.overlay = kWalk;
  message.ttl = kWalkTtl;
  message.body = encode(word);
  context.out.sends.push_back(Send{to, std::move(message)});
}

void Walk::forget_question(const QueryId& query, std::uint8_t number) {
  if (busy_ == nullptr) return;
  std::erase_if(busy_->questions, [&](const Question& question) {
    return question.query == query && question.number == number;
  });
}

}  // namespace shoal::overlay
