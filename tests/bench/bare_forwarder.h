// SPDX-License-Identifier: Apache-2.0
// The floor under a flood: the same streams over the same pinned TLS, and nothing but "forward what
// was not seen before".
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "overlay/host/link_stream.h"
#include "proto/rpc/channel.h"
#include "proto/rpc/server.h"
#include "tests/wire/threads.h"

namespace shoal::overlay {

/// One peer of the floor. A frame's last 16 bytes say which flood it is of.
class BareForwarder {
 public:
  static constexpr std::size_t kIdBytes = 16;

  /// `heard` counts frames, `reached` peers that saw their first one.
  BareForwarder(tests::Threads& threads, std::atomic<std::size_t>& heard,
                std::atomic<std::size_t>& reached)
      : strand_(boost::asio::make_strand(threads.executor())), heard_(heard), reached_(reached) {
    server_ = std::move(*rpc::RpcServer::listen(threads.executor(), {}));
    service_ = serve_links(strand_, [this](std::shared_ptr<LinkStream> stream, const PeerId&,
                                           StreamKind) { add(std::move(stream)); });
    static_cast<void>(server_->start(me_, book_, {service_.get()}));
  }
  ~BareForwarder() { server_->stop(); }

  void dial(BareForwarder& other) {
    boost::asio::post(strand_, [this, &other] {
      const auto place = "127.0.0.1:" + std::to_string(other.server_->port());
      auto channel = rpc::make_channel(place, me_, other.me_.id());
      add(dial_link(std::move(channel), strand_, StreamKind::kLink));
      ends_.back()->stream->write("hello");
    });
  }
  void flood(std::string frame) {
    boost::asio::post(strand_, [this, frame = std::move(frame)] { take(nullptr, frame); });
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
    auto& end = *ends_.emplace_back(std::make_unique<End>());
    end.stream = stream;
    stream->begin({[this, &end](const std::string& frame) {
                     if (frame != "hello") take(&end, frame);
                     end.stream->next();
                   },
                   [&end] {
                     end.writing = false;
                     send_next(end);
                   },
                   [](const Closing&) {}});
  }
  void take(const End* from, const std::string& frame) {
    if (from != nullptr) ++heard_;
    if (!seen_.insert(frame.substr(frame.size() - kIdBytes)).second) return;
    ++reached_;
    for (const auto& end : ends_) {
      if (end.get() == from) continue;
      end->waiting.push_back(frame);
      send_next(*end);
    }
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
  std::set<std::string> seen_;
  std::atomic<std::size_t>& heard_;
  std::atomic<std::size_t>& reached_;
};

}  // namespace shoal::overlay
