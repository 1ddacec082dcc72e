// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put/put_job.h"

#include <algorithm>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "proto/types/text.h"
#include "transfer/core/manifest.h"
#include "transfer/host/disk/piece_bytes.h"
#include "transfer/host/link/wire.h"

namespace shoal::transfer {
namespace {

// The slowest disk that a receiver is waited for, while it reads the file back: what it has of it
// before it says where to begin, and the whole at the end.
constexpr std::uint64_t kCheckBytesPerSecond = 10'000'000;

std::chrono::seconds time_to_check(std::uint64_t bytes) {
  return std::chrono::seconds(1 + bytes / kCheckBytesPerSecond);
}

// What may go away by itself. Everything else is the answer.
bool may_pass(const Error& error) {
  return error.code == Errc::kOverloaded || error.code == Errc::kTimeout ||
         error.code == Errc::kConflict;
}

// Messages lie within pieces, whatever offset the receiver asked for.
Result<PutBatch> read_batch(const PutFile& file, std::uint64_t offset) {
  const Layout layout(file.length());
  const std::uint64_t end = std::min(offset + limits::kPutReadBytes, layout.length);
  grpc::Slice bytes(static_cast<std::size_t>(end - offset));
  auto* const room = const_cast<std::uint8_t*>(bytes.begin());  // ours alone until it is sent
  if (auto got = file.read(offset, {room, bytes.size()}); !got) {
    return tl::unexpected<Error>(got.error());
  }
  PutBatch batch;
  batch.bytes = static_cast<std::uint32_t>(bytes.size());
  batch.end = end;
  for (std::uint64_t at = offset; at < end;) {
    const std::uint32_t piece = layout.piece_of(at);
    const std::uint64_t stop =
        std::min({end, at + limits::kPutChunk, layout.offset(piece) + layout.size(piece)});
    batch.messages.push_back(chunk_message(at, bytes.sub(static_cast<std::size_t>(at - offset),
                                                         static_cast<std::size_t>(stop - offset))));
    at = stop;
  }
  return batch;
}

}  // namespace

PutJob::PutJob(std::uint64_t id, const PutTools& tools, PutRequest request,
               std::unique_ptr<PutFile> file, Ended ended)
    : tools_(tools),
      strand_(boost::asio::make_strand(tools.io)),
      request_(std::move(request)),
      ended_(std::move(ended)),
      file_(std::move(file)),
      timer_(strand_),
      pause_(tools.times.pause_min) {
  status_.id = id;
  status_.peer = request_.peer;
  status_.path = request_.path;
  status_.name = request_.name;
  status_.content.length = file_->length();
}

PutStatus PutJob::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void PutJob::start() {
  on_work([](PutJob& job) { job.hash(); });
}

void PutJob::cancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
  }
  on_strand([](PutJob& job) {
    if (job.over_) return;
    job.timer_.cancel();
    if (job.link_) return job.link_->close();
    if (job.status().state == PutState::kWaiting) job.finish(PutState::kCancelled);
  });
}

std::string PutJob::target() const { return "cannot put " + request_.name; }

// On work_.
void PutJob::hash() {
  const auto done = file_->hash_some();
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    status_.bytes_done = file_->hashed();
    cancelled = cancelled_;
  }
  if (cancelled) return on_strand([](PutJob& job) { job.finish(PutState::kCancelled); });
  if (!done) {
    return on_strand([error = done.error()](PutJob& job) { job.finish(PutState::kFailed, error); });
  }
  // Step by step, so that others have their turn.
  if (!*done) return on_work([](PutJob& job) { job.hash(); });
  on_strand([](PutJob& job) {
    {
      const std::lock_guard lock(job.mutex_);
      job.status_.content = job.file_->tree().id;
      job.status_.bytes_done = 0;
    }
    job.moved_ = Clock::now();
    job.connect();
  });
}

void PutJob::connect() {
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_) status_.state = PutState::kConnecting;
  }
  if (status().state != PutState::kConnecting) return finish(PutState::kCancelled);
  auto endpoints = tools_.connections->endpoints(request_.peer);
  if (!endpoints) return finish(PutState::kFailed, endpoints.error());
  endpoints_ = std::move(*endpoints);
  endpoint_ = 0;
  if (endpoints_.empty()) {
    return wait({Errc::kUnreachable, target(), "nobody knows an address of this friend",
                 "shoal friends shows whether it is up"});
  }
  dial();
}

