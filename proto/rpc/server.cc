// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/server.h"

#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <future>
#include <utility>

#include "proto/rpc/locks.h"
#include "proto/rpc/message_server.h"
#include "proto/rpc/tls.h"
#include "proto/types/limits.h"
#include "proto/types/limits_transfer.h"

namespace shoal::rpc {
namespace {

using GrpcSide = grpc::experimental::ExternalConnectionAcceptor;

int ms(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

void set_bounds(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("shoal");
  quota.Resize(limits::kRpcQuotaBytes);
  quota.SetMaxThreads(limits::kRpcThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(limits::kRpcMessageIn);
  // Compressed bytes would be inflated before their length is judged.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetMaxSendMessageSize(limits::kRpcMessage);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits::kRpcStreams);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, limits::kRpcMetadata);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, ms(limits::kHandshakeTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, ms(limits::kKeepaliveTime));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ms(limits::kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             ms(limits::kPingIntervalMin));
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, limits::kPingStrikes);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

class RpcServer::Impl {
 public:
  Impl(std::shared_ptr<Acceptor> acceptor, Options options)
      : acceptor_(std::move(acceptor)), options_(std::move(options)) {}
  ~Impl() { stop(); }

  Result<void> start(const Identity& me, PeerBook& book, std::vector<grpc::Service*> services) {
    ignore_lock_order();
    grpc::ServerBuilder builder;
    set_bounds(builder);
    for (grpc::Service* const service : services) builder.RegisterService(service);
    grpc_side_ = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
        server_credentials(me, book));
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return fail(Errc::kInternal, "cannot start", "gRPC does not");
    Acceptor::Handlers handlers{[this](int fd) {
                                  GrpcSide::NewConnectionParameters connection;
                                  connection.fd = fd;
                                  grpc_side_->HandleNewConnection(&connection);
                                },
                                options_.on_http};
    if (options_.on_stream) {
      streams_ = std::make_unique<MessageServer>(options_.streams, me, book,
                                                 limits::kFetchRequestBytes, options_.on_stream);
      handlers.on_stream = [this](int fd) { streams_->accept(fd); };
    }
    acceptor_->start(std::move(handlers));
    return {};
  }

  void stop() {
    if (acceptor_ == nullptr) return;
    std::promise<void> closed;
    acceptor_->close([&closed] { closed.set_value(); });
    closed.get_future().wait();
    acceptor_ = nullptr;
    streams_ = nullptr;
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + limits::kRpcStopTime);
    server_->Wait();
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_ == nullptr ? 0 : acceptor_->port(); }

 private:
  std::shared_ptr<Acceptor> acceptor_;
  Options options_;
  std::unique_ptr<GrpcSide> grpc_side_;
  std::unique_ptr<MessageServer> streams_;
  std::unique_ptr<grpc::Server> server_;
};

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RpcServer::~RpcServer() = default;

Result<std::unique_ptr<RpcServer>> RpcServer::listen(boost::asio::any_io_executor executor,
                                                     Options options) {
  auto acceptor = Acceptor::listen(executor, options.address, options.port, options.acceptor);
  if (!acceptor) return tl::unexpected(acceptor.error());
  return std::unique_ptr<RpcServer>(
      new RpcServer(std::make_unique<Impl>(std::move(*acceptor), std::move(options))));
}

Result<void> RpcServer::start(const Identity& me, PeerBook& book,
                              std::vector<grpc::Service*> services) {
  return impl_->start(me, book, std::move(services));
}
void RpcServer::stop() { impl_->stop(); }
std::uint16_t RpcServer::port() const { return impl_->port(); }

}  // namespace shoal::rpc
