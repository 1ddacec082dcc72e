// SPDX-License-Identifier: Apache-2.0
#include "proto/codec/plain_read.h"

#include <memory>
#include <utility>

#include "proto/codec/query_id.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {
namespace {

std::optional<Message> read_copy(std::optional<std::string_view> bytes) {
  if (!bytes) return std::nullopt;
  PlainReader in(*bytes);
  const auto id = in.bytes(v1::CopyId::kQueryIdFieldNumber);
  const auto ttl = in.number(v1::CopyId::kTtlFieldNumber, UINT8_MAX);
  const auto overlay = in.number(v1::CopyId::kOverlayFieldNumber, UINT8_MAX);
  const auto query = query_id_of(id.value_or(std::string_view()));
  if (!in.done() || !query || ttl.value_or(0) == 0 || overlay.value_or(0) == 0) {
    return std::nullopt;
  }
  Message message;
  message.query = *query;
  message.ttl = static_cast<std::uint8_t>(*ttl);
  message.overlay = OverlayId{static_cast<std::uint8_t>(*overlay)};
  return message;
}

PayloadRef read_words(std::string_view bytes) {
  if (bytes.size() > limits::kQueryBodyBytes) return {};
  PlainReader in(bytes);
  const auto terms = in.bytes(v1::QueryBody::kTermsFieldNumber);
  const auto length_min = in.number(v1::QueryBody::kLengthMinFieldNumber, UINT64_MAX);
  const auto length_max = in.number(v1::QueryBody::kLengthMaxFieldNumber, UINT64_MAX);
  const auto key = in.bytes(v1::QueryBody::kKeyFieldNumber);
  const auto rule = in.number(v1::QueryBody::kRuleFieldNumber, v1::DUPLICATE_RULE_CLASSIC);
  const auto silent = in.number(v1::QueryBody::kNoEchoFieldNumber, 1);
  const bool good = in.done() && terms && !terms->empty() && terms->size() <= limits::kTermsMax &&
                    is_utf8(*terms) && key && key->size() == KeyFingerprint::kSize &&
                    rule.value_or(0) != v1::DUPLICATE_RULE_UNSPECIFIED;
  if (!good) return {};
  auto query = std::make_unique<QueryBody>();
  query->terms = *terms;
  query->length_min = length_min.value_or(0);
  query->length_max = length_max.value_or(UINT64_MAX);
  copy_bytes(*key, query->key.bytes);
  query->rule =
      *rule == v1::DUPLICATE_RULE_DEEPEST ? DuplicateRule::kDeepest : DuplicateRule::kClassic;
  query->echo = silent.value_or(0) == 0;
  query->wire = bytes;  // passed on as it came
  return PayloadRef(std::move(query));
}

std::optional<Message> read_query(std::string_view bytes) {
  PlainReader in(bytes);
  auto message = read_copy(in.bytes(1));
  const auto hops = in.number(v1::Query::kHopsFieldNumber, UINT8_MAX);
  const auto budget_ms = in.number(v1::Query::kBudgetMsFieldNumber, UINT32_MAX);
  const auto body = in.bytes(v1::Query::kBodyFieldNumber);
  if (!message || !body || !in.done()) return std::nullopt;
  message->kind = MessageKind::kQuery;
  message->hops = static_cast<std::uint8_t>(hops.value_or(0));
  message->budget_ms = static_cast<std::uint32_t>(budget_ms.value_or(0));
  message->body = read_words(*body);
  if (!message->body) return std::nullopt;
  return message;
}

std::optional<Message> read_echo(std::string_view bytes) {
  PlainReader in(bytes);
  auto message = read_copy(in.bytes(1));
  const auto kind = in.number(v1::Echo::kKindFieldNumber, v1::ECHO_KIND_REFUSED);
  if (!message || !in.done()) return std::nullopt;
  switch (kind.value_or(0)) {
    case v1::ECHO_KIND_DUPLICATE:
      message->kind = MessageKind::kEchoDuplicate;
      return message;
    case v1::ECHO_KIND_LEAF:
      message->kind = MessageKind::kEchoLeaf;
      return message;
    case v1::ECHO_KIND_REFUSED:
      message->kind = MessageKind::kEchoRefused;
      return message;
    default:
      return std::nullopt;
  }
}

std::optional<Message> read_cancel(std::string_view bytes) {
  PlainReader in(bytes);
  auto message = read_copy(in.bytes(1));
  if (!message || !in.done()) return std::nullopt;
  message->kind = MessageKind::kCancel;
  return message;
}

}  // namespace

std::optional<Message> read_plain(std::string_view entry) {
  PlainReader in(entry);
  if (const auto query = in.bytes(v1::Message::kQueryFieldNumber)) {
    return in.done() ? read_query(*query) : std::nullopt;
  }
  if (const auto echo = in.bytes(v1::Message::kEchoFieldNumber)) {
    return in.done() ? read_echo(*echo) : std::nullopt;
  }
  if (const auto cancel = in.bytes(v1::Message::kCancelFieldNumber)) {
    return in.done() ? read_cancel(*cancel) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace shoal::codec
