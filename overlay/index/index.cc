// SPDX-License-Identifier: Apache-2.0
#include "overlay/index/index.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "overlay/core/bytes.h"
#include "overlay/index/faults.h"
#include "proto/types/limits.h"

namespace shoal::overlay {
namespace {

/// Own kinds. A filter: one byte, the log2 of its bits, and then these. A withdrawal: nothing.
constexpr MessageKind kFilterKind{kFirstOwnMessageKind};
constexpr MessageKind kWithdrawalKind{kFirstOwnMessageKind + 1};

LookupToken token_of(std::uint32_t listing) {
  return LookupToken{std::uint64_t{kIndex.value} << 56 | listing};
}

Message own_message(MessageKind kind, std::string bytes) {
  Message message;
  message.kind = kind;
  message.overlay = kIndex;
  message.body = make_payload<OpaqueBody>([&](OpaqueBody& body) { body.bytes = std::move(bytes); });
  return message;
}

}  // namespace

std::unique_ptr<Overlay> make_index(Env&) { return std::make_unique<Index>(); }

// ---- calls, passed on to the flood -------------------------------------------------------------

template <class Call>
auto Index::flood(Context& context, Call call) {
  const std::size_t before = context.out.timers.size();
  const auto take_timers = [&] {
    auto& timers = context.out.timers;
    for (std::size_t at = before; at < timers.size(); ++at) flood_at_ = timers[at].at;
    timers.resize(before, ArmTimer{});
    arm(context);
  };
  if constexpr (std::is_void_v<decltype(call())>) {
    call();
    take_timers();
  } else {
    auto result = call();
    take_timers();
    return result;
  }
}

Result<QueryId> Index::search(Context& context, const SearchRequest& request) {
  return flood(context, [&] { return flood_.search(context, request); });
}

void Index::cancel(Context& context, QueryId query) {
  flood(context, [&] { flood_.cancel(context, query); });
}

Verdict Index::on_message(Context& context, PeerRef from, const Message& message) {
  if (static_cast<std::uint8_t>(message.kind) >= kFirstOwnMessageKind) {
    return on_filter(context, from, message);
  }
  return flood(context, [&] { return flood_.on_message(context, from, message); });
}

void Index::on_matches(Context& context, LookupToken token, std::span<const PayloadRef> hits,
                       std::uint32_t excess) {
  flood(context, [&] { flood_.on_matches(context, token, hits, excess); });
}

void Index::on_timer(Context& context) {
  armed_ = Instant::max();
  if (flood_at_ <= context.env.now) {
    flood_at_ = Instant::max();
    flood(context, [&] { flood_.on_timer(context); });
  }
  if (rebuild_at_ <= context.env.now) {
    rebuild_at_ = Instant::max();
    list(context, {});
  }
  arm(context);
}

void Index::arm(Context& context) {
  const Instant next = std::min(flood_at_, rebuild_at_);
  if (next >= armed_) return;
  armed_ = next;
  context.out.arm(TimerSlot{kIndex.value}, next);
}

// ---- its own filter ----------------------------------------------------------------------------

void Index::on_start(Context& context) { list(context, {}); }

void Index::list(Context& context, const ContentId& after) {
  if (listed_ == nullptr) {
    listed_ = std::make_unique<std::vector<Keyword>>();
    changed_ = false;
    ++listing_;
  }
  context.out.share_lists.push_back(
      ListShares{token_of(listing_), after, static_cast<std::uint32_t>(limits::kIndexListPage)});
}

void Index::on_shares(Context& context, LookupToken token, std::span<const SharedFile> files,
                      bool more) {
  if (listed_ == nullptr || token != token_of(listing_)) return;
  std::vector<Keyword>& keywords = *listed_;
  for (const SharedFile& file : files) {
    keywords.push_back(keyword_of(file.content));
    add_keywords(file.words, keywords);
  }
  if (keywords.size() > limits::kIndexKeywordsMax) {
    std::ranges::sort(keywords);
    keywords.erase(std::unique(keywords.begin(), keywords.end()), keywords.end());
  }
  // More would fill the largest filter: then there is none, and this peer is always asked.
  if (keywords.size() > limits::kIndexKeywordsMax) {
    listed_ = nullptr;
    return;
  }
  if (more && !files.empty()) return list(context, files.back().content);
  publish(context);
}

void Index::publish(Context& context) {
  std::vector<Keyword> keywords = std::move(*std::exchange(listed_, nullptr));
  if (changed_) return rebuild_at(context, context.env.now + limits::kIndexRebuildTime);
  std::ranges::sort(keywords);
  keywords.erase(std::unique(keywords.begin(), keywords.end()), keywords.end());
  own_.emplace(Filter::log2_for(keywords.size(), limits::kIndexFilterLog2Max),
               limits::kIndexHashes);
  for (const Keyword keyword : keywords) own_->add(keyword);
  for (const Link& link : context.links.all()) send_filter(context, link.peer);
}

void Index::send_filter(Context& context, PeerRef to) const {
  std::string bytes(1, static_cast<char>(own_->log2_bits()));
  bytes += own_->bytes();
  context.out.sends.push_back(Send{to, own_message(kFilterKind, std::move(bytes))});
}

void Index::on_shares_changed(Context& context) {
  if (planted(IndexFault::kKeepOldFilter)) return;
  changed_ = true;
  withdraw(context);
}

/// Neighbours ask always until there is a new one.
void Index::withdraw(Context& context) {
  if (own_) {
    for (const Link& link : context.links.all()) {
      context.out.sends.push_back(Send{link.peer, own_message(kWithdrawalKind, {})});
    }
    own_.reset();
  }
  // Else the end of the listing sees to it.
  if (listed_ == nullptr) rebuild_at(context, context.env.now + limits::kIndexRebuildTime);
}

void Index::rebuild_at(Context& context, Instant at) {
  if (rebuild_at_ == Instant::max()) rebuild_at_ = at;
  arm(context);
}

void Index::on_dropped(Context& context, PeerRef to, const Message& message) {
  if (static_cast<std::uint8_t>(message.kind) < kFirstOwnMessageKind) {
    return flood(context, [&] { flood_.on_dropped(context, to, message); });
  }
  // Its queue was full: that neighbour has an older filter or none. All are told anew.
  if (context.links.find(to) != nullptr) withdraw(context);
}

void Index::on_link_up(Context& context, PeerRef peer) {
  if (own_) send_filter(context, peer);
}

void Index::on_link_down(Context& context, PeerRef peer) {
  forget(peer);
  flood(context, [&] { flood_.on_link_down(context, peer); });
}

// ---- that of others ----------------------------------------------------------------------------

Verdict Index::on_filter(Context& context, PeerRef from, const Message& message) {
  if (context.links.find(from) == nullptr) return Verdict::kReject;
  const auto& body = message.body.ref<OpaqueBody>();
  if (!body.contacts.empty()) return Verdict::kReject;
  if (message.kind == kWithdrawalKind) {
    if (!body.bytes.empty()) return Verdict::kReject;
    return forget(from) ? Verdict::kAccept : Verdict::kIgnore;
  }
  ByteReader in(body.bytes);
  const unsigned log2_bits = in.u8();
  std::optional<Filter> filter;
  if (message.kind == kFilterKind && log2_bits <= limits::kIndexFilterLog2Max) {
    filter = Filter::from(log2_bits, limits::kIndexHashes, in.rest());
  }
  if (!filter) return Verdict::kReject;
  const auto known = std::ranges::find(neighbours_, from, &Neighbour::peer);
  if (known != neighbours_.end()) {
    if (known->filter == *filter) return Verdict::kIgnore;
    known->filter = std::move(*filter);
    return Verdict::kAccept;
  }
  if (neighbours_.size() == neighbours_.capacity()) neighbours_.reserve(neighbours_.size() + 1);
  neighbours_.push_back(Neighbour{from, std::move(*filter)});
  return Verdict::kAccept;
}

bool Index::forget(PeerRef peer) {
  const bool known =
      std::erase_if(neighbours_, [peer](const Neighbour& one) { return one.peer == peer; }) > 0;
  if (neighbours_.empty()) neighbours_ = std::vector<Neighbour>();
  return known;
}

std::span<const PeerRef> Index::cannot_match(const QueryBody& query) {
  spared_.clear();
  if (neighbours_.empty()) return spared_;
  std::vector<Keyword> keywords;
  if (query.content) {
    keywords.push_back(keyword_of(*query.content));
  } else {
    keywords = keywords_of_search(query.terms);
  }
  for (const Neighbour& one : neighbours_) {
    const auto has = [&one](Keyword keyword) { return one.filter.may_hold(keyword); };
    bool may = std::ranges::all_of(keywords, has);
    if (planted(IndexFault::kAnyWordWillDo)) may = std::ranges::any_of(keywords, has);
    if (planted(IndexFault::kNoWordWillDo)) may = false;
    if (!may) spared_.push_back(one.peer);
  }
  return spared_;
}

std::size_t Index::bytes() const {
  std::size_t sum = sizeof(Index) - sizeof(Flood) + flood_.bytes();
  sum += neighbours_.capacity() * sizeof(Neighbour) + spared_.capacity() * sizeof(PeerRef);
  for (const Neighbour& one : neighbours_) sum += one.filter.memory();
  if (own_) sum += own_->memory();
  if (listed_ != nullptr) sum += sizeof(*listed_) + listed_->capacity() * sizeof(Keyword);
  return sum;
}

}  // namespace shoal::overlay