void PutJob::dial() {
  auto channel = tools_.connections->connect(endpoints_[endpoint_], request_.peer);
  if (!channel) return finish(PutState::kFailed, channel.error());
  begun_ = reading_ = link_idle_ = waits_for_rate_ = granted_ = false;
  ready_.reset();
  ++calls_;
  if (tools_.desk) {
    place_ = tools_.desk->join({[] {}, [] {},
                                [weak = weak_from_this(), call = calls_] {
                                  const auto self = weak.lock();
                                  if (!self) return;
                                  self->on_strand([call](PutJob& job) { job.on_rate(call); });
                                }});
  }
  link_ = PutLink::start(
      std::move(*channel), strand_,
      {[self = shared_from_this()](const auto& answer) { self->on_answer(answer); },
       [self = shared_from_this()] { self->on_sent(); },
       [self = shared_from_this()](const grpc::Status& status) { self->on_link_end(status); }},
      tools_.times.silence);
  ::shoal::v1::PutRequest request;
  auto& content = *request.mutable_offer()->mutable_content();
  const ContentId id = file_->tree().id;
  content.set_root(id.root.bytes.data(), id.root.bytes.size());
  content.set_length(id.length);
  request.mutable_offer()->set_name(request_.name);
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(to_buffer(request));
  link_->be_patient(time_to_check(id.length));
  link_->send(std::move(messages));
}

void PutJob::on_answer(const ::shoal::v1::PutResponse& answer) {
  if (over_ || !link_) return;
  if (answer.has_begin() && !begun_ && answer.begin().offset() <= file_->length()) {
    return begin(answer.begin());
  }
  std::optional<Fate> fate;
  if (answer.received().fate() == ::shoal::v1::PUT_FATE_WAITING) fate = Fate::kWaiting;
  if (answer.received().fate() == ::shoal::v1::PUT_FATE_SHARED) fate = Fate::kShared;
  if (answer.received().fate() == ::shoal::v1::PUT_FATE_HERE) fate = Fate::kHere;
  if (!answer.has_received() || !fate) return link_->close();  // nothing that makes sense
  const std::lock_guard lock(mutex_);
  if (!begun_) status_.bytes_found = file_->length();
  status_.bytes_done = file_->length();
  status_.fate = fate;
}

void PutJob::begin(const ::shoal::v1::PutBegin& word) {
  begun_ = true;
  link_->be_patient(std::chrono::seconds(0));
  read_to_ = sending_to_ = word.offset();
  {
    const std::lock_guard lock(mutex_);
    status_.state = PutState::kSending;
    status_.error.reset();
    status_.bytes_found = std::max(status_.bytes_found, word.offset());
    status_.bytes_done = word.offset();
  }
  if (word.offset() > best_) {
    best_ = word.offset();
    moved_ = Clock::now();
  }
  link_idle_ = true;
  if (word.manifest()) {
    std::vector<grpc::ByteBuffer> messages;
    const auto& layer = file_->tree().layer;
    for (std::size_t at = 0; at < layer.size(); at += limits::kManifestChunk) {
      const std::size_t count = std::min<std::size_t>(limits::kManifestChunk, layer.size() - at);
      ::shoal::v1::PutRequest part;
      part.mutable_manifest()->set_first(static_cast<std::uint32_t>(at));
      part.mutable_manifest()->set_hashes(pack_hashes({layer.data() + at, count}));
      messages.push_back(to_buffer(part));
    }
    link_idle_ = messages.empty();
    link_->send(std::move(messages));
  }
  read_ahead();
}

void PutJob::read_ahead() {
  if (reading_ || ready_ || read_to_ == file_->length()) return;
  reading_ = true;
  on_work([link = link_, offset = read_to_, file = file_](PutJob& job) {
    auto batch = std::make_shared<Result<PutBatch>>(read_batch(*file, offset));
    job.on_strand([link, batch](PutJob& back) {
      if (back.over_ || back.link_ != link) return;
      back.reading_ = false;
      if (!*batch) {
        back.file_error_ = batch->error();
        return back.link_->close();
      }
      back.read_to_ = (*batch)->end;
      back.ready_ = std::move(**batch);
      back.pump();
    });
  });
}

