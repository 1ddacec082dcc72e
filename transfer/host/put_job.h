// SPDX-License-Identifier: Apache-2.0
// One file on its way to a friend. Internal to this folder.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "transfer/host/put_file.h"
#include "transfer/host/put_link.h"
#include "transfer/host/put_manager.h"

namespace shoal::transfer {

/// Messages that were read from the file and are to be sent.
struct PutBatch {
  std::vector<grpc::ByteBuffer> messages;
  std::uint64_t end = 0;  ///< of their bytes, in the file
};

class PutJob : public std::enable_shared_from_this<PutJob> {
 public:
  using Ended = std::function<void()>;  ///< on the strand, once

  PutJob(std::uint64_t id, boost::asio::any_io_executor io, boost::asio::any_io_executor work,
         std::shared_ptr<const PutConnections> connections, const PutTimes& times,
         PutRequest request, std::unique_ptr<PutFile> file, Ended ended);

  // Any thread.
  void start();
  void cancel();
  [[nodiscard]] PutStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;

  template <class F>
  void on_strand(F f) {
    boost::asio::post(strand_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }
  template <class F>
  void on_work(F f) {
    boost::asio::post(work_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
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
  void wait(const Error& why);
  void finish(PutState state, std::optional<Error> error = {});
  [[nodiscard]] std::string target() const;

  const std::shared_ptr<const PutConnections> connections_;
  const PutTimes times_;
  const boost::asio::any_io_executor strand_;
  const boost::asio::any_io_executor work_;
  const PutRequest request_;
  Ended ended_;
  std::shared_ptr<PutFile> file_;
  std::shared_ptr<PutLink> link_;
  boost::asio::steady_timer timer_;
  std::chrono::milliseconds pause_;
  Clock::time_point moved_ = Clock::now();
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
  bool over_ = false;
  mutable std::mutex mutex_;  ///< guards what follows
  PutStatus status_;
  bool cancelled_ = false;
};

}  // namespace shoal::transfer
