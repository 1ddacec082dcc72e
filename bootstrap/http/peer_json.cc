// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/peer_json.h"

#include <limits>
#include <utility>

#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"
#include "proto/types/utf8.h"

namespace shoal::bootstrap {
namespace bj = boost::json;

bj::object to_json(const Directory::Listed& peer) {
  bj::array endpoints;
  for (const auto& endpoint : peer.card.endpoints) endpoints.emplace_back(endpoint);
  return {{"schema", json::schema::kDirectoryPeer},
          {"id", to_text(peer.card.id)},
          {"name", scrub(peer.card.name)},
          {"endpoints", std::move(endpoints)},
          {"card", json::to_base64(peer.card.sealed)},
          {"expires_in_ms", to_ms(peer.left)}};
}

Result<DirectoryPeer> peer_from_json(const bj::value& value, std::int64_t now_unix) {
  std::string id_text;
  std::string card_text;
  DirectoryPeer peer;
  json::ObjectReader in(value, "the directory's peer");
  in.schema(json::schema::kDirectoryPeer).required("id", id_text).required("card", card_text);
  in.required("expires_in_ms", peer.expires_in_ms).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  const auto id = parse_peer_id(id_text);
  if (!id) return tl::unexpected(id.error());
  auto sealed = json::from_base64(card_text);
  const auto card = rpc::open_card(sealed.value_or(""), now_unix);
  if (!card || card->id != *id) {
    return fail(
        Errc::kIntegrity, "the directory's answer is not believed",
        card ? "the card of " + to_short_text(*id) + " is another peer's" : card.error().why,
        "the directory or a clock is wrong");
  }
  peer.id = card->id;
  peer.name = card->name;
  peer.endpoints = card->endpoints;
  peer.card = std::move(*sealed);
  return peer;
}

Result<DirectoryPeer> peer_from_text(std::string_view text, std::int64_t now_unix) {
  const auto value = json::parse(text);
  if (!value) return tl::unexpected(value.error());
  return peer_from_json(*value, now_unix);
}

Result<DirectoryPage> page_from_text(std::string_view text, std::int64_t now_unix,
                                     std::size_t& refused) {
  const auto value = json::parse(text);
  if (!value) return tl::unexpected(value.error());
  const bj::array* items = nullptr;
  DirectoryPage page;
  json::ObjectReader in(*value, "the directory's list");
  in.schema(json::schema::kDirectoryPeers).required("items", items);
  in.optional("next_cursor", page.next_cursor).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  for (const auto& item : *items) {
    if (auto peer = peer_from_json(item, now_unix)) {
      page.peers.push_back(std::move(*peer));
    } else {
      ++refused;
    }
  }
  return page;
}

}  // namespace shoal::bootstrap
