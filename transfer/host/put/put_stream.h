// SPDX-License-Identifier: Apache-2.0
// The receiving end of one Put call, as a reactor. Internal to this folder.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "shoal/v1/inbox.pb.h"
#include "transfer/host/put/put_part.h"
#include "transfer/host/put/put_state.h"

namespace shoal::transfer {

/// Messages are queued as gRPC brings them and worked off one by one on a strand of `work`, where
/// all that concerns the file lives.
///
/// put_stream.cc has the call, put_taking.cc what is done with its messages.
class PutStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                        public std::enable_shared_from_this<PutStream> {
 public:
  using Clock = std::chrono::steady_clock;

  PutStream(std::shared_ptr<PutService::State> state, grpc::CallbackServerContext& context)
      : state_(std::move(state)),
        context_(context),
        strand_(boost::asio::make_strand(state_->work)),
        timer_(state_->io) {}

  void begin();
  /// Called under state_->mutex, hence without mutex_.
  void cancel() { context_.TryCancel(); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  // ---- under mutex_ ----
  void read();
  void end(const grpc::Status& status);
  void watch();

  // ---- on strand_ ----
  void refuse(Error error);
  /// `message`: none at the end of what the giver sends.
  void work_off(const std::optional<grpc::Slice>& message);
  Result<void> take(const grpc::Slice& message);
  Result<void> take_offer(const ::shoal::v1::PutOffer& offer);
  void set_busy(bool busy);
  /// Ended, or to be ended because the owner does not want the file.
  bool over();
  /// Step by step, so that others have their turn on the disk's threads.
  void later(void (PutStream::*step)());
  void prepare();
  void begin_check();
  void check();
  void received();
  void answer_received(Fate fate);
  void close();

  const std::shared_ptr<PutService::State> state_;
  grpc::CallbackServerContext& context_;
  const boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::shared_ptr<PutStream> self_;
  std::optional<PeerId> caller_;  ///< set before anything else runs

  // On strand_.
  std::shared_ptr<Reception> reception_;
  std::unique_ptr<PutPart> part_;
  bool offered_ = false;
  bool begun_ = false;      ///< it was told where to begin
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

}  // namespace shoal::transfer
