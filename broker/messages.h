// SPDX-License-Identifier: Apache-2.0
// What peers say to each other by a broker: JSON, with the member names of the systems that this
// one replaces where those had any (archivo, archivos, nombre, name, ip, port, url).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/types/bodies.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::broker {

/// Who has this? shoal/broker.query/1
struct Query {
  std::optional<QueryId> id;  ///< none: asked by a program that knows no signed answers
  std::string terms;          ///< words, all must match; empty when `content` is set
  std::optional<ContentId> content;
  std::uint64_t length_min = 0;
  std::uint64_t length_max = UINT64_MAX;
  std::optional<KeyFingerprint> key;  ///< may fetch what answers the query; only with an id
  friend bool operator==(const Query&, const Query&) = default;
};

/// I have. shoal/broker.answer/1
///
/// Only `offer` is to be believed (rpc::open_offer, for the query that was asked); all else says
/// the same to programs that cannot read it.
struct Answer {
  std::optional<QueryId> query;
  std::string name;   ///< the holder's
  std::string place;  ///< "host:port" where it answers, also to plain HTTP; may be empty
  std::vector<HitFile> files;
  std::uint64_t excess = 0;  ///< files that match beside those of its answers
  std::string offer;         ///< a SignedOffer, encoded; empty for a query without id
};

std::string to_json(const Query& query);
std::string to_json(const Answer& answer);

/// Unknown members are ignored; what is searched stands in "archivo", "nombre" or "name", or is a
/// "content". Errors: kTooLarge, kInvalidArgument.
Result<Query> read_query(std::string_view text);

/// What an asker takes of an Answer.
struct Offered {
  std::string offer;
  std::uint64_t excess = 0;
  friend bool operator==(const Offered&, const Offered&) = default;
};
/// Requires the schema's members to be what they should be, and ignores those that say the same
/// without a signature. Errors: kTooLarge, kInvalidArgument (no offer, too).
Result<Offered> read_offered(std::string_view text);

}  // namespace shoal::broker
