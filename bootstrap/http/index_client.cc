// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/index_client.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "bootstrap/http/index_request.h"
#include "proto/http/percent.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

std::int64_t unix_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

http::RestClient client(const http::Target& target, std::chrono::milliseconds time,
                        const std::atomic<bool>* cancel) {
  http::ClientOptions options;
  options.connect_time = std::min(options.connect_time, time);
  options.answer_time = time;
  options.cancel = cancel;
  return http::RestClient(target, options);
}

Result<IndexHead> head_from(std::string_view body) {
  const auto value = json::parse(body);
  if (!value) return tl::unexpected(value.error());
  IndexHead head;
  json::ObjectReader in(*value, "the directory's answer");
  in.schema(json::schema::kDirectoryIndex).required("sequence", head.sequence);
  in.required("entries", head.entries).ignore_others();
  if (auto done = in.finish(); !done) return tl::unexpected(done.error());
  return head;
}

// What a conflict says; 0: nothing.
std::uint64_t sequence_in(std::string_view body) {
  const auto value = json::parse(body);
  if (!value) return 0;
  std::uint64_t sequence = 0;
  json::ObjectReader in(*value, "the answer");
  in.optional("sequence", sequence, 0, limits::kStampMax).ignore_others();
  return in.finish() ? sequence : 0;
}

}  // namespace

IndexClient::IndexClient(rpc::Identity me, http::Target target, Options options)
    : me_(std::move(me)), target_(std::move(target)), options_(std::move(options)) {}

Result<std::unique_ptr<IndexClient>> IndexClient::make(rpc::Identity me, Options options) {
  auto target = http::Target::parse(options.url);
  if (!target) return tl::unexpected(target.error());
  return std::unique_ptr<IndexClient>(
      new IndexClient(std::move(me), std::move(*target), std::move(options)));
}

Result<IndexHead> IndexClient::publish(IndexUpdate update, std::uint64_t& pass) const {
  update.issued_unix = unix_now();
  const bool replaces = update.kind == IndexUpdate::Kind::kReplace;
  const auto answer = client(target_, options_.timeout, &stopped_)
                          .send(replaces ? "PUT" : "PATCH", "/v1/index",
                                to_body(sign_update(me_, std::move(update))));
  if (!answer) return tl::unexpected(answer.error());
  if (answer->status == 200) return head_from(answer->body);
  Error error = json::error_from_problem(answer->status, answer->body);
  if (error.code == Errc::kConflict) pass = sequence_in(answer->body);
  return tl::unexpected(std::move(error));
}

Result<FoundPage> IndexClient::search(const FoundQuery& query, std::chrono::milliseconds time,
                                      const std::atomic<bool>* cancel, std::size_t& refused) const {
  std::string path = "/v1/search?" + http::encode_query("asker", shoal::to_text(me_.id())) +
                     "&limit=" + std::to_string(query.limit);
  if (query.name) path += "&" + http::encode_query("name", *query.name);
  if (query.words) path += "&" + http::encode_query("q", *query.words);
  if (query.content) path += "&" + http::encode_query("content", shoal::to_text(*query.content));
  if (!query.cursor.empty()) path += "&" + http::encode_query("cursor", query.cursor);
  const auto body =
      client(target_, std::min(time, options_.timeout), cancel == nullptr ? &stopped_ : cancel)
          .call("GET", path);
  if (!body) return tl::unexpected(body.error());
  auto page = files_from_text(*body, unix_now(), refused);
  if (page) {
    std::erase_if(page->files, [&](const FoundFile& file) { return file.owner.id == me_.id(); });
  }
  return page;
}

}  // namespace shoal::bootstrap
