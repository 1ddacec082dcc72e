// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/link_end.h"

#include <algorithm>
#include <utility>

#include "proto/types/limits_links.h"

namespace shoal::overlay {
namespace {

/// What a read counts against a stranger's pace: messages, and contacts, whose signatures cost.
std::size_t weight_of(const codec::Read& read) {
  std::size_t weight = read.items.size() + read.refusals.size();
  for (const codec::Item& item : read.items) {
    const auto* const message = std::get_if<Message>(&item);
    const auto* const body = message == nullptr ? nullptr : message->body.as<OpaqueBody>();
    if (body != nullptr) weight += body->cards.size();
  }
  return weight;
}

}  // namespace

LinkEnd::LinkEnd(std::shared_ptr<LinkStream> stream, boost::asio::any_io_executor strand,
                 const EndTraits& traits, codec::Hello ours, const LinkTimes& times,
                 std::shared_ptr<Outbox> outbox, Events events)
    : stream_(std::move(stream)),
      strand_(strand),
      timer_(strand),
      traits_(traits),
      ours_(std::move(ours)),
      times_(times),
      outbox_(std::move(outbox)),
      events_(std::move(events)),
      pause_(strand),
      allowance_(traits.pace.burst),
      allowed_(Clock::now()) {}

void LinkEnd::begin() {
  const auto self = shared_from_this();
  stream_->begin({[self](std::string bytes) { self->on_read(std::move(bytes)); },
                  [self] {
                    self->writing_ = false;
                    self->flush();
                  },
                  [self](const Closing& closing) {
                    self->phase_ = Phase::kOver;
                    self->timer_.cancel();
                    self->pause_.cancel();
                    const Events events = std::exchange(self->events_, {});
                    if (events.ended) events.ended(*self, closing);
                  }});
}

void LinkEnd::release() {
  if (phase_ != Phase::kHeld) return;
  phase_ = Phase::kHello;
  if (!std::exchange(said_hello_, true)) {
    writing_ = true;
    write_began_ = Clock::now();
    stream_->write(codec::encode_hello(ours_));
    watch(times_.greet);
  }
  for (std::string& bytes : std::exchange(early_, {})) on_read(std::move(bytes));
}

void LinkEnd::wait(std::chrono::milliseconds patience) {
  if (phase_ == Phase::kHeld && !said_hello_) watch(patience);
}

void LinkEnd::suspend() {
  if (phase_ == Phase::kHello) phase_ = Phase::kHeld;
}

void LinkEnd::close(const Closing& closing) {
  if (phase_ >= Phase::kClosing) return;
  phase_ = Phase::kClosing;  // nothing that still comes in is heard
  stream_->close(closing);
}

void LinkEnd::leave(const Closing& closing) {
  if (phase_ == Phase::kLeaving) return;
  // A visitor that was greeted may say something before its own hello has come.
  const bool may_speak = visit() && !dialled() && phase_ == Phase::kHello;
  if (phase_ != Phase::kGreeted && !may_speak) return close(closing);
  phase_ = Phase::kLeaving;
  leaving_ = closing;
  watch(limits::kLeaveTime);
  flush();
}

// ---- reading -----------------------------------------------------------------------------------

void LinkEnd::on_read(std::string bytes) {
  if (phase_ >= Phase::kClosing) return;
  if (phase_ == Phase::kLeaving && !hears()) {
    return stream_->next();  // until the other end has ended it, too
  }
  if (phase_ == Phase::kHeld) {
    early_.push_back(std::move(bytes));  // few come before next()
    return;
  }
  const Outbox::Turn turn(*outbox_);
  const codec::Read read = codec::decode(bytes);
  const bool first = visit() ? !met_ : phase_ == Phase::kHello;
  if (read.hello.has_value() != first) {
    return close({Errc::kDenied, "a link begins with one hello"});
  }
  if (read.hello && !on_hello(*read.hello)) return;
  for (const codec::Item& item : read.items) {
    if (const auto* const message = std::get_if<Message>(&item)) {
      if (phase_ < Phase::kGreeted) return close({Errc::kDenied, "a link begins with a ping"});
      if (events_.message) events_.message(*this, *message);
    } else if (const auto* const ping = std::get_if<codec::Ping>(&item)) {
      if (queue_.size() >= limits::kLinkQueueMessages) {
        return close({Errc::kOverloaded, "it asks more than it reads"});
      }
      put(codec::Pong{ping->number});
    } else {
      on_pong(std::get<codec::Pong>(item).number);
    }
    if (!hears()) break;
  }
  for (const codec::Refusal refusal : read.refusals) {
    if (!hears()) break;
    if (events_.refused) events_.refused(*this, refusal);
  }
  const bool empty = !read.hello && read.items.empty() && read.refusals.empty();
  if (empty && visit() && dialled()) leave({Errc::kOverloaded, "the other end asked for its end"});
  if (phase_ < Phase::kClosing) read_on(weight_of(read));
}

/// A stranger that sends too fast is read on later: nothing is lost, it has to wait.
void LinkEnd::read_on(std::size_t weight) {
  const Pace& pace = traits_.pace;
  if (pace.per_second == 0) return stream_->next();
  const auto now = Clock::now();
  const double earned =
      std::chrono::duration<double>(now - std::exchange(allowed_, now)).count() * pace.per_second;
  allowance_ = std::min<double>(pace.burst, allowance_ + earned) - static_cast<double>(weight);
  if (allowance_ >= 0 && unread_ == 0) return stream_->next();
  ++unread_;
  const std::chrono::duration<double> wait(std::max(0.0, -allowance_ / pace.per_second));
  pause_.expires_after(std::chrono::ceil<std::chrono::milliseconds>(wait));
  pause_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->phase_ >= Phase::kClosing) return;
    for (std::size_t due = std::exchange(self->unread_, 0); due > 0; --due) self->stream_->next();
  });
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
  if (visit()) {
    met_ = true;
    if (phase_ == Phase::kHello) {
      phase_ = Phase::kGreeted;
      watch(times_.ping);
      flush_later();
    }
    if (events_.greeted) events_.greeted(*this);
    return true;
  }
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
  met_ = true;
  watch(times_.ping);
  if (events_.greeted) events_.greeted(*this);
}

