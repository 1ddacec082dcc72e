// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/download/download_job.h"

#include <algorithm>
#include <random>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "transfer/host/disk/name.h"
#include "transfer/host/link/wire.h"

namespace shoal::transfer {
namespace {

template <class... F>
struct Visitor : F... {
  using F::operator()...;
};
template <class... F>
Visitor(F...) -> Visitor<F...>;

std::string_view words(Fault fault) {
  switch (fault) {
    case Fault::kWrongManifest:
      return "its list of piece hashes does not fit the content's root and length";
    case Fault::kWrongPiece:
      return "a piece from it has the wrong hash";
    case Fault::kUnasked:
      return "it sent what was not asked for";
    case Fault::kWrongMap:
      return "what it says to have cannot be read";
  }
  return "";
}

std::vector<boost::asio::any_io_executor> rows_of(const boost::asio::any_io_executor& work) {
  std::vector<boost::asio::any_io_executor> rows;
  for (std::size_t row = 0; row < limits::kDiskRows; ++row) {
    rows.emplace_back(boost::asio::make_strand(work));
  }
  return rows;
}

}  // namespace

DownloadJob::DownloadJob(std::uint64_t id, boost::asio::any_io_executor io,
                         boost::asio::any_io_executor work,
                         std::shared_ptr<const DownloadHooks> hooks, const TransferTimes& times,
                         DownloadRequest request, Ended ended)
    : hooks_(std::move(hooks)),
      times_(times),
      io_(io),
      strand_(boost::asio::make_strand(io)),
      work_(work),
      disk_(boost::asio::make_strand(work)),
      rows_(rows_of(work)),
      request_(std::move(request)),
      ended_(std::move(ended)),
      core_(request_.content, std::random_device{}() | 1U,
            Patience{times.stall_time, times.stall_pause_min, times.stall_pause_max}),
      sync_timer_(strand_),
      seek_timer_(strand_),
      seek_pause_(times.seek_pause_min),
      widen_timer_(strand_),
      widen_pause_(times.widen_pause_min),
      report_timer_(strand_),
      began_(std::chrono::steady_clock::now()),
      twin_pause_(times.seek_pause_min) {
  request_.name = safe_name(request_.name);
  details_.status.id = id;
  details_.status.content = request_.content;
  details_.status.name = request_.name;
  details_.status.folder = request_.folder;
  details_.status.began = std::chrono::duration_cast<std::chrono::seconds>(
                              std::chrono::system_clock::now().time_since_epoch())
                              .count();
  details_.piece_length = core_.layout().piece_length;
  details_.here = core_.here();
}

Instant DownloadJob::now() const {
  return Instant(
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

void DownloadJob::opened(Result<std::unique_ptr<PartFile>> part, const Leftover& left) {
  if (!part) return finish(DownloadState::kFailed, part.error());
  if (!left.placed.empty()) return finish(DownloadState::kDone, {}, left.placed);
  part_ = std::move(*part);
  const JournalContents& found = left.journal;
  if (found.request && !found.layer.empty()) {
    core_.restore(found.layer, found.sure, found.claimed);
  } else if (found.request && core_.knows_manifest()) {
    core_.restore({}, found.sure, found.claimed);  // one piece: the root is the manifest
  }
  if (request_.sources.empty() && found.request) {
    take_sources(found.request->sources, found.request->key_pem);
  }
  take_sources(request_.sources, request_.key_pem);
  if (halt_ == Halt::kPaused) append(part_->records().paused(true));
  if (halt_ != Halt::kNone) return halted();
  core_.start(now(), effects_);
  if (core_.knows_manifest()) offer();
  if (!left.copied) dial_all();
  run();
}

void DownloadJob::stop(Halt why) {
  halting_ = true;
  on_strand([why](DownloadJob& job) {
    if (why <= job.halt_) return;
    job.halt_ = why;
    if (job.over_ || !job.part_) return;
    // At once: a crash must not undo what the user was told.
    if (why == Halt::kPaused) job.append(job.part_->records().paused(true));
    job.core_.stop(job.effects_);
    job.run();
  });
}

void DownloadJob::on_message(SourceRef ref, const Parts& message) {
  const auto found = sources_.find(ref);
  if (over_ || found == sources_.end() || found->second.set_aside || !found->second.link) return;
  const auto link = found->second.link;
  core_.at(now());
  if (const auto chunk = chunk_head(message); chunk && found->second.described) {
    const auto length = static_cast<std::uint32_t>(chunk->length);
    found->second.meter->add(length, now());
    meter_.add(length, now());
    if (core_.on_chunk(ref, chunk->offset, length, now(), effects_)) {
      const Layout& layout = core_.layout();
      const std::uint32_t piece = layout.piece_of(chunk->offset);
      Buffer& buffer = buffers_[piece];
      if (length == layout.size(piece) && message.size() == 1) {
        buffer = std::make_shared<PieceBytes>(message.front(), chunk->begin);
      } else {
        if (!buffer) buffer = std::make_shared<PieceBytes>(layout.size(piece));
        copy_bytes(message, chunk->begin,
                   buffer->all().subspan(chunk->offset - layout.offset(piece), length));
      }
    }
  } else {
    ::shoal::v1::FetchResponse response;
    if (response.ParseFromString(joined(message))) {
      on_parsed(ref, response);
    } else {
      drop(ref, Fault::kUnasked);
    }
  }
  link->next();
  run();
}

void DownloadJob::on_parsed(SourceRef ref, const ::shoal::v1::FetchResponse& message) {
  Source& source = sources_.at(ref);
  if (message.has_queued()) return on_queued(ref, message.queued());
  if (message.has_paced() && source.described) return core_.on_paced(ref, now());
  if (message.has_description() && !source.described) {
    source.described = true;
    source.place.reset();
    std::optional<PieceMap> have;
    if (!message.description().pieces().empty()) {
      have = PieceMap::unpack(message.description().pieces(), core_.layout().pieces);
      if (!have) return drop(ref, Fault::kWrongMap);
    }
    std::optional<PieceMap> given;
    if (!message.description().given().empty()) {
      given = PieceMap::unpack(message.description().given(), core_.layout().pieces);
      if (!given) return drop(ref, Fault::kWrongMap);
    }
    source.why.clear();
    hear_name(message.description().name());
    widen();
    core_.on_source(ref, std::move(have), effects_, std::move(given));
    if (!core_.starved()) this->found();
  } else if (message.has_manifest() && source.described) {
    const auto hashes = unpack_hashes(message.manifest().hashes());
    if (!hashes) return drop(ref, Fault::kWrongManifest);
    core_.on_manifest(ref, message.manifest().first(), *hashes, effects_);
  } else if (message.has_have() && source.described) {
    const auto& pieces = message.have().pieces();
    core_.on_have(ref, std::vector<std::uint32_t>(pieces.begin(), pieces.end()), effects_);
    if (!core_.starved()) found();
  } else if (message.has_given() && source.described) {
    const auto& pieces = message.given().pieces();
    core_.on_given(ref, std::vector<std::uint32_t>(pieces.begin(), pieces.end()), effects_);
  } else {
    drop(ref, Fault::kUnasked);
  }
}

void DownloadJob::on_link_end(SourceRef ref, const grpc::Status& status) {
  const auto found = sources_.find(ref);
  if (found == sources_.end()) return;
  Source& source = found->second;
  source.link.reset();
  const bool was_up = std::exchange(source.described, false) || source.place;
  source.place.reset();
  if (over_) return;
  if (source.stalled) return report(true);  // we hung up on it
  core_.at(now());
  core_.on_source_gone(ref, effects_);
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED &&
      !std::exchange(source.grpc_only, true)) {
    dial(ref);
    return run();
  }
  const std::string& endpoint = source.info.endpoints[source.endpoint];
  const Error error = rpc::from_status(
      status, "cannot fetch from " + to_short_text(source.info.peer) + " at " + endpoint);
  if (const auto other = other_stream(ref)) {
    const bool would_end_too = error.code == Errc::kSourceChanged;
    hang_up(would_end_too ? *other : ref);
    if (!would_end_too) return run();
  }
  if (source.as_friend && !was_up && !source.set_aside) {
    source.by_key = true;  // we may be no friend there
    const std::size_t here = source.endpoint;
    dial(ref);
    if (source.link) return run();
    source.endpoint = here;
  }
  if (!source.set_aside) {
    source.edited = error.code == Errc::kSourceChanged;
    source.why = error.why;
    {
      const std::lock_guard lock(mutex_);
      details_.status.error = error;
    }
    // A source that was up is asked again after a pause, under a new ref.
    if (was_up) {
      source.endpoint = source.info.endpoints.size();
    } else if (++source.endpoint < source.info.endpoints.size() && !source.edited) {
      source.by_key = false;  // that address may only have been dead
      dial(ref);
    }
  }
  run();
  if (!over_) report(true);
  const bool any =
      std::ranges::any_of(sources_, [](const auto& one) { return one.second.link != nullptr; });
  // Without a need for bytes nobody is looked for; the core says so when there is one again.
  if (!any && needs_bytes() && !over_ && halt_ == Halt::kNone) seek();
}

void DownloadJob::halted() {
  switch (halt_) {
    case Halt::kCancelled:
      return finish(DownloadState::kCancelled, {});
    case Halt::kPaused:
      return finish(DownloadState::kHeld, {});
    case Halt::kNone:
    case Halt::kProcessEnds:
      return finish(DownloadState::kStopped, {});
  }
}

void DownloadJob::drop(SourceRef ref, Fault fault) {
  core_.on_source_gone(ref, effects_);
  effects_.emplace_back(SetAside{ref, fault});
}

void DownloadJob::set_aside(SourceRef ref, Fault fault) {
  const auto found = sources_.find(ref);
  if (found == sources_.end()) return;  // its peer was, for what it did on another stream
  if (const auto other = other_stream(ref)) hang_up(*other);
  Source& source = found->second;
  source.set_aside = true;
  source.why = words(fault);
  if (source.link) source.link->close();
  const std::lock_guard lock(mutex_);
  details_.status.error =
      Error{Errc::kIntegrity, "set " + to_short_text(source.info.peer) + " aside",
            std::string(words(fault)), "another source is looked for"};
}

void DownloadJob::ask(SourceRef ref, const ::shoal::v1::FetchRequest& request) {
  const auto found = sources_.find(ref);
  if (found != sources_.end() && found->second.link) found->second.link->ask(request);
}

void DownloadJob::carry_out(const Effects& todo) {
  for (const Effect& effect : todo) {
    std::visit(Visitor{[&](const AskManifest& one) {
                         ::shoal::v1::FetchRequest request;
                         request.mutable_manifest()->set_first(one.range.first);
                         request.mutable_manifest()->set_count(one.range.count);
                         ask(one.source, request);
                       },
                       [&](const AskRange& one) {
                         ::shoal::v1::FetchRequest request;
                         request.mutable_range()->set_offset(one.offset);
                         request.mutable_range()->set_length(one.length);
                         ask(one.source, request);
                       },
                       [&](const Rest& one) {
                         ::shoal::v1::FetchRequest request;
                         request.mutable_rest();
                         ask(one.source, request);
                       },
                       [&](const Hash& one) { hash(one.piece); },
                       [&](const Write& one) { write(one.piece); },
                       [&](const Discard& one) { buffers_.erase(one.piece); },
                       [&](const Check& one) { check(one.piece); }, [&](const Sync&) { sync(); },
                       [&](const Record& one) { record(one.pieces); },
                       [&](const RecordManifest&) {
                         append(part_->records().manifest(core_.layer()));
                         offer();
                       },
                       [&](const SetAside& one) { set_aside(one.source, one.fault); },
                       [&](const Stalled& one) { on_stalled(one); },
                       [&](const AskAgain& one) { ask_again(one.source); },
                       [&](const Seek&) { seek(); }, [&](const Place&) { place_if_ours(); },
                       [&](const Stopped& one) {
                         if (one.reason) {
                           return finish(DownloadState::kFailed,
                                         disk_error_.value_or(
                                             Error{*one.reason,
                                                   "cannot finish the download",
                                                   "the bytes cannot be right or cannot be kept",
                                                   {}}));
                         }
                         if (core_.claims_checked()) append(part_->records().clean_stop());
                         halted();
                       }},
               effect);
  }
}

void DownloadJob::run() {
  while (!effects_.empty()) carry_out(std::exchange(effects_, {}));
  if (over_) return;
  consider_twin();
  show();
  arm();
  report(false);
}

}  // namespace shoal::transfer
