// SPDX-License-Identifier: Apache-2.0
// The turns of a served stream, and its answers.
#include <algorithm>
#include <utility>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"
#include "transfer/host/link/wire.h"
#include "transfer/host/serve/fetch_stream.h"

namespace shoal::transfer {
namespace {

::shoal::v1::FetchResponse queued(std::uint32_t position, const std::optional<Duration>& eta) {
  ::shoal::v1::FetchResponse response;
  response.mutable_queued()->set_position(position);
  if (eta) response.mutable_queued()->set_eta_ms(static_cast<std::uint64_t>(to_ms(*eta)));
  return response;
}

std::uint32_t bytes_of(const Upload::Answer& answer) {
  if (const auto* const read = std::get_if<Upload::Read>(&answer)) return read->length;
  const auto* const range = std::get_if<ManifestRange>(&answer);
  return range == nullptr ? 0 : range->count * static_cast<std::uint32_t>(Hash256::kSize);
}

}  // namespace

// What a desk calls without a lock of ours.
std::function<void()> FetchStream::hears(void (FetchStream::*what)()) {
  return [weak = weak_from_this(), what] {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard lock(self->mutex_);
    if (!self->ended_) ((*self).*what)();
  };
}

void FetchStream::join() {
  place_ = state_->desk->join({hears(&FetchStream::on_turn), hears(&FetchStream::turn_over),
                               hears(&FetchStream::may_send)});
}

void FetchStream::open() {
  step_ = Step::kOpening;
  boost::asio::post(state_->work, [self = shared_from_this(), id = content_] {
    self->on_opened(self->state_->files.open_file(id));
  });
}

void FetchStream::on_opened(Result<std::shared_ptr<ServedFile>> file) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  if (!file) return end(rpc::to_status(file.error()));
  if (!has_turn_ && spare_) {
    has_turn_ = state_->desk->enter_spare(*place_, *caller_);
    if (!has_turn_) return end(no_spare_slot());
  }
  if (!has_turn_) {
    const auto entered = state_->desk->enter(*place_, *caller_);
    if (entered == UploadDesk::Entered::kFull) {
      const std::lock_guard all(state_->mutex);
      ++state_->counts.refused;
      return end(no_upload_place());
    }
    has_turn_ = entered == UploadDesk::Entered::kTurn;
  }
  if (has_turn_) return begin_turn(std::move(*file));
  step_ = Step::kWaiting;
  told_ = 0;
  tell_place();
  read_request();
}

void FetchStream::on_turn() {
  if (step_ != Step::kWaiting) return;
  has_turn_ = true;
  open();
}

void FetchStream::begin_turn(std::shared_ptr<ServedFile> file) {
  step_ = Step::kTurn;
  file_ = std::move(file);
  // First to listen, then to look: no piece that comes meanwhile is missed.
  news_ = file_->listen([weak = weak_from_this(), io = state_->io] {
    boost::asio::post(io, [weak] {
      if (const auto self = weak.lock()) self->on_news();
    });
  });
  auto here = file_->pieces();
  if (here && here->all()) here.reset();
  upload_.emplace(Layout(content_.length), here);
  if (!std::exchange(counted_, true)) {
    const std::lock_guard all(state_->mutex);
    ++state_->counts.streams;
  }
  ::shoal::v1::FetchResponse response;
  response.mutable_description()->set_name(file_->name());
  if (here) response.mutable_description()->set_pieces(here->pack());
  partial_ = here.has_value();
  const auto given = state_->spreads.begin(*place_, content_, Layout(content_.length).pieces,
                                           *caller_, hears(&FetchStream::on_given));
  if (given) response.mutable_description()->set_given(given->pack());
  say(response);
  read_request();
}

// What is open is dropped; the fetcher knows, and may ask for another turn.
void FetchStream::turn_over() {
  if (!std::exchange(has_turn_, false)) return;
  if (step_ != Step::kTurn) return;  // it took too long to open: on_opened() asks for another
  ++turn_;
  state_->spreads.end(*place_);
  upload_.reset();
  held_.reset();
  piece_.reset();
  bytes_.clear();
  waits_for_rate_ = false;
  partial_ = false;
  news_.reset();
  file_.reset();
  step_ = Step::kOver;
  say(queued(0, {}));
  read_request();
}

void FetchStream::may_send() {
  if (std::exchange(waits_for_rate_, false)) pump();
}

// A fetcher that waits hears its place when that has changed, and now and then that we live.
void FetchStream::tell_place() {
  const auto now = Clock::now();
  const auto often = std::min<Clock::duration>(limits::kPlaceToldMax, state_->times.silence / 3);
  const bool due = now - last_move_ >= often;
  if (writing_ || !said_.empty()) return;
  if (step_ == Step::kWaiting) {
    const auto place = state_->desk->place(*place_);
    if (!place || (place->position == told_ && !due)) return;
    told_ = place->position;
    say(queued(place->position, place->eta));
  } else if (waits_for_rate_ && due) {
    ::shoal::v1::FetchResponse response;
    response.mutable_paced()->set_wait_ms(
        static_cast<std::uint64_t>(to_ms(state_->desk->wait(*place_))));
    say(response);
  }
}

// Before the next answer.
void FetchStream::say(const ::shoal::v1::FetchResponse& response) {
  said_.push_back(to_buffer(response));
  pump();
}

