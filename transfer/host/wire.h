// SPDX-License-Identifier: Apache-2.0
// Fetch messages as gRPC buffers. Chunks are built and taken apart by hand, so that their bytes are
// not copied through protobuf; the result is what protobuf writes for FetchResponse{chunk}.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <optional>
#include <span>

#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "shoal/v1/transfer.pb.h"

namespace shoal::transfer {

/// `data` is handed over to gRPC without a copy.
grpc::ByteBuffer chunk_message(std::uint64_t offset, grpc::Slice data);

struct ChunkView {
  std::uint64_t offset;
  std::span<const std::uint8_t> data;  ///< within the slice that was given
};
/// None when the bytes are no chunk in the form of chunk_message (they may be another message).
std::optional<ChunkView> parse_chunk(const grpc::Slice& message);

/// Errors: kInvalidArgument, kTooLarge.
Result<ContentId> content_of(const ::shoal::v1::DescribeRequest& request);

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message);

}  // namespace shoal::transfer
