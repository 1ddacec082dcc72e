// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/put_stream.h"

#include <algorithm>
#include <deque>
#include <filesystem>
#include <optional>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "shoal/v1/inbox.pb.h"
#include "transfer/host/fetch_stream.h"
#include "transfer/host/files.h"
#include "transfer/host/put_part.h"
#include "transfer/host/put_words.h"
#include "transfer/host/wire.h"

namespace shoal::transfer {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

// Messages are queued as gRPC brings them and worked off one by one on a strand of `work`, where
// all that concerns the file lives.
class PutStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                        public std::enable_shared_from_this<PutStream> {
 public:
  PutStream(std::shared_ptr<PutService::State> state, grpc::CallbackServerContext& context)
      : state_(std::move(state)),
        context_(context),
        strand_(boost::asio::make_strand(state_->work)),
        timer_(state_->io) {}

  void begin() {
    self_ = shared_from_this();
    const std::lock_guard lock(mutex_);
    auto caller = state_->admit(this, context_);
    if (!caller) return end(rpc::to_status(caller.error()));
    caller_ = *caller;
    watch();
    read();
  }

  // Called under state_->mutex, hence without mutex_.
  void cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
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

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (late_) return Finish(*late_);
    if (ended_) return StartWriteAndFinish(&received_, {}, grpc::Status::OK);
    if (!ok) end(grpc::Status::CANCELLED);
  }

  void OnCancel() override {
    const std::lock_guard lock(mutex_);
    end(grpc::Status::CANCELLED);
  }

