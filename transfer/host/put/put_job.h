// SPDX-License-Identifier: Apache-2.0
// One file on its way to a friend. Internal to this folder.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "transfer/host/put/put_file.h"
#include "transfer/host/put/put_link.h"
#include "transfer/host/put/put_manager.h"
#include "transfer/host/serve/upload_desk.h"

namespace shoal::transfer {

/// Messages that were read from the file and are to be sent.
struct PutBatch {
  std::vector<grpc::ByteBuffer> messages;
  std::uint32_t bytes = 0;
  std::uint64_t end = 0;  ///< of their bytes, in the file
};

/// What all jobs work with.
struct PutTools {
  boost::asio::any_io_executor io;
  boost::asio::any_io_executor work;
  std::shared_ptr<const PutConnections> connections;
  PutTimes times;
  std::shared_ptr<UploadDesk> desk;  ///< null: no rates
};

class PutJob : public std::enable_shared_from_this<PutJob> {
 public:
  using Ended = std::function<void()>;  ///< on the strand, once

  PutJob(std::uint64_t id, const PutTools& tools, PutRequest request, std::unique_ptr<PutFile> file,
         Ended ended);

  // Any thread.
  void start();
  void cancel();
  [[nodiscard]] PutStatus status() const;
  [[nodiscard]] const PutRequest& request() const { return request_; }

 private:
  using Clock = std::chrono::steady_clock;

  template <class F>
  void on_strand(F f) {
    boost::asio::post(strand_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }
  template <class F>
  void on_work(F f) {
    boost::asio::post(tools_.work, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }
  void hash();
  void connect();
  void dial();
  void on_answer(const ::shoal::v1::PutResponse& answer);
  void begin(const ::shoal::v1::PutBegin& word);
  void on_sent();
  void on_link_end(const grpc::Status& status);
  void read_ahead();
  void pump();
  bool may_send();
  void on_rate(std::uint64_t call);
  void signal();
  void hang_up();
  void wait(const Error& why);
  void finish(PutState state, std::optional<Error> error = {});
  [[nodiscard]] std::string target() const;

  const PutTools tools_;
  const boost::asio::any_io_executor strand_;
  const PutRequest request_;
  Ended ended_;
  std::shared_ptr<PutFile> file_;
  std::shared_ptr<PutLink> link_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds pause_;
  Clock::time_point moved_ = Clock::now();
  std::optional<Clock::time_point> full_since_;  ///< the friend's disk, with no byte since
  std::vector<std::string> endpoints_;
  std::size_t endpoint_ = 0;
  std::optional<PutBatch> ready_;
  std::optional<Error> file_error_;
  std::uint64_t read_to_ = 0;  ///< of the file, in this call
  std::uint64_t sending_to_ = 0;
  std::uint64_t best_ = 0;  ///< as far as any call came
  bool begun_ = false;
  bool reading_ = false;
  bool link_idle_ = false;
  std::optional<UploadRef> place_;  ///< at the desk, while there is a call
  std::uint64_t calls_ = 0;
  bool waits_for_rate_ = false;
  bool granted_ = false;  ///< the rates allow what is ready
  bool over_ = false;
  mutable std::mutex mutex_;  ///< guards what follows
  PutStatus status_;
  bool cancelled_ = false;
};

}  // namespace shoal::transfer
