// SPDX-License-Identifier: Apache-2.0
// A peer of the floor on the streams and the strand of the host.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "overlay/host/link_stream.h"
#include "proto/rpc/channel.h"
#include "proto/rpc/server.h"
#include "tests/bench/floor_peer.h"
#include "tests/wire/threads.h"

namespace shoal::overlay {

class BareForwarder final : public FloorPeer {
 public:
  BareForwarder(tests::Threads& threads, Heard& heard, std::size_t echo_bytes)
      : FloorPeer(heard, echo_bytes), strand_(boost::asio::make_strand(threads.executor())) {
    server_ = std::move(*rpc::RpcServer::listen(threads.executor(), {}));
    service_ = serve_links(strand_, [this](std::shared_ptr<LinkStream> stream, const PeerId&,
                                           StreamKind) { add(std::move(stream)); });
    static_cast<void>(server_->start(me_, book_, {service_.get()}));
  }
  ~BareForwarder() override { server_->stop(); }

  void dial(BareForwarder& other) {
    boost::asio::post(strand_, [this, &other] {
      const auto place = "127.0.0.1:" + std::to_string(other.server_->port());
      auto channel = rpc::make_channel(place, me_, other.me_.id());
      add(dial_link(std::move(channel), strand_, StreamKind::kLink));
      ends_.back()->stream->write("hello");
    });
  }
  void flood(std::string frame, std::function<void()> ended) {
    boost::asio::post(strand_, [this, frame = std::move(frame), ended = std::move(ended)] {
      start(frame, ended);
    });
  }
  void close() {
    boost::asio::post(strand_, [this] {
      for (const auto& end : ends_) end->stream->close({Errc::kCancelled, "the end"});
    });
  }

 private:
  struct End {
    std::shared_ptr<LinkStream> stream;
    std::vector<std::string> waiting;
    bool writing = false;
  };

  void add(std::shared_ptr<LinkStream> stream) {
    const std::size_t number = add_end();
    auto& end = *ends_.emplace_back(std::make_unique<End>());
    end.stream = stream;
    stream->begin({[this, &end, number](const std::string& frame) {
                     take(number, frame);
                     end.stream->next();
                   },
                   [&end] {
                     end.writing = false;
                     send_next(end);
                   },
                   [](const Closing&) {}});
  }
  void send(std::size_t to, std::string frame) override {
    ends_[to]->waiting.push_back(std::move(frame));
    send_next(*ends_[to]);
  }
  static void send_next(End& end) {
    if (end.writing || end.waiting.empty()) return;
    end.writing = true;
    end.stream->write(end.waiting.front());
    end.waiting.erase(end.waiting.begin());
  }

  const rpc::Identity me_ = rpc::Identity::generate();
  rpc::PeerBook book_{rpc::Accept::kAnyone};
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::unique_ptr<rpc::RpcServer> server_;
  std::unique_ptr<grpc::Service> service_;
  std::vector<std::unique_ptr<End>> ends_;
};

}  // namespace shoal::overlay