  void OnDone() override {
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

 private:
  // ---- under mutex_ ----

  void read() {
    if (reading_ || ended_ || waiting_ >= limits::kPutReadAhead) return;
    reading_ = true;
    StartRead(&incoming_);
  }

  void end(const grpc::Status& status) {
    if (std::exchange(ended_, true)) return;
    if (writing_) {
      late_ = status;
      return;
    }
    Finish(status);
  }

  void watch() {
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
        self->end(rpc::to_status(
            {Errc::kTimeout, "the file did not come", "nothing moved for long", {}}));
      }
      boost::asio::post(self->strand_, [self] { self->over(); });
      self->watch();
    });
  }

  // ---- on strand_ ----

  void refuse(const Error& error) {
    state_->count_refusal(error);
    const std::lock_guard lock(mutex_);
    end(rpc::to_status(error));
  }

  // `message`: none at the end of what the giver sends.
  void work_off(const std::optional<grpc::Slice>& message) {
    {
      const std::lock_guard lock(mutex_);
      --waiting_;
      if (ended_) return;
      read();
    }
    Result<void> fine;
    if (reception_ && reception_->revoked) {
      fine = tl::unexpected<Error>(rejected());
    } else if (!state_->hooks.may_put(*caller_)) {
      {
        const std::lock_guard lock(mutex_);
        unwelcome_ = true;
      }
      fine = tl::unexpected<Error>(no_longer());
    } else if (!message) {
      // The giver may close its side once it has sent all.
      if (!finishing_) fine = tl::unexpected<Error>(malformed("it ended before its last byte"));
    } else if (finishing_) {
      fine = tl::unexpected<Error>(malformed("there is more of it than its length"));
    } else {
      fine = take(*message);
    }
    if (!fine) refuse(fine.error());
  }

  Result<void> take(const grpc::Slice& message) {
    const bool bytes = part_ && !part_->wants_manifest();
    if (const auto chunk = bytes ? parse_chunk(message) : std::nullopt; chunk) {
      if (chunk->data.size() > limits::kPutChunk) {
        return tl::unexpected<Error>(malformed("what came is no part of it"));
      }
      if (auto fine = part_->take_bytes(chunk->offset, chunk->data); !fine) {
        return tl::unexpected<Error>(for_friend(fine.error()));
      }
      reception_->bytes = part_->offset();
      const std::lock_guard all(state_->mutex);
      state_->counts.bytes += chunk->data.size();
    } else {
      ::shoal::v1::PutRequest request;
      if (!request.ParseFromArray(message.begin(), static_cast<int>(message.size()))) {
        return tl::unexpected<Error>(malformed("a message is malformed"));
      }
      if (request.has_offer() && !offered_) return take_offer(request.offer());
      if (request.has_paced() && offered_) return {};
      if (!request.has_manifest() || !part_) {
        return tl::unexpected<Error>(malformed("a message is out of order"));
      }
      const auto hashes = unpack_hashes(request.manifest().hashes());
      if (!hashes) return tl::unexpected<Error>(malformed("its manifest is malformed"));
      if (auto fine = part_->take_hashes(request.manifest().first(), *hashes); !fine) {
        return tl::unexpected<Error>(for_friend(fine.error()));
      }
    }
    if (part_->all_here()) begin_check();
    return {};
  }

  Result<void> take_offer(const ::shoal::v1::PutOffer& offer) {
    offered_ = true;
    const auto id = content_of(offer.content());
    if (!id) return tl::unexpected<Error>(id.error());
    if (offer.name().size() > limits::kOfferName) {
      return tl::unexpected<Error>(malformed("its name is too long"));
    }
    if (auto open = state_->hooks.open(); !open) return open;
    if (state_->hooks.shared(*id)) {
      answer_received(Fate::kHere);
      return {};
    }
    auto reception = state_->inbox.receive(to_text(*caller_), *id);
    if (!reception) return tl::unexpected<Error>(reception.error());
    reception_ = std::move(*reception);
    if (const auto there = state_->inbox.find(reception_->giver, *id);
        there && !there->path.empty()) {
      finishing_ = true;
      received();
      return {};
    }
    auto disk = open_disk(reception_->folder);
    if (!disk) return tl::unexpected<Error>(for_friend(disk.error()));
    auto part = PutPart::open(std::move(*disk), *id, inbox_name(offer.name()), reception_->folder,
                              state_->inbox.keep_free());
    if (!part) return tl::unexpected<Error>(for_friend(part.error()));
    part_ = std::move(*part);
    set_busy(true);
    prepare();
    return {};
  }

  void set_busy(bool busy) {
    const std::lock_guard lock(mutex_);
    busy_ = busy;
    last_move_ = Clock::now();
  }

  // Ended, or to be ended because the owner does not want the file.
  bool over() {
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return true;
    }
    if (!reception_ || !reception_->revoked) return false;
    refuse(rejected());
    return true;
  }

  // Step by step, so that others have their turn on the disk's threads.
  void later(void (PutStream::*step)()) {
    boost::asio::post(strand_, [self = shared_from_this(), step] { ((*self).*step)(); });
  }

  void prepare() {
    if (over()) return;
    const auto ready = part_->prepare();
    if (!ready) return refuse(for_friend(ready.error()));
    if (!*ready) return later(&PutStream::prepare);
    reception_->bytes = part_->offset();
    set_busy(false);
    if (part_->all_here()) return begin_check();
    ::shoal::v1::PutResponse answer;
    answer.mutable_begin()->set_offset(part_->offset());
    answer.mutable_begin()->set_manifest(part_->wants_manifest());
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    outgoing_ = to_buffer(answer);
    writing_ = true;
    StartWrite(&outgoing_);
  }

  void begin_check() {
    finishing_ = true;
    set_busy(true);
    check();
  }

  void check() {
    if (over()) return;
    const auto done = part_->check();
    if (!done) return refuse(for_friend(done.error()));
    if (!*done) return later(&PutStream::check);
    const auto placed = part_->place();
    if (!placed) return refuse(for_friend(placed.error()));
    if (const auto tree = part_->tree()) state_->hooks.verified(*placed, *tree);
    {
      const std::lock_guard all(state_->mutex);
      ++state_->counts.files;
    }
    received();
  }

  void received() {
    const auto entry = state_->inbox.find(reception_->giver, reception_->content);
    if (!entry || entry->path.empty()) {
      return refuse(rejected());
    }
    part_.reset();  // its files are closed before somebody moves them
    answer_received(state_->hooks.received(*entry));
  }

  void answer_received(Fate fate) {
    ::shoal::v1::PutResponse answer;
    answer.mutable_received()->set_fate(on_wire(fate));
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    if (std::exchange(ended_, true)) return;
    received_ = to_buffer(answer);
    // Or when the word that it may begin, which a fast giver overtakes, is written.
    if (!writing_) StartWriteAndFinish(&received_, {}, grpc::Status::OK);
  }

  void close() {
    if (part_) {
      bool unwelcome = false;
      {
        const std::lock_guard lock(mutex_);
        unwelcome = unwelcome_;
      }
      part_->stop();
      part_.reset();
      // Nobody can go on with what a friend of old began.
      if (unwelcome) state_->inbox.forget(*reception_);
    }
    if (reception_) state_->inbox.forget_empty(*reception_);
    reception_.reset();
  }

  const std::shared_ptr<PutService::State> state_;
  grpc::CallbackServerContext& context_;
  const boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::shared_ptr<PutStream> self_;
  std::optional<PeerId> caller_;  ///< set before anything else runs

  // On strand_.
  std::shared_ptr<Reception> reception_;
  std::unique_ptr<PutPart> part_;
  bool offered_ = false;
  bool finishing_ = false;  ///< all bytes are here

  std::mutex mutex_;  ///< guards what follows
  boost::asio::steady_timer timer_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  grpc::ByteBuffer received_;
  std::optional<grpc::Status> late_;
  Clock::time_point last_move_ = Clock::now();
  std::size_t waiting_ = 0;  ///< messages that came and are not worked off
  bool busy_ = false;        ///< with the disk
  bool unwelcome_ = false;
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool done_ = false;
};

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