void PutJob::pump() {
  if (!link_idle_ || !ready_ || !may_send()) return;
  link_idle_ = granted_ = false;
  sending_to_ = ready_->end;
  link_->send(std::move(ready_->messages));
  ready_.reset();
  read_ahead();
}

// Whether the rates of this peer allow to send what is ready.
bool PutJob::may_send() {
  if (granted_ || !place_) return true;
  if (waits_for_rate_) return false;
  if (tools_.desk->ask(*place_, request_.peer, ready_->bytes)) return true;
  waits_for_rate_ = true;
  signal();
  return false;
}

void PutJob::on_rate(std::uint64_t call) {
  if (call != calls_ || !std::exchange(waits_for_rate_, false)) return;
  timer_.cancel();
  granted_ = true;
  pump();
}

// While a rate is waited for: that we live.
void PutJob::signal() {
  timer_.expires_after(std::min<Clock::duration>(limits::kPlaceToldMax, tools_.times.silence / 3));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error || self->over_ || !self->link_ || !self->waits_for_rate_) return;
    ::shoal::v1::PutRequest request;
    request.mutable_paced()->set_wait_ms(
        static_cast<std::uint64_t>(to_ms(self->tools_.desk->wait(*self->place_))));
    std::vector<grpc::ByteBuffer> messages;
    messages.push_back(to_buffer(request));
    if (std::exchange(self->link_idle_, false)) self->link_->send(std::move(messages));
    self->signal();
  });
}

// The call is over.
void PutJob::hang_up() {
  link_.reset();
  timer_.cancel();
  if (place_) tools_.desk->leave(*place_);
  place_.reset();
  waits_for_rate_ = false;
}

void PutJob::on_sent() {
  if (over_ || !link_ || !begun_) return;
  if (sending_to_ > best_) {
    best_ = sending_to_;
    moved_ = Clock::now();
    full_since_.reset();
    pause_ = tools_.times.pause_min;
  }
  {
    const std::lock_guard lock(mutex_);
    status_.bytes_done = sending_to_;
  }
  if (sending_to_ == file_->length()) {
    return link_->be_patient(time_to_check(sending_to_));
  }
  link_idle_ = true;
  pump();
}

void PutJob::on_link_end(const grpc::Status& status) {
  if (over_) return;
  hang_up();
  const PutStatus now = this->status();
  if (now.fate) return finish(PutState::kDone);
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    cancelled = cancelled_;
  }
  if (cancelled) return finish(PutState::kCancelled);
  if (file_error_) return finish(PutState::kFailed, file_error_);
  Error error{Errc::kInternal, target(), "the friend ended the call without a word", {}};
  if (!status.ok()) {
    error = rpc::from_status(
        status, target() + " at " + to_short_text(request_.peer) + ", " + endpoints_[endpoint_]);
  }
  if (rpc::has_reason(status) && error.code == Errc::kNoSpace) {
    // Its disk is full. What is there stays, and we are told again.
    if (!full_since_) full_since_ = Clock::now();
    if (Clock::now() - *full_since_ >= tools_.times.room_patience) {
      return finish(PutState::kFailed, error);
    }
    moved_ = Clock::now();
    pause_ = tools_.times.pause_max;
    return wait(error);
  }
  if (rpc::has_reason(status) && !may_pass(error)) return finish(PutState::kFailed, error);
  if (!begun_ && !rpc::has_reason(status) && ++endpoint_ < endpoints_.size()) return dial();
  wait(error);
}

void PutJob::wait(const Error& why) {
  if (Clock::now() - moved_ >= tools_.times.patience) return finish(PutState::kFailed, why);
  {
    const std::lock_guard lock(mutex_);
    if (!cancelled_) {
      status_.state = PutState::kWaiting;
      status_.error = why;
    }
  }
  if (status().state != PutState::kWaiting) return finish(PutState::kCancelled);
  timer_.expires_after(std::exchange(pause_, std::min(2 * pause_, tools_.times.pause_max)));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error && !self->over_) self->connect();
  });
}

void PutJob::finish(PutState state, std::optional<Error> error) {
  if (std::exchange(over_, true)) return;
  if (link_) link_->close();
  hang_up();
  file_.reset();
  {
    const std::lock_guard lock(mutex_);
    status_.state = state;
    status_.error = std::move(error);
  }
  std::exchange(ended_, {})();
}

}  // namespace shoal::transfer
