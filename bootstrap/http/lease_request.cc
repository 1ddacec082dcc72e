// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/lease_request.h"

#include <boost/json.hpp>
#include <span>
#include <utility>

#include "proto/http/percent.h"
#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

constexpr std::string_view kNotGranted = "the lease is not granted";
constexpr std::string_view kNotLeft = "the lease is not given back";
constexpr std::size_t kPublicKeyMax = 64;
constexpr std::size_t kSignatureMax = 64;

std::string big_endian(std::uint64_t number) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(static_cast<unsigned char>(number >> shift)));
  }
  return bytes;
}

std::string hex_of(std::string_view bytes) {
  const std::vector<std::uint8_t> copy(bytes.begin(), bytes.end());
  return to_hex(copy);
}

Result<std::string> hex_value(const http::Request& request, std::string_view name,
                              std::size_t bytes_max) {
  const auto text = request.query_value(name);
  std::vector<std::uint8_t> bytes(text ? text->size() / 2 : 0);
  if (!text || text->empty() || bytes.size() > bytes_max || !from_hex(*text, bytes)) {
    return fail(Errc::kInvalidArgument, std::string(kNotLeft),
                "\"" + std::string(name) + "\" is missing or no hexadecimal text",
                "send stamp, key and signature in the query");
  }
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

std::string lease_bytes(std::uint64_t stamp, std::string_view card) {
  return big_endian(stamp) + std::string(card);
}

std::string leave_bytes(std::uint64_t stamp, const PeerId& id) {
  return big_endian(stamp) + std::string(id.bytes.begin(), id.bytes.end());
}

Result<rpc::CardInfo> open_lease(const PeerId& id, const LeaseRequest& request,
                                 std::int64_t now_unix, std::optional<rpc::CardInfo> known) {
  const std::string what(kNotGranted);
  constexpr auto kValid =
      std::chrono::duration_cast<std::chrono::seconds>(limits::kCardValidity).count();
  const bool still_valid =
      known && known->issued_unix >= now_unix - kValid && known->issued_unix <= now_unix + kValid;
  auto card = still_valid ? Result<rpc::CardInfo>(std::move(*known))
                          : rpc::open_card(request.card, now_unix);
  if (!card) {
    const Error& error = card.error();
    if (error.code == Errc::kTooLarge) return card;
    const bool forged = error.code == Errc::kIntegrity;
    return fail(forged ? Errc::kDenied : Errc::kInvalidArgument, what,
                "its card is not accepted: " + error.why,
                error.next.empty() ? "seal the card with the peer's key" : error.next);
  }
  if (card->id != id) {
    return fail(Errc::kDenied, what, "its card is another peer's",
                "ask under the id of the card's key");
  }
  if (!rpc::verify(card->public_key, rpc::context::kLease, lease_bytes(request.stamp, request.card),
                   request.signature)) {
    return fail(Errc::kDenied, what, "its signature is not by the key of its card",
                "sign the stamp and the card with the peer's key");
  }
  return card;
}

Result<void> check_leave(const PeerId& id, const LeaveRequest& request) {
  const std::string what(kNotLeft);
  if (rpc::id_of_key(request.public_key) != id) {
    return fail(Errc::kDenied, what, "the key is not that peer's", "a peer gives back its own");
  }
  if (!rpc::verify(request.public_key, rpc::context::kLeave, leave_bytes(request.stamp, id),
                   request.signature)) {
    return fail(Errc::kDenied, what, "its signature is not by that key",
                "sign the stamp and the id with the peer's key");
  }
  return {};
}

std::string to_body(const LeaseRequest& request) {
  return boost::json::serialize(
      boost::json::object{{"schema", json::schema::kDirectoryLease},
                          {"card", json::to_base64(request.card)},
                          {"stamp", request.stamp},
                          {"signature", json::to_base64(request.signature)}});
}

Result<LeaseRequest> lease_from_body(std::string_view body) {
  const auto value = json::parse(body);
  if (!value) return tl::unexpected(value.error());
  LeaseRequest request;
  std::string card;
  std::string signature;
  json::ObjectReader in(*value, "the lease");
  in.schema(json::schema::kDirectoryLease).required("card", card);
  in.required("stamp", request.stamp, 1, limits::kStampMax).required("signature", signature);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  auto card_bytes = json::from_base64(card);
  auto signature_bytes = json::from_base64(signature);
  if (!card_bytes || !signature_bytes) {
    return fail(Errc::kInvalidArgument, std::string(kNotGranted),
                "its card or its signature is no base64");
  }
  request.card = std::move(*card_bytes);
  request.signature = std::move(*signature_bytes);
  return request;
}

std::string to_query(const LeaveRequest& request) {
  return http::encode_query("stamp", std::to_string(request.stamp)) + "&" +
         http::encode_query("key", hex_of(request.public_key)) + "&" +
         http::encode_query("signature", hex_of(request.signature));
}

Result<LeaveRequest> leave_from_query(const http::Request& request) {
  if (auto known = request.only_query({"stamp", "key", "signature"}); !known) {
    return tl::unexpected(known.error());
  }
  if (!request.query_value("stamp")) {
    return fail(Errc::kInvalidArgument, std::string(kNotLeft), "\"stamp\" is missing",
                "send stamp, key and signature in the query");
  }
  const auto stamp = request.query_number("stamp", 0, 1, limits::kStampMax);
  if (!stamp) return tl::unexpected(stamp.error());
  auto key = hex_value(request, "key", kPublicKeyMax);
  if (!key) return tl::unexpected(key.error());
  auto signature = hex_value(request, "signature", kSignatureMax);
  if (!signature) return tl::unexpected(signature.error());
  return LeaveRequest{std::move(*key), *stamp, std::move(*signature)};
}

}  // namespace shoal::bootstrap
