// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/found_json.h"

#include <utility>

#include "bootstrap/core/index_tree.h"
#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/rpc/card.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

tl::unexpected<Error> not_believed(std::string why) {
  return fail(Errc::kIntegrity, "the directory's answer is not believed", std::move(why),
              "the directory or a clock is wrong");
}

// What proves a file, as it is sent.
struct Proof {
  std::string seal;
  std::string signature;
  IndexPath path;
};

Result<Proof> proof_from(const bj::object& object) {
  std::string seal;
  std::string signature;
  std::string steps;
  std::uint64_t place = 0;
  json::ObjectReader in(object, "the proof of a file");
  in.required("seal", seal).required("signature", signature).required("path", steps);
  in.required("place", place, 0, UINT32_MAX).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  auto seal_bytes = json::from_base64(seal);
  auto signature_bytes = json::from_base64(signature);
  const auto path_bytes = json::from_base64(steps);
  if (!seal_bytes || !signature_bytes || !path_bytes) return not_believed("a proof is no base64");
  auto path = steps_from_bytes(*path_bytes);
  if (!path) return not_believed("a proof is no row of hashes");
  return Proof{std::move(*seal_bytes),
               std::move(*signature_bytes),
               {static_cast<std::uint32_t>(place), std::move(*path)}};
}

Result<void> check(const IndexEntry& file, const Proof& proof, const std::string& public_key,
                   std::int64_t now_unix) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  const auto seal = seal_from_bytes(proof.seal);
  if (!seal || !rpc::verify(public_key, rpc::context::kIndex, proof.seal, proof.signature)) {
    return not_believed("the owner of a file did not sign for it");
  }
  if (!is_under(*seal, file, proof.path)) {
    return not_believed("what the owner of a file signed does not name it");
  }
  const std::int64_t age = now_unix - seal->issued_unix;
  if (age > duration_cast<seconds>(limits::kIndexValidity).count() ||
      age < -duration_cast<seconds>(limits::kIndexClock).count()) {
    return not_believed("what the owner of a file signed is out of date");
  }
  return {};
}

}  // namespace

bj::object to_json(const DirectoryIndex::Found& found) {
  const IndexEntry& file = found.row.entry;
  const LeaseCard& card = found.owner.card;
  bj::array endpoints;
  for (const auto& endpoint : card.endpoints) endpoints.emplace_back(endpoint);
  return {{"schema", json::schema::kDirectoryFile},
          {"name", file.name},
          {"length", file.content.length},
          {"content", to_text(file.content)},
          {"owner", bj::object{{"id", to_text(card.id)},
                               {"name", card.name},
                               {"endpoints", std::move(endpoints)},
                               {"card", json::to_base64(card.sealed)}}},
          {"proof", bj::object{{"seal", json::to_base64(found.row.seal)},
                               {"signature", json::to_base64(found.row.signature)},
                               {"place", found.row.path.place},
                               {"path", json::to_base64(to_bytes(found.row.path.steps))}}}};
}

Result<FoundFile> file_from_json(const bj::value& value, std::int64_t now_unix) {
  FoundFile found;
  std::string content;
  std::string id_text;
  std::string card_text;
  const bj::object* owner = nullptr;
  const bj::object* proof_object = nullptr;
  json::ObjectReader in(value, "a file of the directory");
  in.schema(json::schema::kDirectoryFile).required("name", found.file.name);
  in.required("content", content).required("owner", owner).required("proof", proof_object);
  if (auto done = in.ignore_others().finish(); !done) return tl::unexpected(done.error());
  json::ObjectReader in_owner(*owner, "the owner of a file");
  in_owner.required("id", id_text).required("card", card_text).ignore_others();
  if (auto done = in_owner.finish(); !done) return tl::unexpected(done.error());
  auto content_id = parse_content_id(content);
  if (!content_id) return tl::unexpected(content_id.error());
  found.file.content = *content_id;
  if (!is_index_name(found.file.name)) return not_believed("a file has a name that none can have");
  const auto id = parse_peer_id(id_text);
  if (!id) return tl::unexpected(id.error());
  auto sealed = json::from_base64(card_text);
  auto card = rpc::open_card(sealed.value_or(""), now_unix);
  if (!card || card->id != *id) {
    return not_believed("the card of " + to_short_text(*id) + " is not its own");
  }
  const auto proof = proof_from(*proof_object);
  if (!proof) return tl::unexpected(proof.error());
  if (auto fine = check(found.file, *proof, card->public_key, now_unix); !fine) {
    return tl::unexpected(fine.error());
  }
  found.owner = {card->id, std::move(card->name), std::move(card->endpoints), std::move(*sealed),
                 0};
  return found;
}

Result<FoundPage> files_from_text(std::string_view text, std::int64_t now_unix,
                                  std::size_t& refused) {
  const auto value = json::parse(text);
  if (!value) return tl::unexpected(value.error());
  const bj::array* items = nullptr;
  FoundPage page;
  json::ObjectReader in(*value, "the directory's files");
  in.schema(json::schema::kDirectoryFiles).required("items", items);
  in.optional("next_cursor", page.next_cursor).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  for (const auto& item : *items) {
    if (auto file = file_from_json(item, now_unix)) {
      page.files.push_back(std::move(*file));
    } else {
      ++refused;
    }
  }
  return page;
}

}  // namespace shoal::bootstrap
