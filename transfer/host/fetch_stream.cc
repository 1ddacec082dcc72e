// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/fetch_stream.h"

#include <algorithm>
#include <map>
#include <optional>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "transfer/core/upload.h"
#include "transfer/host/wire.h"

namespace shoal::transfer {

using Clock = std::chrono::steady_clock;

class FetchStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public std::enable_shared_from_this<FetchStream> {
 public:
  FetchStream(std::shared_ptr<TransferService::State> state, grpc::CallbackServerContext& context)
      : state_(std::move(state)), context_(context), timer_(state_->io) {}

  void begin() {
    self_ = shared_from_this();
    const std::lock_guard lock(mutex_);
    auto allowed = state_->admit(context_);
    if (!allowed) return end(rpc::to_status(allowed.error()));
    caller_ = *allowed;
    {
      const std::lock_guard all(state_->mutex);
      if (state_->stopped || state_->streams.size() >= limits::kUploadsMax) {
        ++state_->counts.refused;
        return end(rpc::to_status(
            {Errc::kOverloaded, "cannot serve now", "all upload places are taken", {}}));
      }
      state_->streams.insert(this);
    }
    watch();
    read_request();
  }

  // Called under state_->mutex, hence without mutex_.
  void cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    reading_ = false;
    if (ended_) return;
    if (!ok) return end(grpc::Status::OK);
    moved();
    ::shoal::v1::FetchRequest request;
    if (!parse(request) || !judge(request)) {
      return end(rpc::to_status({Errc::kInvalidArgument,
                                 "cannot answer the request",
                                 "it is malformed or out of bounds",
                                 {}}));
    }
    pump();
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (late_) return Finish(*late_);
    if (ended_) return;
    if (!ok) return end(grpc::Status(grpc::StatusCode::CANCELLED, "the stream is gone"));
    moved();
    if (described_) upload_->on_sent();
    described_ = true;
    pump();
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
    boost::asio::post(state_->io, [self = std::move(self_)] { self->timer_.cancel(); });
  }

 private:
  void moved() { last_move_ = Clock::now(); }

  void end(const grpc::Status& status) {
    if (ended_) return;
    ended_ = true;
    if (writing_) {
      late_ = status;
      return;
    }
    Finish(status);
  }

  bool parse(::shoal::v1::FetchRequest& request) {
    grpc::Slice slice;
    return request_.Length() <= 4096 && request_.DumpToSingleSlice(&slice).ok() &&
           request.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  }

  bool judge(const ::shoal::v1::FetchRequest& request) {
    if (request.has_content()) {
      const auto id = content_of(request.content());
      if (opening_ || !id) return false;
      opening_ = true;
      boost::asio::post(state_->work, [self = shared_from_this(), id = *id] {
        self->on_opened(id, self->state_->files.open_file(id));
      });
      return true;
    }
    if (!upload_) return false;
    if (request.has_manifest()) {
      return upload_->on_manifest_request({request.manifest().first(), request.manifest().count()});
    }
    return request.has_range() &&
           upload_->on_range_request(request.range().offset(), request.range().length());
  }

