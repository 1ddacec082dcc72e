// SPDX-License-Identifier: Apache-2.0
// The bytes of a content that is shared here.
#include <algorithm>
#include <vector>

#include "cli/daemon/content_answer.h"
#include "cli/daemon/rest.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"

namespace shoal::daemon {
namespace {

using transfer::ServedFile;

Result<void> refuse_range(const http::Request& request, http::StreamWriter& writer,
                          const ContentId& content) {
  http::Response answer =
      http::problem({Errc::kInvalidArgument,
                     "there is no such part",
                     "the content has " + std::to_string(content.length) + " bytes",
                     {}},
                    request, 416);
  answer.headers.emplace_back("Content-Range",
                              http::content_range({.status = 416}, content.length));
  answer.headers.emplace_back("Accept-Ranges", "bytes");
  if (!writer.open_content(answer, answer.body.size())) return {};
  writer.send({reinterpret_cast<const std::uint8_t*>(answer.body.data()), answer.body.size()});
  return {};
}

Result<void> send(ServedFile& file, const transfer::Layout& layout,
                  const http::ContentAnswer& answer, http::StreamWriter& writer) {
  std::vector<std::uint8_t> bytes;
  const std::uint64_t end = answer.offset + answer.length;
  for (std::uint64_t at = answer.offset; at < end; at += bytes.size()) {
    const std::uint32_t piece = layout.piece_of(at);
    const std::uint64_t piece_end = layout.offset(piece) + layout.size(piece);
    bytes.resize(std::min<std::uint64_t>(limits::kRangeBytes, std::min(end, piece_end) - at));
    // What cannot be read any more ends the answer early, and the client sees that.
    if (auto got = file.read(at, bytes); !got) return got;
    if (!writer.send(bytes)) return {};
  }
  return {};
}

Result<void> content(const RestContext& context, const http::Request& request,
                     http::StreamWriter& writer) {
  const auto id = parse_content_id(request.param("id"));
  if (!id) return tl::unexpected(id.error());
  auto file = context.files.open_file(*id);
  if (!file) {
    Error error = file.error();
    if (error.code == Errc::kNotFound) error.next = "`shoal get` fetches what is not here";
    return tl::unexpected(error);
  }
  const auto answer = http::answer_for(request, etag_of(*id), id->length);
  if (answer.status == 416) return refuse_range(request, writer, *id);
  if (!writer.open_content(content_head(answer, *id, (*file)->name()), answer.length)) return {};
  if (request.method == "HEAD" || answer.length == 0) return {};
  return send(**file, transfer::Layout(id->length), answer, writer);
}

}  // namespace

void add_file_routes(http::Router& router, const RestContext& context) {
  router.add_stream("GET", "/v1/files/{id}/content",
                    [&](const http::Request& request, http::StreamWriter& writer) {
                      return content(context, request, writer);
                    },
                    {.content = true});
}

}  // namespace shoal::daemon
