// SPDX-License-Identifier: Apache-2.0
// The bytes of a content that is shared here, was fetched, or is being fetched.
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "cli/daemon/rest/content_answer.h"
#include "cli/daemon/rest/rest.h"
#include "cli/daemon/transfers/transfer_desk.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "transfer/core/merkle.h"
#include "transfer/host/serve/file_source.h"

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

// Whoever reads a content while it is fetched: waits for pieces, and says which come next.
class Reader {
 public:
  Reader(const RestContext& context, const ContentId& content, std::shared_ptr<ServedFile> file)
      : context_(context), content_(content), file_(std::move(file)), number_(next_number()) {
    partial_ = file_->pieces().has_value();
    if (!partial_) return;
    listening_ = file_->listen([news = news_] {
      const std::lock_guard lock(news->mutex);
      news->came = true;
      news->changed.notify_all();
    });
  }
  ~Reader() {
    listening_.reset();
    if (partial_) context_.transfers.downloads().on_reader(content_, number_, std::nullopt);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Until the piece is here. Errors: kCancelled (the client or the server goes), kNotFound (it is
  /// not fetched any more).
  Result<void> await(std::uint32_t piece, std::uint64_t offset, http::StreamWriter& writer) {
    if (!partial_) return {};
    auto& downloads = context_.transfers.downloads();
    for (bool told = false;;) {
      const auto here = file_->pieces();
      const bool has = !here || here->has(piece);
      // Of each piece once: that is how the reader's place moves on.
      if (!std::exchange(told, true)) downloads.on_reader(content_, number_, offset);
      if (has) return {};
      if (writer.closed() || context_.stopping()) return fail(Errc::kCancelled, "nobody reads on");
      if (!context_.transfers.fetches(content_) && !file_->pieces()->has(piece)) {
        return fail(Errc::kNotFound, "the content is not fetched any more");
      }
      std::unique_lock lock(news_->mutex);
      news_->changed.wait_for(lock, limits::kReaderPoll, [&] { return news_->came; });
      news_->came = false;
    }
  }
  Result<void> read(std::uint64_t offset, std::span<std::uint8_t> into) {
    return file_->read(offset, into);
  }

 private:
  struct News {
    std::mutex mutex;
    std::condition_variable changed;
    bool came = false;
  };
  static std::uint64_t next_number() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
  }

  const RestContext& context_;
  const ContentId content_;
  const std::shared_ptr<ServedFile> file_;
  const std::uint64_t number_;
  const std::shared_ptr<News> news_ = std::make_shared<News>();
  bool partial_ = false;
  std::shared_ptr<void> listening_;
};

// A download that has just begun knows the manifest soon.
Result<std::shared_ptr<ServedFile>> open(const RestContext& context, const Asker& asker,
                                         const ContentId& content, http::StreamWriter& writer) {
  auto& downloads = context.transfers.downloads();
  const auto until = std::chrono::steady_clock::now() + limits::kManifestWait;
  for (;;) {
    auto file = context.files.open_file(content);
    // What the owner fetches, or fetched and does not share, is no guest's.
    const bool own = asker.owns(content);
    if (file && (own || !(*file)->pieces())) return file;
    if (!own && file) return fail(Errc::kNotFound, "no such file", "nothing shared has that id");
    if (!own) return file;
    if (auto done = downloads.open_done(content)) return std::move(done->file);
    if (!downloads.fetches(content)) return file;
    if (std::chrono::steady_clock::now() >= until || context.stopping()) {
      return fail(Errc::kTimeout, "nothing of the content is here yet",
                  "no source has told what it consists of", "try again later");
    }
    if (writer.wait(limits::kEventPoll)) return fail(Errc::kCancelled, "nobody waits any more");
  }
}

Result<void> send(Reader& file, const transfer::Layout& layout, const http::ContentAnswer& answer,
                  http::StreamWriter& writer) {
  std::vector<std::uint8_t> bytes;
  const std::uint64_t end = answer.offset + answer.length;
  for (std::uint64_t at = answer.offset; at < end; at += bytes.size()) {
    const std::uint32_t piece = layout.piece_of(at);
    const std::uint64_t piece_end = layout.offset(piece) + layout.size(piece);
    bytes.resize(std::min<std::uint64_t>(limits::kRangeBytes, std::min(end, piece_end) - at));
    if (auto here = file.await(piece, at, writer); !here) return here;
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
  auto file = open(context, context.asker(request), *id, writer);
  if (!file) {
    Error error = file.error();
    if (error.code == Errc::kNotFound) error.next = "`shoal get` fetches what is not here";
    return tl::unexpected(error);
  }
  const auto answer = http::answer_for(request, etag_of(*id), id->length);
  if (answer.status == 416) return refuse_range(request, writer, *id);
  if (!writer.open_content(content_head(answer, *id, (*file)->name()), answer.length)) return {};
  if (request.method == "HEAD" || answer.length == 0) return {};
  Reader reader(context, *id, std::move(*file));
  return send(reader, transfer::Layout(id->length), answer, writer);
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
