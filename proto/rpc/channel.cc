// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/channel.h"

#include <grpc/compression.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>

#include "proto/rpc/locks.h"
#include "proto/rpc/tls.h"
#include "proto/types/limits.h"

namespace shoal::rpc {
namespace {

int ms(std::chrono::milliseconds time) { return static_cast<int>(time.count()); }

}  // namespace

std::shared_ptr<grpc::Channel> make_channel(const std::string& endpoint, const Identity& me,
                                            const PeerId& pinned, int receive_most) {
  ignore_lock_order();
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  args.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  args.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, ms(limits::kKeepaliveTime));
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, ms(limits::kKeepaliveTimeout));
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_MAX_METADATA_SIZE, limits::kRpcMetadata);
  // This is also the time that one attempt may take, TCP and TLS together.
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, ms(limits::kHandshakeTime));
  // Identity only: compressed bytes would be inflated before their length is judged.
  args.SetInt(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET, 1 << GRPC_COMPRESS_NONE);
  args.SetMaxReceiveMessageSize(receive_most);
  args.SetMaxSendMessageSize(limits::kRpcMessage);
  return grpc::CreateCustomChannel(endpoint, channel_credentials(me, pinned), args);
}

}  // namespace shoal::rpc
