// SPDX-License-Identifier: Apache-2.0
// Messages over TLS without gRPC: who gets through, what arrives, and what hostile bytes come to.
#include "proto/rpc/message_stream.h"

#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <mutex>

#include "proto/rpc/acceptor.h"
#include "proto/rpc/message_server.h"
#include "proto/rpc/status.h"
#include "proto/rpc/tls.h"
#include "proto/types/limits.h"
#include "proto/types/rng.h"
#include "tests/wire/threads.h"

namespace shoal::rpc {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::size_t kLongest = 1280 * 1024;

grpc::ByteBuffer buffer_of(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

/// One end, which is asked and waits for the answer.
class End final : public MessageStream::Listener {
 public:
  /// What read() brought; none: there is nothing more.
  std::optional<std::string> next(MessageStream& stream) {
    std::promise<std::optional<std::string>> got;
    auto future = got.get_future();
    {
      const std::lock_guard lock(mutex_);
      if (over_) return std::nullopt;
      reads_.push_back(std::move(got));
    }
    stream.read();
    const bool came = future.wait_for(20s) == std::future_status::ready;
    EXPECT_TRUE(came) << "neither a message nor an end";
    return came ? future.get() : std::nullopt;
  }
  bool say(MessageStream& stream, const std::string& text) { return said(stream, text).get(); }
  std::future<bool> said(MessageStream& stream, const std::string& text) {
    std::promise<bool> done;
    auto future = done.get_future();
    {
      const std::lock_guard lock(mutex_);
      if (over_) {
        done.set_value(false);
        return future;
      }
      writes_.push_back(std::move(done));
    }
    stream.write(buffer_of(text));
    return future;
  }
  /// How it ended; fails the test where it does not.
  grpc::Status status() {
    auto future = ended_.get_future();
    const bool came = future.wait_for(20s) == std::future_status::ready;
    EXPECT_TRUE(came);
    return came ? future.get() : grpc::Status();
  }

  void on_read(bool ok, grpc::Slice message) override {
    answer(reads_, ok ? std::optional(std::string(message.begin(), message.end())) : std::nullopt);
  }
  void on_written(bool ok) override { answer(writes_, ok); }
  void on_ended(const grpc::Status& status) override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    while (!reads_.empty()) answer(reads_, std::optional<std::string>());
    while (!writes_.empty()) answer(writes_, false);
    ended_.set_value(status);
  }

 private:
  template <class Queue, class Value>
  void answer(Queue& queue, Value value) {
    std::unique_lock lock(mutex_);
    ASSERT_FALSE(queue.empty()) << "nobody asked";
    auto first = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    first.set_value(std::move(value));
  }

  std::mutex mutex_;
  bool over_ = false;
  std::deque<std::promise<std::optional<std::string>>> reads_;
  std::deque<std::promise<bool>> writes_;
  std::promise<grpc::Status> ended_;
};

struct Pair {
  std::shared_ptr<MessageStream> stream;
  std::shared_ptr<End> end = std::make_shared<End>();
};

class Streams : public testing::Test {
 protected:
  void SetUp() override {
    book_.set_friend(luis_.id(), Role::kFriend);
    acceptor_ = *Acceptor::listen(threads_.executor(), "127.0.0.1", 0, Acceptor::Options());
    server_ = std::make_unique<MessageServer>(
        threads_.executor(), ana_, book_, kLongest,
        [this](std::shared_ptr<MessageStream> stream, const PeerId& peer) {
          Pair pair{std::move(stream)};
          pair.stream->listen(pair.end);
          caller_ = peer;
          came_.set_value(pair);
        });
  }
  void TearDown() override { stop(); }
  void serve(bool speaks = true) {
    Acceptor::Handlers handlers{[](int fd) { ::close(fd); }, nullptr};
    if (speaks) handlers.on_stream = [this](int fd) { server_->accept(fd); };
    acceptor_->start(std::move(handlers));
  }
  void stop() {
    if (!server_) return;
    std::promise<void> closed;
    acceptor_->close([&] { closed.set_value(); });
    closed.get_future().wait();
    server_ = nullptr;
  }
  Pair dial(const Identity& me, const PeerId& pinned, std::size_t longest = kLongest) {
    Pair pair;
    pair.stream =
        MessageStream::dial(threads_.executor(), endpoint(), me, pinned, longest, pair.end);
    return pair;
  }
  Pair dial() { return dial(luis_, ana_.id()); }
  Pair served() { return came_.get_future().get(); }
  [[nodiscard]] std::string endpoint() const {
    return "127.0.0.1:" + std::to_string(acceptor_->port());
  }
  tcp::socket connect() {
    tcp::socket socket(threads_.context());
    socket.connect({boost::asio::ip::address_v4::loopback(), acceptor_->port()});
    timeval patience{.tv_sec = 15, .tv_usec = 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return socket;
  }
  static void expect_closed(tcp::socket& socket) {
    std::array<char, 4096> rest{};
    ssize_t got = 1;
    while (got > 0) got = ::recv(socket.native_handle(), rest.data(), rest.size(), 0);
    EXPECT_FALSE(got < 0 && errno == EAGAIN) << "still open after fifteen seconds";
  }
  /// Luis, who speaks TLS well and says `bytes` in it: how his stream ended at the other end.
  grpc::Status after(const std::string& bytes) {
    tcp::socket socket = connect();
    EXPECT_EQ(::send(socket.native_handle(), &kStreamMark, 1, 0), 1);
    const TlsSessions sessions(TlsSessions::End::kDials, luis_, [](const PeerId&) { return true; });
    const auto session = sessions.on(socket.native_handle());
    EXPECT_EQ(SSL_do_handshake(session.get()), 1);
    const Pair there = served();
    std::size_t written = 0;
    EXPECT_EQ(SSL_write_ex(session.get(), bytes.data(), bytes.size(), &written), 1);
    EXPECT_EQ(there.end->next(*there.stream), std::nullopt);
    const auto status = there.end->status();
    expect_closed(socket);
    return status;
  }

  tests::Threads threads_;
  PeerBook book_{Accept::kListed};
  const Identity ana_ = Identity::generate();
  const Identity luis_ = Identity::generate();
  std::shared_ptr<Acceptor> acceptor_;
  std::promise<Pair> came_;
  PeerId caller_;
  std::unique_ptr<MessageServer> server_;
};

TEST_F(Streams, AFriendGetsThroughAndIsKnownByItsKey) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  EXPECT_EQ(caller_, luis_.id());
  EXPECT_TRUE(here.end->say(*here.stream, "hello"));
  EXPECT_EQ(there.end->next(*there.stream), "hello");
}

TEST_F(Streams, MessagesOfAnyLengthArriveWholeAndInOrderBothWaysAtOnce) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  Rng rng(3);
  std::vector<std::string> sent;
  for (int i = 0; i < 60; ++i) {
    std::size_t length = rng.below(i % 3 == 0 ? kLongest + 1 : 300);
    if (i < 4) length = std::array<std::size_t, 4>{0, 1, 16384, kLongest}[static_cast<unsigned>(i)];
    sent.emplace_back(length, static_cast<char>('a' + i % 26));
  }
  const auto pass = [&](const Pair& from, const Pair& to) {
    auto write = std::async(std::launch::async, [&] {
      for (const auto& one : sent) ASSERT_TRUE(from.end->say(*from.stream, one));
    });
    for (const auto& one : sent) ASSERT_EQ(to.end->next(*to.stream), one);
    write.get();
  };
  auto back = std::async(std::launch::async, [&] { pass(there, here); });
  pass(here, there);
  back.get();
}

