// SPDX-License-Identifier: Apache-2.0
// The composed values of a record, each in both directions. Internal.
#pragma once

#include "overlay/core/config.h"
#include "overlay/core/record_format.h"

namespace shoal::overlay::record {

template <class A, class T>
void optional_field(A& archive, T& value) {
  std::uint8_t there = value ? 1 : 0;
  field(archive, there);
  if constexpr (A::kReads) {
    if (there != 0) value.emplace();
  }
  if (there != 0) field(archive, *value);
}

/// `each(item)` exchanges one item.
template <class A, class V, class F>
void list_field(A& archive, V& list, F each) {
  auto size = static_cast<std::uint32_t>(list.size());
  field(archive, size);
  if constexpr (A::kReads) {
    for (std::uint32_t at = 0; at < size && archive.good(); ++at) each(list.emplace_back());
  } else {
    for (auto& item : list) each(item);
  }
}

template <class A, Like<Counts> T>
void field(A& archive, T& counts) {
  field(archive, counts.first_hop);
  list_field(archive, counts.peers_by_hop, [&](auto& peers) { field(archive, peers); });
  field(archive, counts.copies);
  field(archive, counts.duplicates);
  field(archive, counts.refused);
  field(archive, counts.unanswered);
  field(archive, counts.dropped);
  field(archive, counts.cut_by_budget);
  field(archive, counts.unsearched);
  field(archive, counts.hits_dropped);
  field(archive, counts.spared);
}

template <class A, Like<QueryBody> T>
void field(A& archive, T& query) {
  field(archive, query.terms);
  optional_field(archive, query.content);
  field(archive, query.length_min);
  field(archive, query.length_max);
  field(archive, query.key);
  field(archive, query.rule);
  field(archive, query.echo);
}

template <class A, Like<EchoBody> T>
void field(A& archive, T& echo) {
  field(archive, echo.counts);
}

template <class A, Like<HitBody> T>
void field(A& archive, T& hit) {
  field(archive, hit.holder);
  list_field(archive, hit.files, [&](auto& file) {
    field(archive, file.content);
    field(archive, file.name);
  });
  field(archive, hit.sealed);
}

template <class A, Like<OpaqueBody> T>
void field(A& archive, T& opaque) {
  field(archive, opaque.bytes);
  list_field(archive, opaque.contacts, [&](auto& contact) { field(archive, contact.peer); });
}

void write_payload(Writer& archive, const PayloadRef& payload);
PayloadRef read_payload(Reader& archive);

template <class A, Like<PayloadRef> T>
void field(A& archive, T& payload) {
  if constexpr (A::kReads) {
    payload = read_payload(archive);
  } else {
    write_payload(archive, payload);
  }
}

template <class A, Like<Message> T>
void field(A& archive, T& message) {
  field(archive, message.query);
  field(archive, message.body);
  field(archive, message.budget_ms);
  field(archive, message.kind);
  field(archive, message.overlay);
  field(archive, message.ttl);
  field(archive, message.hops);
}

template <class A, Like<SharedFile> T>
void field(A& archive, T& file) {
  field(archive, file.content);
  field(archive, file.words);
}

template <class A, Like<LinkUp> T>
void field(A& archive, T& up) {
  field(archive, up.peer);
  field(archive, up.delay_bound);
  field(archive, up.told);
  field(archive, up.theirs);
  field(archive, up.spent);
}

template <class A, Like<SearchRequest> T>
void field(A& archive, T& request) {
  field(archive, request.via);
  field(archive, request.body);
  field(archive, request.ttl);
  field(archive, request.budget);
  field(archive, request.enough);
  bool chosen = request.parameters.has_value();
  field(archive, chosen);
  if (!chosen) return;
  if constexpr (A::kReads) request.parameters.emplace();
  for (auto& value : *request.parameters) field(archive, value);
}

template <class A, Like<NodeConfig> T>
void field(A& archive, T& config) {
  field(archive, config.ttl_limit);
  field(archive, config.link_queries_per_second);
  field(archive, config.link_queries_burst);
  field(archive, config.primary_grace);
  field(archive, config.primary_return);
  field(archive, config.seen_max);
  field(archive, config.copies_max);
  field(archive, config.searches_max);
  field(archive, config.open);
  field(archive, config.membership);
  field(archive, config.hyparview.active);
  field(archive, config.hyparview.passive);
  field(archive, config.hyparview.active_walk);
  field(archive, config.hyparview.passive_walk);
  field(archive, config.hyparview.shuffle_active);
  field(archive, config.hyparview.shuffle_passive);
  field(archive, config.hyparview.cycle);
  field(archive, config.hyparview.renewal);
  field(archive, config.hyparview.repair);
  list_field(archive, config.always, [&](auto& id) { field(archive, id); });
}

/// All that a call wanted done, as bytes: equal effects are equal bytes.
std::string bytes_of(const Effects& out);

}  // namespace shoal::overlay::record
