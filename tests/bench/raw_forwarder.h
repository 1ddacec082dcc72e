// SPDX-License-Identifier: Apache-2.0
// A peer of the floor on gRPC alone: its threads read, decide under a lock and write. Nothing is
// handed to another thread. No lock is held in a call of gRPC, which may run other peers' handlers.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "proto/rpc/channel.h"
#include "proto/rpc/server.h"
#include "shoal/v1/link.grpc.pb.h"
#include "tests/bench/floor_peer.h"
#include "tests/wire/threads.h"

namespace shoal::overlay {

class RawForwarder final : public FloorPeer {
 public:
  RawForwarder(tests::Threads& threads, Heard& heard, std::size_t echo_bytes)
      : FloorPeer(heard, echo_bytes) {
    server_ = std::move(*rpc::RpcServer::listen(threads.executor(), {}));
    static_cast<void>(server_->start(me_, book_, {&service_}));
  }
  ~RawForwarder() override {
    server_->stop();
    while (open_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  void dial(RawForwarder& other) {
    const auto place = "127.0.0.1:" + std::to_string(other.server_->port());
    auto end = std::make_unique<Dialled>(*this, rpc::make_channel(place, me_, other.me_.id()));
    Dialled& dialled = *end;
    run([&] {
      dialled_.push_back(&dialled);
      add(std::move(end));
    });
    dialled.start();
    run([&] { send(dialled.number, "hello"); });
  }
  void flood(const std::string& frame, std::function<void()> ended) {
    run([&] { start(frame, std::move(ended)); });
  }
  void close() {
    for (Dialled* const end : dialled_) end->context.TryCancel();
    for (Dialled* const end : dialled_) end->RemoveHold();
  }

 private:
  struct End {
    explicit End(RawForwarder& owner) : peer(owner) { ++peer.open_; }
    virtual ~End() = default;
    virtual void start_read() = 0;
    virtual void start_write() = 0;

    void on_read(bool ok) {
      if (!ok) return;
      grpc::Slice slice;
      static_cast<void>(incoming.DumpToSingleSlice(&slice));
      incoming.Clear();
      start_read();
      peer.run([&] {
        peer.take(number, {reinterpret_cast<const char*>(slice.begin()), slice.size()});
      });
    }
    void on_written(bool ok) {
      if (ok) write_next(true);
    }
    void write(std::string frame) {
      {
        const std::lock_guard lock(mutex);
        waiting.push_back(std::move(frame));
      }
      write_next(false);
    }
    void write_next(bool done) {
      {
        const std::lock_guard lock(mutex);
        if (done) writing = false;
        if (writing || waiting.empty()) return;
        writing = true;
        const grpc::Slice slice(waiting.front());
        outgoing = grpc::ByteBuffer(&slice, 1);
        waiting.pop_front();
      }
      start_write();
    }

    RawForwarder& peer;
    std::size_t number = 0;
    std::mutex mutex;  ///< guards the next two
    std::deque<std::string> waiting;
    bool writing = false;
    grpc::ByteBuffer incoming;
    grpc::ByteBuffer outgoing;
  };
  struct Dialled final : End, grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
    Dialled(RawForwarder& owner, std::shared_ptr<grpc::Channel> channel)
        : End(owner), stub(std::move(channel)) {}
    void start() {
      stub.PrepareBidiStreamingCall(&context, "/shoal.v1.LinkService/Open", {}, this);
      AddHold();
      StartRead(&incoming);
      StartCall();
    }
    void start_read() override { StartRead(&incoming); }
    void start_write() override { StartWrite(&outgoing); }
    void OnReadDone(bool ok) override { on_read(ok); }
    void OnWriteDone(bool ok) override { on_written(ok); }
    void OnDone(const grpc::Status&) override { --peer.open_; }

    grpc::GenericStub stub;
    grpc::ClientContext context;
  };
  struct Served final : End, grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
    explicit Served(RawForwarder& owner) : End(owner) {}
    void start_read() override { StartRead(&incoming); }
    void start_write() override { StartWrite(&outgoing); }
    void OnReadDone(bool ok) override { on_read(ok); }
    void OnWriteDone(bool ok) override { on_written(ok); }
    void OnCancel() override { Finish(grpc::Status::CANCELLED); }
    void OnDone() override { --peer.open_; }
  };
  using RawLinks =
      ::shoal::v1::LinkService::WithRawCallbackMethod_Open<::shoal::v1::LinkService::Service>;
  struct Service final : RawLinks {
    explicit Service(RawForwarder& owner) : peer(owner) {}
    grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Open(
        grpc::CallbackServerContext*) override {
      auto end = std::make_unique<Served>(peer);
      Served* const served = end.get();
      peer.run([&] { peer.add(std::move(end)); });
      served->start_read();
      return served;
    }
    RawForwarder& peer;
  };

  void add(std::unique_ptr<End> end) {
    end->number = add_end();
    ends_.push_back(std::move(end));
  }
  void send(std::size_t to, std::string frame) override {
    sends_.emplace_back(ends_[to].get(), std::move(frame));
  }
  /// Decides something, and then writes what was decided.
  template <class Decide>
  void run(Decide decide) {
    std::vector<std::pair<End*, std::string>> sends;
    {
      const std::lock_guard lock(mutex_);
      decide();
      sends = std::exchange(sends_, {});
    }
    for (auto& [end, frame] : sends) end->write(std::move(frame));
  }

  const rpc::Identity me_ = rpc::Identity::generate();
  rpc::PeerBook book_{rpc::Accept::kAnyone};
  std::mutex mutex_;  ///< guards all but open_, and all ends but their writes
  std::vector<std::pair<End*, std::string>> sends_;
  Service service_{*this};
  std::atomic<int> open_ = 0;
  std::vector<std::unique_ptr<End>> ends_;
  std::vector<Dialled*> dialled_;
  std::unique_ptr<rpc::RpcServer> server_;
};

}  // namespace shoal::overlay
