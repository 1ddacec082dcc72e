// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/link_end.h"

#include <utility>

#include "proto/types/limits.h"

namespace shoal::overlay {

LinkEnd::LinkEnd(std::shared_ptr<LinkStream> stream, boost::asio::any_io_executor strand,
                 const PeerId& peer, bool dialled, codec::Hello ours, const LinkTimes& times,
                 Events events)
    : stream_(std::move(stream)),
      timer_(strand),
      peer_(peer),
      dialled_(dialled),
      ours_(std::move(ours)),
      times_(times),
      events_(std::move(events)) {}

void LinkEnd::begin() {
  const auto self = shared_from_this();
  stream_->begin({[self](const std::string& bytes) { self->on_read(bytes); },
                  [self] {
                    self->writing_ = false;
                    self->flush();
                  },
                  [self](const Closing& closing) {
                    self->phase_ = Phase::kOver;
                    self->timer_.cancel();
                    const Events events = std::exchange(self->events_, {});
                    if (events.ended) events.ended(*self, closing);
                  }});
}

void LinkEnd::release() {
  if (phase_ != Phase::kHeld) return;
  phase_ = Phase::kHello;
  writing_ = true;
  write_began_ = Clock::now();
  stream_->write(codec::encode_hello(ours_));
  watch(times_.greet);
  if (early_) on_read(*std::exchange(early_, std::nullopt));
}

void LinkEnd::close(const Closing& closing) {
  if (phase_ >= Phase::kClosing) return;
  phase_ = Phase::kClosing;  // nothing that still comes in is heard
  stream_->close(closing);
}

// ---- reading -----------------------------------------------------------------------------------

void LinkEnd::on_read(const std::string& bytes) {
  if (phase_ >= Phase::kClosing) return;
  if (phase_ == Phase::kHeld) {
    early_ = bytes;  // no further one comes before next()
    return;
  }
  const codec::Read read = codec::decode(bytes);
  if (read.hello.has_value() != (phase_ == Phase::kHello)) {
    return close({Errc::kDenied, "a link begins with one hello"});
  }
  if (read.hello && !on_hello(*read.hello)) return;
  for (const codec::Item& item : read.items) {
    if (const auto* const message = std::get_if<Message>(&item)) {
      if (phase_ != Phase::kGreeted) return close({Errc::kDenied, "a link begins with a ping"});
      if (events_.message) events_.message(*this, *message);
    } else if (const auto* const ping = std::get_if<codec::Ping>(&item)) {
      if (queue_.size() >= limits::kLinkQueueMessages) {
        return close({Errc::kOverloaded, "it asks more than it reads"});
      }
      put(std::nullopt, codec::encode_item(codec::Pong{ping->number}));
    } else {
      on_pong(std::get<codec::Pong>(item).number);
    }
    if (phase_ >= Phase::kClosing) return;
  }
  for (const codec::Refusal refusal : read.refusals) {
    if (events_.refused) events_.refused(*this, refusal);
    if (phase_ >= Phase::kClosing) return;
  }
  stream_->next();
}

bool LinkEnd::on_hello(const codec::Hello& hello) {
  std::string why;
  if (hello.version != ours_.version) {
    why = "protocol version " + std::to_string(hello.version) + ", not " +
          std::to_string(ours_.version);
  } else if (hello.network != ours_.network) {
    why = "network \"" + hello.network + "\", not \"" + ours_.network + "\"";
  } else if (hello.ttl_limit != ours_.ttl_limit) {
    why = "a TTL limit of " + std::to_string(hello.ttl_limit) + ", not " +
          std::to_string(ours_.ttl_limit);
  }
  if (!why.empty()) {
    close({Errc::kUnsupported, "the other end speaks another " + why});
    return false;
  }
  theirs_ = hello;
  phase_ = Phase::kPing;
  ping();
  return true;
}

void LinkEnd::on_pong(std::uint64_t number) {
  if (number != pings_ || pongs_ == pings_) return;  // of no ping that waits
  pongs_ = pings_;
  rtt_ = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - pinged_);
  if (probe_ends_) {
    probe_ends_.reset();
    watch(times_.ping);
    if (events_.alive) events_.alive(*this);
  }
  if (phase_ != Phase::kPing) return;
  phase_ = Phase::kGreeted;
  watch(times_.ping);
  if (events_.greeted) events_.greeted(*this);
}

// ---- writing -----------------------------------------------------------------------------------

bool LinkEnd::send(const Message& message) {
  if (phase_ != Phase::kGreeted || queue_.size() >= limits::kLinkQueueMessages) return false;
  std::string bytes = codec::encode_item(message);
  if (queue_bytes_ + bytes.size() > limits::kLinkQueueBytes) return false;
  put(message, std::move(bytes));
  return true;
}

void LinkEnd::put(std::optional<Message> message, std::string bytes) {
  queue_bytes_ += bytes.size();
  queue_.push_back(Queued{std::move(message), std::move(bytes)});
  flush();
}

void LinkEnd::flush() {
  if (writing_ || queue_.empty() || phase_ >= Phase::kClosing) return;
  std::string entries;
  while (!queue_.empty() && entries.size() + queue_.front().bytes.size() <= limits::kFrameBytes) {
    entries += queue_.front().bytes;
    queue_bytes_ -= queue_.front().bytes.size();
    queue_.pop_front();
  }
  writing_ = true;
  write_began_ = Clock::now();
  stream_->write(codec::frame_of(entries));
}

std::deque<Message> LinkEnd::take_unsent() {
  std::deque<Message> unsent;
  for (Queued& entry : queue_) {
    if (entry.message) unsent.push_back(std::move(*entry.message));
  }
  queue_.clear();
  queue_bytes_ = 0;
  return unsent;
}

// ---- pings -------------------------------------------------------------------------------------

void LinkEnd::ping() {
  pinged_ = Clock::now();
  put(std::nullopt, codec::encode_item(codec::Ping{++pings_}));
}

void LinkEnd::probe() {
  if (phase_ != Phase::kGreeted || probe_ends_) return;
  probe_ends_ = Clock::now() + times_.probe;
  if (pongs_ == pings_) ping();  // else one is under way
  watch(times_.probe);
}

void LinkEnd::watch(std::chrono::milliseconds wait) {
  timer_.expires_after(wait);
  timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (!error && self) self->on_watch();
  });
}

void LinkEnd::on_watch() {
  if (phase_ >= Phase::kClosing) return;
  if (phase_ != Phase::kGreeted) return close({Errc::kTimeout, "no greeting in time"});
  const auto now = Clock::now();
  if (probe_ends_ && now >= *probe_ends_) {
    return close({Errc::kTimeout, "it fell silent, and connects anew"});
  }
  if (pongs_ != pings_ && now - pinged_ >= times_.silence) {
    return close({Errc::kTimeout, "it fell silent"});
  }
  if (writing_ && now - write_began_ >= times_.silence) {
    return close({Errc::kTimeout, "it takes nothing any more"});
  }
  if (pongs_ == pings_) ping();
  watch(times_.ping);
}

}  // namespace shoal::overlay
