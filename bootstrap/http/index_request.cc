// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/index_request.h"

#include <boost/json.hpp>
#include <utility>
#include <vector>

#include "proto/json/base64.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace bj = boost::json;

constexpr std::string_view kNotTaken = "the index is not taken";

tl::unexpected<Error> too_many() {
  return fail(Errc::kTooLarge, std::string(kNotTaken),
              "one update holds at most " + std::to_string(limits::kIndexUpdate) + " files",
              "send the rest as changes, with PATCH");
}

Result<void> read_files(const bj::array& files, IndexUpdate& update) {
  if (files.size() > limits::kIndexUpdate) return too_many();
  for (const bj::value& value : files) {
    IndexEntry entry;
    std::string content;
    json::ObjectReader in(value, "a file of the index");
    in.required("name", entry.name).required("content", content);
    if (auto done = in.finish(); !done) return done;
    auto id = parse_content_id(content);
    if (!id) return tl::unexpected(id.error());
    entry.content = *id;
    update.add.push_back(std::move(entry));
  }
  return {};
}

Result<void> read_removed(const std::vector<std::string>& removed, IndexUpdate& update) {
  if (removed.size() > limits::kIndexUpdate) return too_many();
  for (const std::string& text : removed) {
    auto id = parse_content_id(text);
    if (!id) return tl::unexpected(id.error());
    update.remove.push_back(*id);
  }
  return {};
}

}  // namespace

IndexRequest sign_update(const rpc::Identity& who, IndexUpdate update) {
  std::string signature = who.sign(rpc::context::kIndex, to_bytes(seal_of(update)));
  return {who.public_key(), std::move(update), std::move(signature)};
}

Result<OpenedUpdate> open_update(const IndexRequest& request, std::int64_t now_unix) {
  std::string seal = to_bytes(seal_of(request.update));
  if (!rpc::verify(request.public_key, rpc::context::kIndex, seal, request.signature)) {
    return fail(Errc::kDenied, std::string(kNotTaken), "its signature is not by that key",
                "sign the seal of the update with the peer's key");
  }
  constexpr auto kApart =
      std::chrono::duration_cast<std::chrono::seconds>(limits::kIndexClock).count();
  const std::int64_t issued = request.update.issued_unix;
  if (issued < now_unix - kApart || issued > now_unix + kApart) {
    return fail(Errc::kInvalidArgument, std::string(kNotTaken),
                "it was signed at another time than now", "see whether a clock is wrong");
  }
  return OpenedUpdate{rpc::id_of_key(request.public_key),
                      {request.update, std::move(seal), request.signature}};
}

std::string to_body(const IndexRequest& request) {
  bj::array files;
  for (const IndexEntry& entry : request.update.add) {
    files.push_back(bj::object{{"name", entry.name}, {"content", to_text(entry.content)}});
  }
  bj::object body{{"schema", json::schema::kDirectoryIndex},
                  {"key", json::to_base64(request.public_key)},
                  {"sequence", request.update.sequence},
                  {"issued", request.update.issued_unix},
                  {"signature", json::to_base64(request.signature)}};
  if (request.update.kind == IndexUpdate::Kind::kReplace) {
    body["files"] = std::move(files);
    return bj::serialize(body);
  }
  bj::array removed;
  for (const ContentId& content : request.update.remove) removed.emplace_back(to_text(content));
  body["add"] = std::move(files);
  body["remove"] = std::move(removed);
  return bj::serialize(body);
}

Result<IndexRequest> index_from_body(std::string_view body, IndexUpdate::Kind kind) {
  const auto value = json::parse(body);
  if (!value) return tl::unexpected(value.error());
  IndexRequest request;
  IndexUpdate& update = request.update;
  update.kind = kind;
  std::string key;
  std::string signature;
  const bj::array* files = nullptr;
  std::vector<std::string> removed;
  json::ObjectReader in(*value, "the index");
  in.schema(json::schema::kDirectoryIndex).required("key", key);
  in.required("sequence", update.sequence, 1, limits::kStampMax);
  in.required("issued", update.issued_unix).required("signature", signature);
  if (kind == IndexUpdate::Kind::kReplace) {
    in.required("files", files);
  } else {
    in.optional("add", files).optional("remove", removed);
  }
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  if (files != nullptr) {
    if (auto read = read_files(*files, update); !read) return tl::unexpected(read.error());
  }
  if (auto read = read_removed(removed, update); !read) return tl::unexpected(read.error());
  auto key_bytes = json::from_base64(key);
  auto signature_bytes = json::from_base64(signature);
  if (!key_bytes || !signature_bytes) {
    return fail(Errc::kInvalidArgument, std::string(kNotTaken),
                "its key or its signature is no base64");
  }
  request.public_key = std::move(*key_bytes);
  request.signature = std::move(*signature_bytes);
  return request;
}

}  // namespace shoal::bootstrap
