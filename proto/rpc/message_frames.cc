// SPDX-License-Identifier: Apache-2.0
// The frames of a message stream, in and out.
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "proto/rpc/message_stream.h"
#include "proto/types/limits_transfer.h"
#include "shoal/v1/error.pb.h"

namespace shoal::rpc {
namespace {

constexpr std::uint8_t kMessage = 0;
constexpr std::uint8_t kEnd = 1;

grpc::Slice packed(const grpc::Status& status) {
  ::shoal::v1::CallEnd end;
  end.set_code(static_cast<std::uint32_t>(status.error_code()));
  end.set_message(status.error_message());
  end.set_details(status.error_details());
  return grpc::Slice(end.SerializeAsString());
}

std::optional<grpc::Status> unpacked(const grpc::Slice& bytes) {
  ::shoal::v1::CallEnd end;
  if (!end.ParseFromArray(bytes.begin(), static_cast<int>(bytes.size()))) return std::nullopt;
  if (end.code() > grpc::StatusCode::UNAUTHENTICATED) return std::nullopt;
  return grpc::Status(static_cast<grpc::StatusCode>(end.code()), end.message(), end.details());
}

// A short message is one record, hence one segment, and wakes its reader once.
grpc::Slice joined(const std::vector<grpc::Slice>& parts) {
  std::size_t size = 0;
  for (const grpc::Slice& part : parts) size += part.size();
  grpc::Slice whole(size);
  auto* at = const_cast<std::uint8_t*>(whole.begin());
  for (const grpc::Slice& part : parts) at = std::copy(part.begin(), part.end(), at);
  return whole;
}

}  // namespace

void MessageStream::write(const grpc::ByteBuffer& message) {
  on_strand([message](MessageStream& self) { self.queue_frame(kMessage, message); });
}

void MessageStream::leave() {
  step_ = Step::kLeaving;
  const grpc::Slice end = packed(*last_);
  queue_frame(kEnd, grpc::ByteBuffer(&end, 1));
}

void MessageStream::queue_frame(std::uint8_t kind, const grpc::ByteBuffer& message) {
  const auto length = static_cast<std::uint32_t>(message.Length() + 1);
  const std::array<std::uint8_t, 5> head{
      static_cast<std::uint8_t>(length >> 24U), static_cast<std::uint8_t>(length >> 16U),
      static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length), kind};
  std::vector<grpc::Slice> parts;
  static_cast<void>(message.Dump(&parts));
  parts.emplace(parts.begin(), head.data(), head.size());
  gathers_ = message.Length() >= limits::kTlsReadBytes;
  out_.clear();
  if (gathers_) {
    out_ = std::move(parts);
  } else {
    out_.push_back(joined(parts));
  }
  out_at_ = 0;
  out_done_ = 0;
  writes_ = true;
}

void MessageStream::advance() {
  if (step_ == Step::kShaking && !shake()) return;
  std::size_t turns = limits::kStreamTurns;
  while (step_ == Step::kOpen || step_ == Step::kLeaving) {
    if (deaf_ && last_) return over(*last_);  // nobody hears the last word
    const Did wrote = send_some();
    const Did got = wrote == Did::kEnded ? Did::kEnded : take_some();
    if (got == Did::kEnded) return;
    if (wrote == Did::kBlocked && got == Did::kBlocked) return arm();
    if (--turns > 0) continue;
    // Others on this thread, too.
    return boost::asio::post(strand_, [self = shared_from_this()] { self->advance(); });
  }
}

MessageStream::Did MessageStream::send_some() {
  if (!writes_ || deaf_) return Did::kBlocked;
  const Moved put = out_at_ < out_.size() ? put_some() : flush(session_.get());
  if (put.reason != SSL_ERROR_NONE) {
    if (blocked(put.reason)) return Did::kBlocked;
    lost_reader();
    return step_ == Step::kOver ? Did::kEnded : Did::kSome;
  }
  if (put.bytes > 0) return Did::kSome;
  out_.clear();
  writes_ = false;
  if (step_ == Step::kLeaving) {
    drain();
    return Did::kEnded;
  }
  listener_->on_written(true);
  if (last_ && !writes_ && step_ == Step::kOpen) leave();
  return step_ == Step::kOver ? Did::kEnded : Did::kSome;
}

