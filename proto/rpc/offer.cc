// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/offer.h"

#include <algorithm>

#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "shoal/v1/card.pb.h"

namespace shoal::rpc {
namespace {

tl::unexpected<Error> not_an_offer(Errc code, std::string why) {
  return fail(code, "the answer is not accepted", std::move(why));
}

}  // namespace

std::string query_bytes(const QueryId& query) {
  std::string bytes;
  for (const std::uint64_t half : {query.high, query.low}) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(half >> shift & 0xff);
  }
  return bytes;
}

std::string seal_offer(const Identity& identity, const QueryId& query, std::string_view signed_card,
                       std::span<const HitFile> files) {
  SHOAL_ASSERT(!files.empty() && files.size() <= limits::kHitFilesMax);
  v1::Offer offer;
  offer.set_query_id(query_bytes(query));
  const bool parsed = offer.mutable_holder()->ParseFromArray(signed_card.data(),
                                                             static_cast<int>(signed_card.size()));
  SHOAL_ASSERT(parsed);
  for (const HitFile& file : files) {
    v1::OfferedFile& entry = *offer.add_files();
    entry.set_root(file.content.root.bytes.data(), file.content.root.bytes.size());
    entry.set_length(file.content.length);
    entry.set_name(file.name);
  }
  v1::SignedOffer sealed;
  sealed.set_offer(offer.SerializeAsString());
  sealed.set_signature(identity.sign(context::kOffer, sealed.offer()));
  return sealed.SerializeAsString();
}

Result<Offer> open_offer(std::string_view signed_offer, const QueryId& query,
                         std::int64_t now_unix) {
  if (signed_offer.size() > limits::kOfferBytes) {
    return not_an_offer(Errc::kTooLarge,
                        "it is longer than " + std::to_string(limits::kOfferBytes));
  }
  v1::SignedOffer sealed;
  v1::Offer offer;
  if (!sealed.ParseFromArray(signed_offer.data(), static_cast<int>(signed_offer.size())) ||
      !offer.ParseFromString(sealed.offer())) {
    return not_an_offer(Errc::kInvalidArgument, "its bytes are no offer");
  }
  if (offer.query_id() != query_bytes(query)) {
    return not_an_offer(Errc::kIntegrity, "it answers another query");
  }
  Offer opened;
  opened.card = offer.holder().SerializeAsString();
  auto card = open_card(opened.card, now_unix);
  if (!card) return tl::unexpected(card.error());
  opened.holder = std::move(*card);
  if (!verify(opened.holder.public_key, context::kOffer, sealed.offer(), sealed.signature())) {
    return not_an_offer(Errc::kIntegrity, "its signature is not by its holder");
  }
  if (offer.files().empty() ||
      static_cast<std::size_t>(offer.files_size()) > limits::kHitFilesMax) {
    return not_an_offer(Errc::kInvalidArgument, "it has no files, or too many");
  }
  for (const v1::OfferedFile& entry : offer.files()) {
    HitFile file;
    if (entry.root().size() != Hash256::kSize || entry.length() > limits::kFileBytesMax ||
        entry.name().empty() || entry.name().size() > limits::kFileNameMax) {
      return not_an_offer(Errc::kInvalidArgument, "one of its files is malformed");
    }
    std::ranges::transform(entry.root(), file.content.root.bytes.begin(),
                           [](char byte) { return static_cast<std::uint8_t>(byte); });
    file.content.length = entry.length();
    file.name = entry.name();
    opened.files.push_back(std::move(file));
  }
  return opened;
}

}  // namespace shoal::rpc