TEST_F(Streams, TheLastWordArrivesWithItsDetailsBehindWhatWasWrittenBefore) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(here.end->say(*here.stream, std::string(3000, 'q')));
  const Error error{Errc::kSourceChanged, "cannot serve it", "it was edited", "search again"};
  // None of the questions was read: a connection that is closed so would take back the answer.
  auto answer = there.end->said(*there.stream, std::string(kLongest, 'a'));
  there.stream->finish(to_status(error));
  EXPECT_EQ(here.end->next(*here.stream), std::string(kLongest, 'a'));
  EXPECT_EQ(here.end->next(*here.stream), std::nullopt);
  const Error told = from_status(here.end->status());
  EXPECT_EQ(told.code, error.code);
  EXPECT_EQ(told.why, error.why);
  EXPECT_EQ(told.next, error.next);
  EXPECT_TRUE(answer.get());
  EXPECT_EQ(from_status(there.end->status()).code, error.code);
}

TEST_F(Streams, AnUnknownKeyIsRefusedInTheHandshakeAndKnocks) {
  std::promise<PeerId> knocked;
  book_.on_unknown([&](const PeerId& id) { knocked.set_value(id); });
  serve();
  const Identity stranger = Identity::generate();
  const Pair here = dial(stranger, ana_.id());
  EXPECT_EQ(here.end->next(*here.stream), std::nullopt);
  const Error told = from_status(here.end->status());
  EXPECT_EQ(told.code, Errc::kUnreachable);
  EXPECT_NE(told.why.find("does not know our key"), std::string::npos) << told.why;
  EXPECT_EQ(knocked.get_future().get(), stranger.id());
  EXPECT_EQ(caller_, PeerId{});
}

