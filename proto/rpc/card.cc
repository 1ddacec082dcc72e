// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/card.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "proto/types/utf8.h"
#include "shoal/v1/card.pb.h"

namespace shoal::rpc {
namespace {

constexpr std::size_t kPublicKeyMax = 64;

tl::unexpected<Error> not_a_card(Errc code, std::string why, std::string next = {}) {
  return fail(code, "the card is not accepted", std::move(why), std::move(next));
}

bool is_name(std::string_view name) {
  return name.size() <= limits::kPeerNameMax && is_utf8(name) &&
         std::ranges::none_of(name, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
}

}  // namespace

std::string seal_card(const Identity& identity, const std::string& name,
                      const std::vector<std::string>& endpoints, std::uint64_t sequence,
                      std::int64_t now_unix) {
  v1::Card card;
  card.set_public_key(identity.public_key());
  card.set_name(name);
  for (const auto& endpoint : endpoints) card.add_endpoints(endpoint);
  card.set_sequence(sequence);
  card.set_issued_unix(now_unix);
  v1::SignedCard sealed;
  sealed.set_card(card.SerializeAsString());
  sealed.set_signature(identity.sign(context::kCard, sealed.card()));
  std::string bytes = sealed.SerializeAsString();
  SHOAL_ASSERT(open_card(bytes, now_unix).has_value());
  return bytes;
}

Result<CardInfo> open_card(std::string_view signed_card, std::int64_t now_unix) {
  if (signed_card.size() > limits::kCardBytes) {
    return not_a_card(Errc::kTooLarge, "it is longer than " + std::to_string(limits::kCardBytes));
  }
  v1::SignedCard sealed;
  v1::Card card;
  if (!sealed.ParseFromArray(signed_card.data(), static_cast<int>(signed_card.size())) ||
      !card.ParseFromString(sealed.card())) {
    return not_a_card(Errc::kInvalidArgument, "its bytes are no card");
  }
  if (card.public_key().empty() || card.public_key().size() > kPublicKeyMax) {
    return not_a_card(Errc::kInvalidArgument, "it has no key");
  }
  if (!is_name(card.name())) return not_a_card(Errc::kInvalidArgument, "its name is malformed");
  if (static_cast<std::size_t>(card.endpoints_size()) > limits::kEndpointsMax ||
      !std::ranges::all_of(card.endpoints(), is_endpoint)) {
    return not_a_card(Errc::kInvalidArgument, "its endpoints are malformed or too many");
  }
  if (!verify(card.public_key(), context::kCard, sealed.card(), sealed.signature())) {
    return not_a_card(Errc::kIntegrity, "its signature is not by its key");
  }
  const auto validity = std::chrono::seconds(limits::kCardValidity).count();
  // Unsigned, so that no time that somebody made up overflows.
  const auto age = static_cast<std::uint64_t>(std::max(now_unix, card.issued_unix())) -
                   static_cast<std::uint64_t>(std::min(now_unix, card.issued_unix()));
  if (age > static_cast<std::uint64_t>(validity)) {
    return not_a_card(Errc::kTimeout, "it was issued more than two hours away from now",
                      "its owner's clock or ours is wrong, or it is an old card");
  }
  CardInfo info;
  info.id = id_of_key(card.public_key());
  info.public_key = card.public_key();
  info.name = card.name();
  info.endpoints.assign(card.endpoints().begin(), card.endpoints().end());
  info.sequence = card.sequence();
  info.issued_unix = card.issued_unix();
  return info;
}

std::optional<PeerId> claimed_owner(std::string_view signed_card) {
  v1::SignedCard sealed;
  v1::Card card;
  if (signed_card.size() > limits::kCardBytes ||
      !sealed.ParseFromArray(signed_card.data(), static_cast<int>(signed_card.size())) ||
      !card.ParseFromString(sealed.card()) || card.public_key().empty() ||
      card.public_key().size() > kPublicKeyMax) {
    return std::nullopt;
  }
  return id_of_key(card.public_key());
}

}  // namespace shoal::rpc
