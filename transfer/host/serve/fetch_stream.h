// SPDX-License-Identifier: Apache-2.0
// The serving end of one Fetch call. Internal to this folder.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "transfer/core/upload.h"
#include "transfer/host/serve/fetch_call.h"
#include "transfer/host/serve/transfer_state.h"

namespace shoal::transfer {

/// First the content, then a place in the queue unless a slot is free, then its turn: description,
/// requests, answers. After a turn the fetcher may ask for another. While it waits no file is open.
///
/// fetch_stream.cc has the call, fetch_turn.cc its turns.
class FetchStream final : public std::enable_shared_from_this<FetchStream> {
 public:
  using Clock = std::chrono::steady_clock;

  FetchStream(std::shared_ptr<TransferService::State> state, FetchCall& call)
      : state_(std::move(state)), call_(call), timer_(state_->io) {}

  /// An error: who calls may have nothing, and is told so.
  void begin(const Result<PeerId>& caller);
  /// Called under state_->mutex, hence without mutex_.
  void cancel() { call_.cancel(); }

  // What becomes of the call:

  void on_read_done(bool ok, grpc::ByteBuffer message);
  void on_write_done(bool ok);
  void on_cancel();
  void on_done();

 private:
  enum class Step : std::uint8_t {
    kFresh,
    kOpening,  ///< the file, to see whether it is here or to serve it
    kWaiting,  ///< in the queue
    kTurn,
    kOver,  ///< its turn is; until it asks for another
  };

  void moved() { last_move_ = Clock::now(); }
  void end(const grpc::Status& status);
  bool judge(const ::shoal::v1::FetchRequest& request);
  void read_request();
  void write(grpc::ByteBuffer message);
  void watch();

  std::function<void()> hears(void (FetchStream::*what)());
  void join();
  void open();
  void on_opened(Result<std::shared_ptr<ServedFile>> file);
  void on_turn();
  void begin_turn(std::shared_ptr<ServedFile> file);
  void turn_over();
  void may_send();
  void tell_place();
  void say(const ::shoal::v1::FetchResponse& response);  ///< before the next answer
  void on_news();
  void on_given();
  void on_read(std::uint64_t turn, const Upload::Read& read, grpc::Slice data,
               const Result<void>& got);
  void pump();
  void read_ahead();
  Result<bool> read_now(const Upload::Read& read);
  void answer();
  bool asked(std::uint64_t offset, std::uint32_t length);
  bool ends_turn(const Upload::Answer& answer);
  void send(const Upload::Answer& answer);

  const std::shared_ptr<TransferService::State> state_;
  FetchCall& call_;
  std::shared_ptr<FetchStream> self_;
  std::mutex mutex_;  ///< guards what follows
  boost::asio::steady_timer timer_;
  std::optional<PeerId> caller_;
  std::optional<UploadRef> place_;  ///< at the desk
  ContentId content_;
  Step step_ = Step::kFresh;
  bool spare_ = false;  ///< it asked for a spare turn
  bool has_turn_ = false;
  std::uint64_t turn_ = 0;  ///< turns that are over
  std::uint32_t told_ = 0;  ///< its last place
  std::shared_ptr<ServedFile> file_;
  std::shared_ptr<void> news_;  ///< of a file that grows; goes before it
  std::optional<Upload> upload_;
  std::map<std::uint64_t, grpc::Slice> bytes_;
  std::deque<grpc::ByteBuffer> said_;       ///< to be sent before the next answer
  std::optional<Upload::Answer> held_;      ///< the next answer
  std::optional<std::uint32_t> piece_;      ///< of the last one
  std::optional<std::uint64_t> answer_of_;  ///< the turn whose answer is being written
  std::optional<grpc::Status> late_;
  Clock::time_point last_move_ = Clock::now();
  bool waits_for_rate_ = false;
  bool counted_ = false;
  bool reads_ahead_ = false;  ///< what is asked for waits for the disk
  bool partial_ = false;      ///< pieces may come
  bool reading_ = false;
  bool writing_ = false;
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace shoal::transfer