TEST_F(Streams, AnotherKeyThanThePinnedOneIsNotTalkedTo) {
  serve();
  const Pair here = dial(luis_, Identity::generate().id());
  EXPECT_EQ(here.end->next(*here.stream), std::nullopt);
  const auto status = here.end->status();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(status.error_message(), kAnotherKey);
}

TEST_F(Streams, WhoSpeaksOnlyGrpcIsToldApartFromWhoIsNotThere) {
  serve(false);
  const Pair here = dial();
  EXPECT_EQ(here.end->status().error_code(), grpc::StatusCode::UNIMPLEMENTED);
  const Pair late{nullptr};
  const auto stream =
      MessageStream::dial(threads_.executor(), "127.0.0.1:1", luis_, ana_.id(), kLongest, late.end);
  const Error told = from_status(late.end->status());
  EXPECT_EQ(told.code, Errc::kUnreachable);
  EXPECT_EQ(told.why, "unreachable: nobody listens there");
}

TEST_F(Streams, AMessageThatIsTooLongEndsTheStreamAndTakesNoMemory) {
  serve();
  EXPECT_EQ(after(std::string("\xFF\xFF\xFF\xFF\x00", 5)).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Streams, AFrameOfNoLengthEndsTheStream) {
  serve();
  EXPECT_EQ(after(std::string("\x00\x00\x00\x00\x00", 5)).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Streams, AFrameOfAnUnknownKindEndsTheStream) {
  serve();
  EXPECT_EQ(after(std::string("\x00\x00\x00\x02\x07x", 6)).error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(Streams, ALastWordThatIsGarbageEndsTheStreamWithAnError) {
  serve();
  EXPECT_EQ(after(std::string("\x00\x00\x00\x05\x01\xFF\xFF\xFF\xFF", 9)).error_code(),
            grpc::StatusCode::INTERNAL);
}

TEST_F(Streams, GarbageInsteadOfTlsIsCut) {
  serve();
  auto socket = connect();
  const std::string garbage = std::string(1, kStreamMark) + std::string(5000, '\xAB');
  ASSERT_GT(::send(socket.native_handle(), garbage.data(), garbage.size(), 0), 0);
  expect_closed(socket);
}

TEST_F(Streams, WhoSaysNothingAfterTheMarkIsCutInTime) {
  serve();
  auto socket = connect();
  ASSERT_EQ(::send(socket.native_handle(), &kStreamMark, 1, 0), 1);
  expect_closed(socket);
}

TEST_F(Streams, AWriteThatIsNotTakenEndsWithItsStream) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  const std::string much(kLongest, 'm');
  while (true) {  // until the sockets are full
    auto done = there.end->said(*there.stream, much);
    if (done.wait_for(1s) == std::future_status::ready) continue;
    there.stream->cancel();
    EXPECT_FALSE(done.get());
    break;
  }
  EXPECT_EQ(there.end->status().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Streams, ALastWordThatNobodyHearsIsAnEndToo) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  const std::string much(kLongest, 'm');
  here.stream->cancel();
  while (there.end->say(*there.stream, much)) {
  }
  there.stream->finish(to_status({Errc::kTimeout, "the transfer is over", {}, {}}));
  EXPECT_FALSE(there.end->status().ok());
}

TEST_F(Streams, WhoHangsUpIsNoticedByTheOther) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  here.stream->cancel();
  EXPECT_EQ(there.end->next(*there.stream), std::nullopt);
  EXPECT_FALSE(there.end->status().ok());
  EXPECT_EQ(here.end->status().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(Streams, WhoHangsUpIsNoticedByTheAcceptingEndAlsoWhileItReadsNothing) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  ASSERT_TRUE(there.end->say(*there.stream, "unread"));  // so that its hanging up is a reset
  ASSERT_TRUE(here.end->say(*here.stream, "unread, too"));
  here.stream->cancel();
  EXPECT_EQ(there.end->status().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Streams, WhoHangsUpInSilenceIsNoticedByTheAcceptingEndAlsoWhileItReadsNothing) {
  serve();
  const Pair here = dial();
  const Pair there = served();
  here.stream->cancel();
  EXPECT_EQ(there.end->status().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(Streams, AStopEndsOpenStreamsAndHandshakesAndWaitsForThem) {
  serve();
  auto silent = connect();
  ASSERT_EQ(::send(silent.native_handle(), &kStreamMark, 1, 0), 1);
  const Pair here = dial();
  std::weak_ptr<MessageStream> theirs = served().stream;
  const auto began = std::chrono::steady_clock::now();
  stop();
  EXPECT_TRUE(theirs.expired());
  EXPECT_LT(std::chrono::steady_clock::now() - began, limits::kHandshakeTime);
  expect_closed(silent);
  EXPECT_EQ(here.end->next(*here.stream), std::nullopt);
}

}  // namespace
}  // namespace shoal::rpc
