// SPDX-License-Identifier: Apache-2.0
#include "proto/codec/bodies.h"

#include "proto/codec/query_id.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"

namespace shoal::codec {
namespace {

constexpr std::size_t kHopsMax = 256;

/// Words, or a content, and exactly one of them.
std::optional<Refusal> read_what(const v1::QueryBody& wire, QueryBody& query) {
  if (wire.terms().size() > limits::kTermsMax) return Refusal::kTermsTooLong;
  const bool by_content = !wire.root().empty();
  if (by_content == !wire.terms().empty() || !is_utf8(wire.terms())) return Refusal::kBadTerms;
  query.terms = wire.terms();
  if (!by_content) return std::nullopt;
  if (wire.root().size() != Hash256::kSize || wire.length() > limits::kFileBytesMax) {
    return Refusal::kBadContent;
  }
  query.content.emplace();
  copy_bytes(wire.root(), query.content->root.bytes);
  query.content->length = wire.length();
  return std::nullopt;
}

}  // namespace

std::string encode_query_body(const QueryBody& query) {
  v1::QueryBody wire;
  wire.set_terms(query.terms);
  if (query.content) {
    wire.set_root(text_of(query.content->root.bytes));
    wire.set_length(query.content->length);
  }
  wire.set_length_min(query.length_min);
  if (query.length_max != UINT64_MAX) wire.set_length_max(query.length_max);
  wire.set_key(text_of(query.key.bytes));
  wire.set_rule(query.rule == DuplicateRule::kDeepest ? v1::DUPLICATE_RULE_DEEPEST
                                                      : v1::DUPLICATE_RULE_CLASSIC);
  wire.set_no_echo(!query.echo);
  return wire.SerializeAsString();
}

tl::expected<PayloadRef, Refusal> decode_query_body(std::string_view bytes) {
  v1::QueryBody wire;
  if (bytes.size() > limits::kQueryBodyBytes ||
      !wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return tl::unexpected(Refusal::kBadBody);
  }
  auto query = std::make_unique<QueryBody>();
  if (const auto refusal = read_what(wire, *query)) return tl::unexpected(*refusal);
  query->length_min = wire.length_min();
  query->length_max = wire.has_length_max() ? wire.length_max() : UINT64_MAX;
  if (wire.key().size() != KeyFingerprint::kSize) return tl::unexpected(Refusal::kBadKey);
  copy_bytes(wire.key(), query->key.bytes);
  if (wire.rule() != v1::DUPLICATE_RULE_DEEPEST && wire.rule() != v1::DUPLICATE_RULE_CLASSIC) {
    return tl::unexpected(Refusal::kBadNumber);
  }
  query->rule =
      wire.rule() == v1::DUPLICATE_RULE_DEEPEST ? DuplicateRule::kDeepest : DuplicateRule::kClassic;
  query->echo = !wire.no_echo();
  query->wire = bytes;  // passed on as it came
  return PayloadRef(std::move(query));
}

void encode_counts(const Counts& counts, v1::EchoCounts& into) {
  into.set_first_hop(counts.first_hop);
  for (const std::int32_t peers : counts.peers_by_hop) into.add_peers_by_hop(peers);
  into.set_copies(counts.copies);
  into.set_duplicates(counts.duplicates);
  into.set_refused(counts.refused);
  into.set_unanswered(counts.unanswered);
  into.set_dropped(counts.dropped);
  into.set_cut_by_budget(counts.cut_by_budget);
  into.set_unsearched(counts.unsearched);
  into.set_hits_dropped(counts.hits_dropped);
  into.set_spared(counts.spared);
}

tl::expected<Counts, Refusal> decode_counts(const v1::EchoCounts& wire) {
  const auto hops = static_cast<std::size_t>(wire.peers_by_hop_size());
  if (wire.first_hop() >= kHopsMax || hops > kHopsMax - wire.first_hop()) {
    return tl::unexpected(Refusal::kBadCounts);
  }
  Counts counts;
  counts.first_hop = static_cast<std::uint8_t>(wire.first_hop());
  counts.peers_by_hop.assign(wire.peers_by_hop().begin(), wire.peers_by_hop().end());
  counts.copies = wire.copies();
  counts.duplicates = wire.duplicates();
  counts.refused = wire.refused();
  counts.unanswered = wire.unanswered();
  counts.dropped = wire.dropped();
  counts.cut_by_budget = wire.cut_by_budget();
  counts.unsearched = wire.unsearched();
  counts.hits_dropped = wire.hits_dropped();
  counts.spared = wire.spared();
  return counts;
}

}  // namespace shoal::codec