Moved MessageStream::put_some() {
  const grpc::Slice& slice = out_[out_at_];
  gather_writes(session_.get(), gathers_);
  const Moved put = write_some(session_.get(), slice.begin() + out_done_, slice.size() - out_done_);
  out_done_ += put.bytes;
  while (out_at_ < out_.size() && out_done_ == out_[out_at_].size()) {
    ++out_at_;
    out_done_ = 0;
  }
  return put;
}

// What it sent before, and why it ended, come only to whoever goes on reading.
void MessageStream::lost_reader() {
  deaf_ = true;
  writes_ = false;
  if (step_ == Step::kOpen) listener_->on_written(false);
}

MessageStream::Did MessageStream::take_some() {
  if (!wants_read_ || dry_ || step_ != Step::kOpen) return Did::kBlocked;
  const bool in_head = head_got_ < head_.size();
  std::size_t& done = in_head ? head_got_ : body_got_;
  std::uint8_t* const into = in_head ? head_.data() : const_cast<std::uint8_t*>(body_.begin());
  const std::size_t whole = in_head ? head_.size() : body_.size();
  const Moved got = read_some(session_.get(), into + done, whole - done);
  if (got.reason != SSL_ERROR_NONE) {
    if (blocked(got.reason)) {
      dry_ = got.reason == SSL_ERROR_WANT_READ;
      return Did::kBlocked;
    }
    over({grpc::StatusCode::UNAVAILABLE, std::string(kSocketClosed)});
    return Did::kEnded;
  }
  unread_ = false;
  done += got.bytes;
  if (done < whole) return Did::kSome;
  return in_head ? take_head() : take_frame();
}

MessageStream::Did MessageStream::take_head() {
  const std::size_t length = std::size_t{head_[0]} << 24U | std::size_t{head_[1]} << 16U |
                             std::size_t{head_[2]} << 8U | head_[3];
  if (length == 0 || length - 1 > longest_ || head_[4] > kEnd) {
    over({grpc::StatusCode::RESOURCE_EXHAUSTED, "a message is malformed or too long"});
    return Did::kEnded;
  }
  body_ = grpc::Slice(length - 1);
  body_got_ = 0;
  return length > 1 ? Did::kSome : take_frame();
}

MessageStream::Did MessageStream::take_frame() {
  wants_read_ = false;
  head_got_ = 0;
  grpc::Slice message = std::exchange(body_, {});
  if (head_[4] == kEnd) {
    const auto status = unpacked(message);
    over(status.value_or(grpc::Status(grpc::StatusCode::INTERNAL, "its last word is malformed")));
    return Did::kEnded;
  }
  listener_->on_read(true, std::move(message));
  return step_ == Step::kOver ? Did::kEnded : Did::kSome;
}

void MessageStream::arm() {
  if (std::exchange(blocked_by_read_, false)) wait(Tcp::socket::wait_read, armed_read_);
  if (std::exchange(blocked_by_write_, false)) wait(Tcp::socket::wait_write, armed_write_);
  // The other end has gone: whoever does not read learns it so. The dialling end does not want to
  // know before it has read the last word.
  if (wants_read_ || step_ != Step::kOpen || SSL_is_server(session_.get()) == 0) return;
  if (!unread_) wait(Tcp::socket::wait_read, armed_read_);
  wait(Tcp::socket::wait_error, armed_error_);
}

void MessageStream::wait(Tcp::socket::wait_type what, bool& armed) {
  if (std::exchange(armed, true)) return;
  socket_.async_wait(
      what, [self = shared_from_this(), &armed](const boost::system::error_code& error) {
        armed = false;
        self->dry_ = false;
        if (error || self->step_ == Step::kOver) return;
        const bool looks = self->step_ == Step::kOpen && !self->wants_read_;
        if (looks && SSL_is_server(self->session_.get()) != 0 && self->has_gone()) {
          return self->over({grpc::StatusCode::UNAVAILABLE, std::string(kSocketClosed)});
        }
        self->advance();
      });
}

bool MessageStream::has_gone() {
  pollfd torn{socket_.native_handle(), 0, 0};
  if (::poll(&torn, 1, 0) > 0) return true;  // asked for nothing, it tells of errors only
  char byte = 0;
  const ssize_t got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0) return errno != EAGAIN && errno != EINTR;
  unread_ = got > 0;
  return got == 0;
}

}  // namespace shoal::rpc
