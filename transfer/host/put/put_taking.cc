// SPDX-License-Identifier: Apache-2.0
// What is done with the messages of a put, on its strand.
#include <utility>

#include "proto/rpc/status.h"
#include "proto/types/limits.h"
#include "proto/types/text.h"
#include "transfer/host/link/wire.h"
#include "transfer/host/put/put_stream.h"
#include "transfer/host/put/put_words.h"

namespace shoal::transfer {

void PutStream::refuse(Error error) {
  // Whatever did not work then: its folder is gone, since its owner rejected it.
  if (reception_ && reception_->revoked) error = rejected();
  state_->count_refusal(error);
  const std::lock_guard lock(mutex_);
  end(rpc::to_status(error));
}

void PutStream::work_off(const std::optional<grpc::Slice>& message) {
  {
    const std::lock_guard lock(mutex_);
    --waiting_;
    if (ended_) return;
    read();
  }
  Result<void> fine;
  if (reception_ && reception_->revoked) {
    fine = tl::unexpected<Error>(rejected());
  } else if (!state_->hooks.may_put(*caller_)) {
    {
      const std::lock_guard lock(mutex_);
      unwelcome_ = true;
    }
    fine = tl::unexpected<Error>(no_longer());
  } else if (!message) {
    // The giver may close its side once it has sent all.
    if (!finishing_) fine = tl::unexpected<Error>(malformed("it ended before its last byte"));
  } else if (finishing_) {
    fine = tl::unexpected<Error>(malformed("there is more of it than its length"));
  } else {
    fine = take(*message);
  }
  if (!fine) refuse(fine.error());
}

Result<void> PutStream::take(const grpc::Slice& message) {
  const bool bytes = begun_ && !part_->wants_manifest();
  if (const auto chunk = bytes ? parse_chunk(message) : std::nullopt; chunk) {
    if (chunk->data.size() > limits::kPutChunk) {
      return tl::unexpected<Error>(malformed("what came is no part of it"));
    }
    if (auto fine = part_->take_bytes(chunk->offset, chunk->data); !fine) {
      return tl::unexpected<Error>(for_friend(fine.error()));
    }
    reception_->bytes = part_->offset();
    const std::lock_guard all(state_->mutex);
    state_->counts.bytes += chunk->data.size();
  } else {
    ::shoal::v1::PutRequest request;
    if (!request.ParseFromArray(message.begin(), static_cast<int>(message.size()))) {
      return tl::unexpected<Error>(malformed("a message is malformed"));
    }
    if (request.has_offer() && !offered_) return take_offer(request.offer());
    if (request.has_paced() && offered_) return {};
    if (!request.has_manifest() || !begun_) {
      return tl::unexpected<Error>(malformed("a message is out of order"));
    }
    const auto hashes = unpack_hashes(request.manifest().hashes());
    if (!hashes) return tl::unexpected<Error>(malformed("its manifest is malformed"));
    if (auto fine = part_->take_hashes(request.manifest().first(), *hashes); !fine) {
      return tl::unexpected<Error>(for_friend(fine.error()));
    }
  }
  if (part_->all_here()) begin_check();
  return {};
}

Result<void> PutStream::take_offer(const ::shoal::v1::PutOffer& offer) {
  offered_ = true;
  const auto id = content_of(offer.content());
  if (!id) return tl::unexpected<Error>(id.error());
  if (offer.name().size() > limits::kOfferName) {
    return tl::unexpected<Error>(malformed("its name is too long"));
  }
  if (auto open = state_->hooks.open(); !open) return open;
  if (state_->hooks.shared(*id)) {
    answer_received(Fate::kHere);
    return {};
  }
  auto reception = state_->inbox.receive(to_text(*caller_), *id);
  if (!reception) return tl::unexpected<Error>(for_friend(reception.error()));
  reception_ = std::move(*reception);
  if (const auto there = state_->inbox.find(reception_->giver, *id);
      there && !there->path.empty()) {
    finishing_ = true;
    received();
    return {};
  }
  auto disk = open_disk(reception_->folder);
  if (!disk) return tl::unexpected<Error>(for_friend(disk.error()));
  auto part = PutPart::open(std::move(*disk), *id, inbox_name(offer.name()), reception_->folder,
                            state_->inbox.keep_free());
  if (!part) return tl::unexpected<Error>(for_friend(part.error()));
  part_ = std::move(*part);
  set_busy(true);
  prepare();
  return {};
}

void PutStream::set_busy(bool busy) {
  const std::lock_guard lock(mutex_);
  busy_ = busy;
  last_move_ = Clock::now();
}

bool PutStream::over() {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return true;
  }
  if (!reception_ || !reception_->revoked) return false;
  refuse(rejected());
  return true;
}

void PutStream::later(void (PutStream::*step)()) {
  boost::asio::post(strand_, [self = shared_from_this(), step] { ((*self).*step)(); });
}

void PutStream::prepare() {
  if (over()) return;
  const auto ready = part_->prepare();
  if (!ready) return refuse(for_friend(ready.error()));
  if (!*ready) return later(&PutStream::prepare);
  reception_->bytes = part_->offset();
  set_busy(false);
  if (part_->all_here()) return begin_check();
  begun_ = true;
  ::shoal::v1::PutResponse answer;
  answer.mutable_begin()->set_offset(part_->offset());
  answer.mutable_begin()->set_manifest(part_->wants_manifest());
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  outgoing_ = to_buffer(answer);
  writing_ = true;
  StartWrite(&outgoing_);
}

void PutStream::begin_check() {
  finishing_ = true;
  set_busy(true);
  check();
}

void PutStream::check() {
  if (over()) return;
  const auto done = part_->check();
  if (!done) return refuse(for_friend(done.error()));
  if (!*done) return later(&PutStream::check);
  const auto placed = part_->place();
  if (!placed) return refuse(for_friend(placed.error()));
  if (const auto tree = part_->tree()) state_->hooks.verified(*placed, *tree);
  {
    const std::lock_guard all(state_->mutex);
    ++state_->counts.files;
  }
  received();
}

void PutStream::received() {
  const auto entry = state_->inbox.find(reception_->giver, reception_->content);
  if (!entry || entry->path.empty()) {
    return refuse(rejected());
  }
  part_.reset();  // its files are closed before somebody moves them
  answer_received(state_->hooks.received(*entry));
}

void PutStream::answer_received(Fate fate) {
  ::shoal::v1::PutResponse answer;
  answer.mutable_received()->set_fate(on_wire(fate));
  const std::lock_guard lock(mutex_);
  finishing_ = true;
  if (std::exchange(ended_, true)) return;
  received_ = to_buffer(answer);
  // Or when the word that it may begin, which a fast giver overtakes, is written.
  if (!writing_) StartWriteAndFinish(&received_, {}, grpc::Status::OK);
}

void PutStream::close() {
  if (part_) {
    bool unwelcome = false;
    {
      const std::lock_guard lock(mutex_);
      unwelcome = unwelcome_;
    }
    part_->stop();
    part_.reset();
    // Nobody can go on with what a friend of old began.
    if (unwelcome) state_->inbox.forget(*reception_);
  }
  if (reception_) state_->inbox.forget_empty(*reception_);
  reception_.reset();
}

}  // namespace shoal::transfer
