// SPDX-License-Identifier: Apache-2.0
#include "proto/codec/offer_peek.h"

#include <openssl/evp.h>

#include <algorithm>

#include "proto/codec/query_id.h"
#include "proto/types/assert.h"
#include "proto/types/limits.h"
#include "shoal/v1/card.pb.h"

namespace shoal::codec {
namespace {

PeerId hash_of(std::string_view key) {
  PeerId id;
  unsigned size = 0;
  const int made =
      EVP_Digest(key.data(), key.size(), id.bytes.data(), &size, EVP_sha256(), nullptr);
  SHOAL_ASSERT(made == 1 && size == id.bytes.size());
  return id;
}

std::optional<HitFile> file_of(const v1::OfferedFile& entry) {
  if (entry.root().size() != Hash256::kSize || entry.length() > limits::kFileBytesMax ||
      entry.name().empty() || entry.name().size() > limits::kFileNameMax) {
    return std::nullopt;
  }
  HitFile file;
  copy_bytes(entry.root(), file.content.root.bytes);
  file.content.length = entry.length();
  file.name = entry.name();
  return file;
}

}  // namespace

PayloadRef peek_offer(std::string_view signed_offer, const QueryId& query) {
  if (signed_offer.size() > limits::kOfferBytes) return {};
  v1::SignedOffer sealed;
  v1::Offer offer;
  v1::Card card;
  if (!sealed.ParseFromArray(signed_offer.data(), static_cast<int>(signed_offer.size())) ||
      !offer.ParseFromString(sealed.offer()) || !card.ParseFromString(offer.holder().card())) {
    return {};
  }
  if (query_id_of(offer.query_id()) != query || card.public_key().empty() ||
      offer.files().empty() ||
      static_cast<std::size_t>(offer.files_size()) > limits::kHitFilesMax) {
    return {};
  }
  auto hit = std::make_unique<HitBody>();
  hit->holder = hash_of(card.public_key());
  for (const v1::OfferedFile& entry : offer.files()) {
    auto file = file_of(entry);
    if (!file) return {};
    hit->files.push_back(std::move(*file));
  }
  hit->sealed = signed_offer;
  return PayloadRef(std::move(hit));
}

}  // namespace shoal::codec