void FetchStream::on_news() {
  const std::lock_guard lock(mutex_);
  if (ended_ || !partial_) return;
  if (const auto here = file_->pieces()) upload_->on_here(*here);
  pump();
}

void FetchStream::on_given() {
  if (!upload_) return;
  upload_->on_given(state_->spreads.take_news(*place_));
  pump();
}

bool FetchStream::asked(std::uint64_t offset, std::uint32_t length) {
  if (!upload_->on_range_request(offset, length)) return false;
  const Layout layout(content_.length);
  const std::uint32_t piece = layout.piece_of(offset);
  if (offset == layout.offset(piece)) state_->spreads.on_asked(*place_, piece);
  return true;
}

void FetchStream::on_read(std::uint64_t turn, const Upload::Read& read, grpc::Slice data,
                          const Result<void>& got) {
  const std::lock_guard lock(mutex_);
  if (ended_ || turn != turn_) return;
  if (!got) return end(rpc::to_status(got.error()));
  bytes_.emplace(read.number, std::move(data));
  upload_->on_read(read.number);
  pump();
}

void FetchStream::pump() {
  if (ended_) return;
  if (!writing_ && !said_.empty()) {
    write(std::move(said_.front()));
    said_.pop_front();
  }
  if (!upload_) return;
  read_ahead();
  if (!writing_ && !ended_) answer();
  if (upload_ && upload_->wants_request()) read_request();
}

// While the file is at hand, one range at a time, by the thread that goes on to encrypt it: its
// processor has it in its cache then.
void FetchStream::read_ahead() {
  if (upload_->in_memory() == 0) reads_ahead_ = false;
  while (reads_ahead_ || upload_->in_memory() == 0) {
    const auto next = upload_->next_read();
    if (!next) return;
    if (!reads_ahead_) {
      const auto now = read_now(*next);
      if (!now) return end(rpc::to_status(now.error()));
      if (*now) return;
    }
    reads_ahead_ = true;
    boost::asio::post(state_->work, [self = shared_from_this(), file = file_, turn = turn_,
                                     read = *next] {
      grpc::Slice data(read.length);
      auto got = file->read(read.offset, {const_cast<std::uint8_t*>(data.begin()), data.size()});
      self->on_read(turn, read, std::move(data), got);
    });
  }
}

Result<bool> FetchStream::read_now(const Upload::Read& read) {
  grpc::Slice data(read.length);
  auto got = file_->read_now(read.offset, {const_cast<std::uint8_t*>(data.begin()), data.size()});
  if (got && *got) {
    bytes_.emplace(read.number, std::move(data));
    upload_->on_read(read.number);
  }
  return got;
}

// The next answer, if the turn is not over and the rates allow it.
void FetchStream::answer() {
  if (!held_) {
    held_ = upload_->next_send();
    if (!held_) {
      if (upload_->idle()) state_->desk->on_idle(*place_);
      return;
    }
    if (!state_->gate.may_fetch(*caller_)) return end(no_longer_served());
    if (ends_turn(*held_)) return turn_over();
    const std::uint32_t bytes = bytes_of(*held_);
    const PeerId payer = state_->gate.payer ? state_->gate.payer(*caller_) : *caller_;
    waits_for_rate_ = bytes > 0 && !state_->desk->ask(*place_, payer, bytes);
  }
  if (waits_for_rate_) return;
  answer_of_ = turn_;
  const auto next = *std::exchange(held_, std::nullopt);
  send(next);
}

// Turns end between pieces, so that nothing was fetched in vain.
bool FetchStream::ends_turn(const Upload::Answer& answer) {
  const auto* const read = std::get_if<Upload::Read>(&answer);
  if (read == nullptr) return false;
  const std::uint32_t piece = Layout(content_.length).piece_of(read->offset);
  const auto last = std::exchange(piece_, piece);
  return last && state_->desk->give_back_if_over(*place_, *last != piece);
}

void FetchStream::send(const Upload::Answer& answer) {
  if (const auto* const read = std::get_if<Upload::Read>(&answer)) {
    const auto found = bytes_.find(read->number);
    grpc::Slice data = std::move(found->second);
    bytes_.erase(found);
    {
      const std::lock_guard all(state_->mutex);
      state_->counts.bytes += data.size();
    }
    const Layout layout(content_.length);
    const std::uint32_t piece = layout.piece_of(read->offset);
    if (read->offset + read->length == layout.offset(piece) + layout.size(piece)) {
      state_->spreads.on_sent(*place_, piece);
    }
    return write(chunk_message(read->offset, std::move(data)));
  }
  ::shoal::v1::FetchResponse response;
  if (const auto* const have = std::get_if<Upload::Have>(&answer)) {
    for (const std::uint32_t piece : have->pieces) response.mutable_have()->add_pieces(piece);
    return write(to_buffer(response));
  }
  if (const auto* const given = std::get_if<Upload::Given>(&answer)) {
    for (const std::uint32_t piece : given->pieces) response.mutable_given()->add_pieces(piece);
    return write(to_buffer(response));
  }
  const auto range = std::get<ManifestRange>(answer);
  response.mutable_manifest()->set_first(range.first);
  response.mutable_manifest()->set_hashes(
      pack_hashes(std::span(file_->layer()).subspan(range.first, range.count)));
  write(to_buffer(response));
}

}  // namespace shoal::transfer