  void on_opened(const ContentId& id, Result<std::shared_ptr<ServedFile>> file) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!file) return end(rpc::to_status(file.error()));
    file_ = std::move(*file);
    // First to listen, then to look: no piece that comes meanwhile is missed.
    news_ = file_->listen([weak = weak_from_this(), io = state_->io] {
      boost::asio::post(io, [weak] {
        if (const auto self = weak.lock()) self->on_news();
      });
    });
    auto here = file_->pieces();
    if (here && here->all()) here.reset();
    upload_.emplace(Layout(id.length), here);
    {
      const std::lock_guard all(state_->mutex);
      ++state_->counts.streams;
    }
    ::shoal::v1::FetchResponse response;
    response.mutable_description()->set_name(file_->name());
    if (here) response.mutable_description()->set_pieces(here->pack());
    partial_ = here.has_value();
    write(to_buffer(response));
    read_request();
  }

  void on_news() {
    const std::lock_guard lock(mutex_);
    if (ended_ || !partial_) return;
    if (const auto here = file_->pieces()) upload_->on_here(*here);
    pump();
  }

  void on_read(const Upload::Read& read, grpc::Slice data, const Result<void>& got) {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    if (!got) return end(rpc::to_status(got.error()));
    bytes_.emplace(read.number, std::move(data));
    upload_->on_read(read.number);
    pump();
  }

  static grpc::Status no_longer() {
    return rpc::to_status({Errc::kDenied, "no more files for you",
                           "you are no longer a friend of this peer, or your query is too old",
                           "search again"});
  }

  void read_request() {
    if (reading_) return;
    reading_ = true;
    StartRead(&request_);
  }

  void write(grpc::ByteBuffer message) {
    writing_ = true;
    answer_ = std::move(message);
    StartWrite(&answer_);
  }

  void pump() {
    if (ended_ || !upload_) return;
    while (const auto read = upload_->next_read()) {
      boost::asio::post(state_->work, [self = shared_from_this(), read = *read] {
        grpc::Slice data(read.length);
        auto got =
            self->file_->read(read.offset, {const_cast<std::uint8_t*>(data.begin()), data.size()});
        self->on_read(read, std::move(data), got);
      });
    }
    if (!writing_) {
      const auto answer = upload_->next_send();
      if (answer && !state_->gate.may_fetch(*caller_)) return end(no_longer());
      if (answer) send(*answer);
    }
    if (upload_->wants_request()) read_request();
  }

  void send(const Upload::Answer& answer) {
    if (const auto* const read = std::get_if<Upload::Read>(&answer)) {
      const auto found = bytes_.find(read->number);
      grpc::Slice data = std::move(found->second);
      bytes_.erase(found);
      {
        const std::lock_guard all(state_->mutex);
        state_->counts.bytes += data.size();
      }
      return write(chunk_message(read->offset, std::move(data)));
    }
    ::shoal::v1::FetchResponse response;
    if (const auto* const have = std::get_if<Upload::Have>(&answer)) {
      for (const std::uint32_t piece : have->pieces) response.mutable_have()->add_pieces(piece);
      return write(to_buffer(response));
    }
    const auto range = std::get<ManifestRange>(answer);
    response.mutable_manifest()->set_first(range.first);
    response.mutable_manifest()->set_hashes(
        pack_hashes(std::span(file_->layer()).subspan(range.first, range.count)));
    write(to_buffer(response));
  }

  // The timer keeps the object until OnDone cancels it.
  void watch() {
    timer_.expires_after(std::min(state_->times.gate_recheck, state_->times.silence));
    timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
      if (error) return;
      const std::lock_guard lock(self->mutex_);
      if (self->done_) return;
      // The end waits for an answer that is not taken.
      if (self->ended_) return self->context_.TryCancel();
      if (!self->state_->gate.may_fetch(*self->caller_)) {
        self->end(no_longer());
      } else if (Clock::now() - self->last_move_ > self->state_->times.silence) {
        self->end(
            rpc::to_status({Errc::kTimeout, "the transfer is over", "nothing moved for long", {}}));
      }
      self->watch();
    });
  }

  const std::shared_ptr<TransferService::State> state_;
  grpc::CallbackServerContext& context_;
  std::shared_ptr<FetchStream> self_;
  std::mutex mutex_;  ///< guards what follows
  boost::asio::steady_timer timer_;
  std::optional<PeerId> caller_;
  std::shared_ptr<ServedFile> file_;
  std::shared_ptr<void> news_;  ///< of a file that grows; goes before it
  std::optional<Upload> upload_;
  std::map<std::uint64_t, grpc::Slice> bytes_;
  grpc::ByteBuffer request_;
  grpc::ByteBuffer answer_;
  std::optional<grpc::Status> late_;
  Clock::time_point last_move_ = Clock::now();
  bool opening_ = false;
  bool described_ = false;
  bool partial_ = false;  ///< pieces may come
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool done_ = false;
};

Result<PeerId> TransferService::State::admit(const grpc::ServerContextBase& context) {
  const auto caller = gate.who(context);
  if (caller && gate.may_fetch(*caller)) return *caller;
  const std::lock_guard lock(mutex);
  ++counts.refused;
  return fail(Errc::kDenied, "no files for you",
              "you are no friend of this peer, nor did it answer a query of yours lately",
              "search again");
}

Result<ContentId> content_of(const ::shoal::v1::DescribeRequest& request) {
  ContentId id;
  if (request.root().size() != id.root.bytes.size()) {
    return fail(Errc::kInvalidArgument, "no such content", "a root has 32 bytes");
  }
  if (request.length() > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "no such content", "no file is that long");
  }
  std::copy(request.root().begin(), request.root().end(), id.root.bytes.begin());
  id.length = request.length();
  return id;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* serve_fetch(
    std::shared_ptr<TransferService::State> state, grpc::CallbackServerContext& context) {
  const auto stream = std::make_shared<FetchStream>(std::move(state), context);
  stream->begin();
  return stream.get();
}

void stop_fetches(TransferService::State& state) {
  const std::lock_guard lock(state.mutex);
  state.stopped = true;
  for (FetchStream* stream : state.streams) stream->cancel();
}

}  // namespace shoal::transfer
