// SPDX-License-Identifier: Apache-2.0
// Fetch messages as gRPC buffers. Chunks are built and taken apart by hand, so that their bytes are
// not copied through protobuf; the result is what protobuf writes for FetchResponse{chunk}.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "proto/types/ids.h"
#include "proto/types/result.h"
#include "shoal/v1/transfer.pb.h"

namespace shoal::transfer {

/// `data` is handed over to gRPC without a copy.
grpc::ByteBuffer chunk_message(std::uint64_t offset, grpc::Slice data);

/// A message in the parts in which a connection brought it.
using Parts = std::vector<grpc::Slice>;

struct ChunkHead {
  std::uint64_t offset;
  std::size_t begin;   ///< where its bytes begin in the message; they end with it
  std::size_t length;  ///< 1 to limits::kRangeBytes
};
/// None when the message is no chunk in the form of chunk_message (it may be another one).
std::optional<ChunkHead> chunk_head(std::span<const grpc::Slice> message);
/// Copies from the message's byte `begin` on, as much as `into` holds; no more than there is.
void copy_bytes(std::span<const grpc::Slice> message, std::size_t begin,
                std::span<std::uint8_t> into);
std::string joined(std::span<const grpc::Slice> message);

struct ChunkView {
  std::uint64_t offset;
  std::span<const std::uint8_t> data;  ///< within the slice that was given
};
/// chunk_head of a message in one part.
std::optional<ChunkView> parse_chunk(const grpc::Slice& message);

/// Errors: kInvalidArgument, kTooLarge.
Result<ContentId> content_of(const ::shoal::v1::DescribeRequest& request);

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message);

}  // namespace shoal::transfer
