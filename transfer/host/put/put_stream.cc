// SPDX-License-Identifier: Apache-2.0
// The call of a put: admission, messages as they come, silence, the end.
#include "transfer/host/put/put_stream.h"

#include <algorithm>
#include <utility>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "transfer/host/put/put_words.h"

namespace shoal::transfer {

void PutStream::begin() {
  self_ = shared_from_this();
  const std::lock_guard lock(mutex_);
  auto caller = state_->admit(this, context_);
  if (!caller) return end(rpc::to_status(caller.error()));
  caller_ = *caller;
  watch();
  read();
}

void PutStream::OnReadDone(bool ok) {
  const std::lock_guard lock(mutex_);
  reading_ = false;
  last_move_ = Clock::now();
  if (ended_) return;
  ++waiting_;
  std::optional<grpc::Slice> message;
  if (ok) {
    message.emplace();
    if (!incoming_.DumpToSingleSlice(&*message).ok()) message = grpc::Slice();
    incoming_.Clear();
    read();
  }
  boost::asio::post(strand_, [self = shared_from_this(), message = std::move(message)] {
    self->work_off(message);
  });
}

void PutStream::OnWriteDone(bool ok) {
  const std::lock_guard lock(mutex_);
  writing_ = false;
  if (late_) return Finish(*late_);
  if (ended_) return StartWriteAndFinish(&received_, {}, grpc::Status::OK);
  if (!ok) end(grpc::Status::CANCELLED);
}

void PutStream::OnCancel() {
  const std::lock_guard lock(mutex_);
  end(grpc::Status::CANCELLED);
}

void PutStream::OnDone() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  {
    const std::lock_guard all(state_->mutex);
    state_->streams.erase(this);
  }
  boost::asio::post(state_->io, [self = shared_from_this()] { self->timer_.cancel(); });
  // Behind all that is still to be done with the file.
  boost::asio::post(strand_, [self = std::move(self_)] { self->close(); });
}

void PutStream::read() {
  if (reading_ || ended_ || waiting_ >= limits::kPutReadAhead) return;
  reading_ = true;
  StartRead(&incoming_);
}

void PutStream::end(const grpc::Status& status) {
  if (std::exchange(ended_, true)) return;
  if (writing_) {
    late_ = status;
    return;
  }
  Finish(status);
}

void PutStream::watch() {
  timer_.expires_after(std::min(state_->times.gate_recheck, state_->times.silence));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (error) return;
    const std::lock_guard lock(self->mutex_);
    if (self->done_) return;
    if (self->ended_) return self->context_.TryCancel();  // an answer that is not taken
    if (!self->state_->hooks.may_put(*self->caller_)) {
      self->unwelcome_ = true;
      self->end(rpc::to_status(no_longer()));
    } else if (self->waiting_ == 0 && !self->busy_ &&
               Clock::now() - self->last_move_ > self->state_->times.silence) {
      self->end(
          rpc::to_status({Errc::kTimeout, "the file did not come", "nothing moved for long", {}}));
    }
    boost::asio::post(self->strand_, [self] { self->over(); });
    self->watch();
  });
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* serve_put(
    std::shared_ptr<PutService::State> state, grpc::CallbackServerContext& context) {
  const auto stream = std::make_shared<PutStream>(std::move(state), context);
  stream->begin();
  return stream.get();
}

Result<PeerId> PutService::State::admit(PutStream* stream, const grpc::ServerContextBase& context) {
  const auto caller = hooks.who(context);
  const bool may = caller && hooks.may_put(*caller);
  const std::lock_guard lock(mutex);
  const auto his =
      std::ranges::count_if(streams, [&](const auto& one) { return one.second == caller; });
  if (may && !stopped && streams.size() < limits::kPutsReceivedMax &&
      his < static_cast<std::ptrdiff_t>(limits::kPutsReceivedPerGiver)) {
    streams.emplace(stream, *caller);
    return *caller;
  }
  ++counts.refused;
  if (!may) return tl::unexpected<Error>(no_longer());
  return fail(Errc::kOverloaded, "the inbox cannot take the file now",
              "too many files are on their way to it", "try again later");
}

void PutService::State::count_refusal(const Error& error) {
  const std::lock_guard lock(mutex);
  const bool his_fault = error.code == Errc::kInvalidArgument || error.code == Errc::kIntegrity;
  ++(his_fault ? counts.wrong : counts.refused);
}

void stop_puts(PutService::State& state) {
  const std::lock_guard lock(state.mutex);
  state.stopped = true;
  for (const auto& [stream, peer] : state.streams) stream->cancel();
}

}  // namespace shoal::transfer
