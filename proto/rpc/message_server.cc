// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/message_server.h"

#include <unistd.h>

#include <utility>
#include <vector>

namespace shoal::rpc {

MessageServer::MessageServer(boost::asio::any_io_executor executor, const Identity& me,
                             PeerBook& book, std::size_t longest, MessageStream::Opened opened)
    : executor_(std::move(executor)),
      sessions_(std::make_shared<const TlsSessions>(
          TlsSessions::End::kAccepts, me,
          [&book](const PeerId& id) { return book.knock(id) != Caller::kUnknown; })),
      longest_(longest),
      opened_(std::move(opened)) {}

void MessageServer::accept(int fd) {
  std::shared_ptr<MessageStream> stream;  // goes after the lock, which its end takes
  const std::lock_guard lock(open_->mutex);
  if (open_->stopped) {
    ::close(fd);
    return;
  }
  const std::uint64_t number = open_->next++;
  stream =
      MessageStream::accept(executor_, fd, sessions_, longest_, opened_, [open = open_, number] {
        const std::lock_guard gone(open->mutex);
        open->streams.erase(number);
        open->changed.notify_all();
      });
  open_->streams[number] = stream;
}

void MessageServer::stop() {
  std::unique_lock lock(open_->mutex);
  open_->stopped = true;
  std::vector<std::shared_ptr<MessageStream>> streams;
  for (const auto& [number, stream] : open_->streams) {
    if (auto alive = stream.lock()) streams.push_back(std::move(alive));
  }
  lock.unlock();  // the last to let go of a stream takes it
  for (const auto& stream : streams) stream->cancel();
  streams.clear();
  lock.lock();
  open_->changed.wait(lock, [&] { return open_->streams.empty(); });
}

}  // namespace shoal::rpc