// ---- writing -----------------------------------------------------------------------------------

bool LinkEnd::send(const Message& message) {
  const bool early = visit() && phase_ < Phase::kGreeted;
  const std::size_t part = carries_query(message.kind) ? limits::kLinkQueueQueries : 1;
  const std::size_t most = early ? limits::kVisitWaiting : limits::kLinkQueueMessages / part;
  if ((phase_ != Phase::kGreeted && !early) || queue_.size() >= most) return false;
  const std::size_t before = buffer_.size();
  codec::append_item(buffer_, message);
  if (waiting_bytes() > limits::kLinkQueueBytes / part) {
    buffer_.resize(before);
    return false;
  }
  queued(message, before);
  return true;
}

void LinkEnd::put(const codec::Item& ping_or_pong) {
  const std::size_t before = buffer_.size();
  buffer_ += codec::encode_item(ping_or_pong);
  queued(std::nullopt, before);
}

void LinkEnd::queued(std::optional<Message> message, std::size_t bytes_before) {
  queue_.push_back(Queued{std::move(message), buffer_.size() - bytes_before});
  flush_later();
}

void Outbox::flush() {
  for (const auto& waiting : waiting_) {
    if (const auto end = waiting.lock()) {
      end->flushing_later_ = false;
      end->flush();
    }
  }
  waiting_.clear();
}

// What else is sent in this turn goes into the same write.
void LinkEnd::flush_later() {
  if (writing_ || std::exchange(flushing_later_, true)) return;
  if (outbox_->add(weak_from_this())) return;
  boost::asio::post(strand_, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) {
      self->flushing_later_ = false;
      self->flush();
    }
  });
}

void LinkEnd::flush() {
  const bool may_write = phase_ == Phase::kGreeted || phase_ == Phase::kLeaving ||
                         (phase_ == Phase::kPing && !visit());
  if (writing_ || !may_write) return;
  std::size_t bytes = 0;
  auto rest = queue_.begin();
  for (; rest != queue_.end() && bytes + rest->bytes <= limits::kFrameBytes; ++rest) {
    bytes += rest->bytes;
  }
  if (bytes == 0) {
    if (phase_ == Phase::kLeaving) finish();
    return;
  }
  writing_ = true;
  write_began_ = Clock::now();
  // Else it is about to end, and what waits is given back.
  if (!stream_->write(codec::frame_of(std::string_view(buffer_).substr(written_, bytes)))) return;
  queue_.erase(queue_.begin(), rest);
  written_ += bytes;
  if (queue_.empty()) {
    buffer_.clear();
    if (buffer_.capacity() > limits::kFrameBytes) buffer_.shrink_to_fit();
    written_ = 0;
  } else if (written_ > buffer_.size() / 2) {
    buffer_.erase(0, std::exchange(written_, 0));
  }
}

// The end of a served stream cuts off what is on its way to it. A visitor is asked to end the visit
// instead, by a frame without messages: what it had sent is read first. What is not read within
// kLeaveTime is lost after all, as when it must wait for its pace for longer.
void LinkEnd::finish() {
  if (!visit() || dialled()) return stream_->finish(*leaving_);
  if (std::exchange(asked_to_end_, true)) return;
  writing_ = true;
  write_began_ = Clock::now();
  stream_->write(codec::frame_of({}));
}

std::deque<Message> LinkEnd::take_unsent() {
  std::deque<Message> unsent;
  for (Queued& entry : queue_) {
    if (entry.message) unsent.push_back(std::move(*entry.message));
  }
  queue_.clear();
  buffer_.clear();
  written_ = 0;
  return unsent;
}

void LinkEnd::take_queue_of(LinkEnd& other) {
  queue_ = std::exchange(other.queue_, {});
  buffer_ = std::exchange(other.buffer_, {});
  written_ = std::exchange(other.written_, 0);
}

// ---- pings -------------------------------------------------------------------------------------

void LinkEnd::ping() {
  pinged_ = Clock::now();
  put(codec::Ping{++pings_});
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
  if (phase_ == Phase::kLeaving) return close(*leaving_);
  if (phase_ == Phase::kHeld && !said_hello_) {
    if (events_.waited) events_.waited(*this);
    return;
  }
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
