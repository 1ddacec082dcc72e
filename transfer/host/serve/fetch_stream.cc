// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/serve/fetch_stream.h"

#include <algorithm>
#include <utility>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/host/link/wire.h"

namespace shoal::transfer {
namespace {

bool parse(const grpc::ByteBuffer& message, ::shoal::v1::FetchRequest& request) {
  grpc::Slice slice;
  return message.Length() <= limits::kFetchRequestBytes && message.DumpToSingleSlice(&slice).ok() &&
         request.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
}

}  // namespace

grpc::Status no_upload_place() {
  return rpc::to_status({Errc::kOverloaded, "cannot serve now",
                         "all upload places are taken, and the queue is full", "try again later"});
}

grpc::Status no_spare_slot() {
  return rpc::to_status({Errc::kOverloaded, "cannot serve one more stream to you now",
                         "the upload places are wanted by others", "go on with the one you have"});
}

grpc::Status no_longer_served() {
  return rpc::to_status({Errc::kDenied, "no more files for you",
                         "you are no longer a friend of this peer, or your query is too old",
                         "search again"});
}

void FetchStream::begin(const Result<PeerId>& caller) {
  self_ = shared_from_this();
  const std::lock_guard lock(mutex_);
  if (!caller) return end(rpc::to_status(caller.error()));
  caller_ = *caller;
  {
    const std::lock_guard all(state_->mutex);
    if (state_->stopped || state_->streams.size() >= limits::kUploadsMax) {
      ++state_->counts.refused;
      return end(no_upload_place());
    }
    state_->streams.insert(this);
  }
  join();
  watch();
  read_request();
}

void FetchStream::on_read_done(bool ok, grpc::ByteBuffer message) {
  const std::lock_guard lock(mutex_);
  reading_ = false;
  if (ended_) return;
  if (!ok) return end(grpc::Status::OK);
  moved();
  ::shoal::v1::FetchRequest request;
  if (!parse(message, request) || !judge(request)) {
    return end(rpc::to_status({Errc::kInvalidArgument,
                               "cannot answer the request",
                               "it is malformed or out of bounds",
                               {}}));
  }
  if (step_ == Step::kOver) read_request();
  pump();
}

void FetchStream::on_write_done(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (late_) return call_.finish(*late_);
  if (ended_) return;
  if (!ok) return end(grpc::Status(grpc::StatusCode::CANCELLED, "the stream is gone"));
  moved();
  if (answer_of_ == turn_ && upload_) upload_->on_sent();
  answer_of_.reset();
  pump();
}

void FetchStream::on_cancel() {
  const std::lock_guard lock(mutex_);
  end(grpc::Status::CANCELLED);
}

void FetchStream::on_done() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  {
    const std::lock_guard all(state_->mutex);
    state_->streams.erase(this);
  }
  boost::asio::post(state_->io, [self = std::move(self_)] { self->timer_.cancel(); });
}

void FetchStream::end(const grpc::Status& status) {
  if (ended_) return;
  ended_ = true;
  if (place_) {
    state_->spreads.end(*place_);
    state_->desk->leave(*place_);
  }
  if (writing_) {
    late_ = status;
    return;
  }
  call_.finish(status);
}

bool FetchStream::judge(const ::shoal::v1::FetchRequest& request) {
  if (request.has_content()) {
    const auto id = content_of(request.content());
    // Whoever has read that its turn is over took all that we had to say.
    const bool again = step_ == Step::kOver && said_.empty() && id && content_ == *id;
    if (!id || (step_ != Step::kFresh && !again)) return false;
    content_ = *id;
    spare_ = request.spare();
    open();
    return true;
  }
  // Asked before it heard that its turn is over.
  if (step_ == Step::kOver) return true;
  if (!upload_) return false;
  if (request.has_rest()) {
    state_->desk->on_rest(*place_);
    return true;
  }
  state_->desk->on_busy(*place_);
  if (request.has_manifest()) {
    return upload_->on_manifest_request({request.manifest().first(), request.manifest().count()});
  }
  return request.has_range() && asked(request.range().offset(), request.range().length());
}

void FetchStream::read_request() {
  if (reading_) return;
  reading_ = true;
  call_.read();
}

void FetchStream::write(grpc::ByteBuffer message) {
  writing_ = true;
  call_.write(std::move(message));
}

// The timer keeps the object until OnDone cancels it.
void FetchStream::watch() {
  timer_.expires_after(std::min(state_->times.gate_recheck, state_->times.silence));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    const std::lock_guard lock(self->mutex_);
    if (self->done_) return;
    // The end waits for an answer that is not taken.
    if (self->ended_) return self->call_.cancel();
    if (!self->state_->gate.may_fetch(*self->caller_)) {
      self->end(no_longer_served());
    } else if (Clock::now() - self->last_move_ > self->state_->times.silence) {
      self->end(
          rpc::to_status({Errc::kTimeout, "the transfer is over", "nothing moved for long", {}}));
    } else {
      self->tell_place();
    }
    self->watch();
  });
}

Result<PeerId> TransferService::State::admit(const std::optional<PeerId>& caller) {
  if (caller && gate.may_fetch(*caller)) return *caller;
  const std::lock_guard lock(mutex);
  ++counts.refused;
  return fail(Errc::kDenied, "no files for you",
              "you are no friend of this peer, nor did it answer a query of yours lately",
              "search again");
}

void stop_fetches(TransferService::State& state) {
  const std::lock_guard lock(state.mutex);
  state.stopped = true;
  for (FetchStream* stream : state.streams) stream->cancel();
}

}  // namespace shoal::transfer
