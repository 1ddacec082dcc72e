// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/user_request.h"

#include <utility>

#include "bootstrap/core/accounts.h"
#include "proto/asio.h"
#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

constexpr std::string_view kWhat = "the user";

tl::unexpected<Error> wrong(std::string_view member, std::string why) {
  return fail(Errc::kInvalidArgument, std::string(kWhat) + " is not understood",
              "\"" + std::string(member) + "\" " + std::move(why));
}

// Of the members as they stand in JSON.
struct Members {
  std::optional<std::string> key;
  std::optional<std::uint64_t> stamp;
  std::optional<std::string> signature;
  std::optional<std::string> peer;
};

Result<void> take_statement(const Members& in, UserRequest& out) {
  if (!in.key && !in.stamp && !in.signature) {
    return out.password.empty() ? Result<void>(wrong("password", "is missing")) : Result<void>();
  }
  if (!in.key) return wrong("key", "is missing");
  if (!in.stamp) return wrong("stamp", "is missing");
  if (!in.signature) return wrong("signature", "is missing");
  auto key = json::from_base64(*in.key);
  if (!key) return wrong("key", "is no base64");
  auto signature = json::from_base64(*in.signature);
  if (!signature) return wrong("signature", "is no base64");
  out.statement = rpc::Statement{std::move(*key), *in.stamp, std::move(*signature)};
  return {};
}

Result<void> take_peer(const Members& in, UserRequest& out) {
  if (in.peer) {
    const auto id = parse_peer_id(*in.peer);
    if (!id) return wrong("peer_id", "is no peer's id");
    out.peer = *id;
  }
  if (!out.statement) return {};
  const PeerId signer = rpc::id_of_key(out.statement->public_key);
  if (out.peer && *out.peer != signer) return wrong("peer_id", "is not the one of the key");
  out.peer = signer;
  return {};
}

}  // namespace

std::string to_body(const UserRequest& request) {
  bj::object body{{"name", request.name}};
  if (!request.password.empty()) body["password"] = request.password;
  if (request.statement) {
    body["key"] = json::to_base64(request.statement->public_key);
    body["stamp"] = request.statement->stamp;
    body["signature"] = json::to_base64(request.statement->signature);
  }
  if (request.peer) body["peer_id"] = to_text(*request.peer);
  if (!request.address.empty()) body["address"] = request.address;
  if (request.port != 0) body["port"] = request.port;
  return bj::serialize(body);
}

Result<UserRequest> user_request_from_body(std::string_view body) {
  const auto value = json::parse(body);
  if (!value) return tl::unexpected(value.error());
  UserRequest request;
  Members members;
  std::uint64_t port = 0;
  json::ObjectReader in(*value, kWhat);
  in.schema(json::schema::kDirectoryUser).required("name", request.name);
  in.optional("password", request.password).optional("key", members.key);
  in.optional("stamp", members.stamp, 1, limits::kStampMax);
  in.optional("signature", members.signature).optional("peer_id", members.peer);
  in.optional("address", request.address).optional("port", port, 1, 65'535);
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  request.port = static_cast<std::uint16_t>(port);
  if (auto good = check_user_name(request.name); !good) return tl::unexpected(good.error());
  if (auto good = take_statement(members, request); !good) return tl::unexpected(good.error());
  if (!request.password.empty()) {
    if (auto good = check_password(request.password); !good) return tl::unexpected(good.error());
  }
  if (auto good = take_peer(members, request); !good) return tl::unexpected(good.error());
  if (!request.address.empty()) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(request.address, error);
    if (error) return wrong("address", "is no numeric address");
    request.address = address.to_string();
  }
  return request;
}

bj::object to_json(const UserRecord& user) {
  bj::object out{
      {"schema", json::schema::kDirectoryUser}, {"name", user.name}, {"peer_id", nullptr},
      {"address", user.place.address},          {"port", nullptr},   {"online", user.online}};
  if (user.place.peer) out["peer_id"] = to_text(*user.place.peer);
  if (user.place.port != 0) out["port"] = user.place.port;
  return out;
}

}  // namespace shoal::bootstrap
