// SPDX-License-Identifier: Apache-2.0
#include "broker/messages.h"

#include <boost/json.hpp>

#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"
#include "proto/types/place.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::broker {
namespace {

namespace bj = boost::json;

constexpr std::string_view kQuerySchema = "shoal/broker.query/1";
constexpr std::string_view kAnswerSchema = "shoal/broker.answer/1";

tl::unexpected<Error> wrong(std::string_view what, std::string why) {
  return fail(Errc::kInvalidArgument, std::string(what) + " is not understood", std::move(why));
}

Result<bj::value> parse(std::string_view text, std::size_t most, std::string_view what) {
  if (text.size() > most) {
    return fail(Errc::kTooLarge, std::string(what) + " is not read",
                "it is longer than " + std::to_string(most) + " bytes");
  }
  return json::parse(text);
}

Result<std::optional<QueryId>> read_id(const std::string& text, std::string_view what) {
  if (text.empty()) return std::nullopt;
  const auto id = parse_query_id(text);
  if (!id) return wrong(what, "\"query\" is not 32 hex digits");
  return *id;
}

// As the replaced systems have it: two members, and a URL.
void add_place(const std::string& place, bj::object& out) {
  const auto at = split_place(place);
  if (!at) return;
  out["ip"] = at->host;
  out["port"] = at->port;
  out["url"] = "http://" + place;
}

}  // namespace

std::string to_json(const Query& query) {
  bj::object out{{"schema", kQuerySchema}};
  if (query.id) out["query"] = to_text(*query.id);
  if (query.content) {
    out["content"] = to_text(*query.content);
  } else {
    out["archivo"] = scrub(query.terms);
  }
  if (query.length_min != 0) out["length_min"] = query.length_min;
  if (query.length_max != UINT64_MAX) out["length_max"] = query.length_max;
  if (query.key) out["key"] = to_hex(query.key->bytes);
  return bj::serialize(out);
}

Result<Query> read_query(std::string_view text) {
  constexpr std::string_view kWhat = "the query";
  const auto value = parse(text, limits::kBrokerQueryBytes, kWhat);
  if (!value) return tl::unexpected(value.error());
  Query query;
  std::string id;
  std::string content;
  std::string key;
  std::string nombre;
  std::string name;
  json::ObjectReader in(*value, kWhat);
  in.schema(kQuerySchema).optional("query", id).optional("content", content).optional("key", key);
  in.optional("archivo", query.terms).optional("nombre", nombre).optional("name", name);
  in.optional("length_min", query.length_min).optional("length_max", query.length_max);
  if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
  if (query.terms.empty()) query.terms = nombre.empty() ? std::move(name) : std::move(nombre);
  if (query.terms.size() > limits::kTermsMax) return wrong(kWhat, "its words are too many");
  auto read = read_id(id, kWhat);
  if (!read) return tl::unexpected(read.error());
  query.id = *read;
  if (!content.empty()) {
    const auto wanted = parse_content_id(content);
    if (!wanted) return tl::unexpected(wanted.error());
    query.content = *wanted;
  }
  if (query.terms.empty() == !query.content)
    return wrong(kWhat, "it has no words, or a content too");
  if (!key.empty()) {
    if (!query.id) return wrong(kWhat, "it has a key, but no \"query\"");
    if (!from_hex(key, query.key.emplace().bytes)) return wrong(kWhat, "\"key\" is no fingerprint");
  }
  return query;
}

std::string to_json(const Answer& answer) {
  bj::object out{{"schema", kAnswerSchema}, {"nombre", scrub(answer.name)}};
  if (answer.query) out["query"] = to_text(*answer.query);
  add_place(answer.place, out);
  bj::array files;
  for (const HitFile& file : answer.files) {
    files.push_back({{"archivo", scrub(file.name)},
                     {"content", to_text(file.content)},
                     {"length", file.content.length}});
  }
  out["archivos"] = std::move(files);
  if (answer.excess != 0) out["excess"] = answer.excess;
  if (!answer.offer.empty()) out["offer"] = json::to_base64(answer.offer);
  return bj::serialize(out);
}

Result<Offered> read_offered(std::string_view text) {
  constexpr std::string_view kWhat = "the answer";
  const auto value = parse(text, limits::kBrokerAnswerBytes, kWhat);
  if (!value) return tl::unexpected(value.error());
  Offered out;
  std::string offer;
  json::ObjectReader in(*value, kWhat);
  in.schema(kAnswerSchema).required("offer", offer).optional("excess", out.excess);
  if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
  auto bytes = json::from_base64(offer);
  if (!bytes || bytes->size() > limits::kOfferBytes) return wrong(kWhat, "its offer is none");
  out.offer = std::move(*bytes);
  return out;
}

}  // namespace shoal::broker
