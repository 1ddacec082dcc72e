// SPDX-License-Identifier: Apache-2.0
// A friend for measurements: sends frames as they are and counts queries, and parses next to
// nothing, so that what is measured is the peer at the other end.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "overlay/host/link_stream.h"
#include "proto/codec/frame_codec.h"
#include "proto/codec/plain_read.h"
#include "proto/rpc/channel.h"
#include "tests/wire/hosts.h"

namespace shoal::overlay {

class Tap {
 public:
  Tap(tests::Threads& threads, Peer& other)
      : strand_(boost::asio::make_strand(threads.executor())) {
    other.book().set_friend(me_.id(), Role::kAccepted);
    auto channel = rpc::make_channel(other.endpoint(), me_, other.id());
    stream_ = dial_link(std::move(channel), strand_, StreamKind::kLink);
    boost::asio::post(strand_, [this] { begin(); });
  }
  /// Requires that the other end is still there.
  ~Tap() {
    boost::asio::post(strand_, [this] { stream_->close({Errc::kCancelled, "the end"}); });
    EXPECT_TRUE(soon([&] { return ended_.load(); }));
  }
  Tap(const Tap&) = delete;
  Tap& operator=(const Tap&) = delete;

  void send(const std::string& frame) {
    boost::asio::post(strand_, [this, &frame] {
      waiting_.push_back(&frame);
      send_next();
    });
  }

  std::atomic<std::uint64_t> queries = 0;  ///< that came in

 private:
  void begin() {
    codec::Hello hello;
    hello.network = "shoal";
    hello.mode = LinkMode::kActive;
    hello.ttl_limit = limits::kTtlLimit;
    hello.card = rpc::seal_card(me_, "tap", {}, 1, unix_now());
    stream_->begin({[this](const std::string& frame) {
                      take(frame);
                      stream_->next();
                    },
                    [this] {
                      writing_ = false;
                      send_next();
                    },
                    [this](const Closing&) { ended_ = true; }});
    own_.push_back(codec::encode_hello(hello));
    own_.push_back(codec::frame_of(codec::encode_item(codec::Ping{1})));
    waiting_ = {&own_[0], &own_[1]};
    send_next();
  }
  void take(const std::string& frame) {
    codec::PlainReader envelope(frame);
    const auto entries = envelope.bytes(2);
    if (!entries) return;  // the hello
    std::uint64_t count = 0;
    codec::PlainReader in(*entries);
    while (const auto entry = in.bytes(1)) {
      const bool query = codec::PlainReader(*entry).bytes(1).has_value();
      count += query ? 1U : 0U;
      if (!query) answer(frame);
    }
    queries += count;
  }
  void answer(const std::string& frame) {
    for (const codec::Item& item : codec::decode(frame).items) {
      const auto* const ping = std::get_if<codec::Ping>(&item);
      if (ping == nullptr) continue;
      own_.push_back(codec::frame_of(codec::encode_item(codec::Pong{ping->number})));
      waiting_.push_back(&own_.back());
      send_next();
    }
  }
  void send_next() {
    if (writing_ || waiting_.empty()) return;
    writing_ = true;
    stream_->write(*waiting_.front());
    waiting_.pop_front();
  }

  const rpc::Identity me_ = rpc::Identity::generate();
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::shared_ptr<LinkStream> stream_;
  std::deque<std::string> own_;
  std::deque<const std::string*> waiting_;
  bool writing_ = false;
  std::atomic<bool> ended_ = false;
};

}  // namespace shoal::overlay
