// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "proto/rpc/tls.h"
#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

int ms(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const std::string& endpoint, const Identity& me,
                                            const PeerId& pinned) {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ms(limits::kKeepaliveTime));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ms(limits::kKeepaliveTimeout));
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_MAX_METADATA_SIZE, limits::kRpcMetadata);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  args.SetMaxReceiveMessageSize(limits::kRpcMessage);
  args.SetMaxSendMessageSize(limits::kRpcMessage);
  return grpc::CreateCustomChannel(endpoint, channel_credentials(me, pinned), args);
}

}  // namespace shoal::rpc
