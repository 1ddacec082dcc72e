// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/wire.h"

#include <algorithm>
#include <array>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

constexpr std::uint8_t kChunkTag = 3 << 3 | 2;
constexpr std::uint8_t kOffsetTag = 1 << 3 | 0;
constexpr std::uint8_t kDataTag = 2 << 3 | 2;

void put_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::span<const std::uint8_t>& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const std::uint8_t byte = in.front();
    in = in.subspan(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

bool take_tag(std::span<const std::uint8_t>& in, std::uint8_t tag) {
  if (in.empty() || in.front() != tag) return false;
  in = in.subspan(1);
  return true;
}

}  // namespace

grpc::ByteBuffer chunk_message(std::uint64_t offset, grpc::Slice data) {
  std::string inner;
  if (offset != 0) {
    inner.push_back(static_cast<char>(kOffsetTag));
    put_varint(inner, offset);
  }
  inner.push_back(static_cast<char>(kDataTag));
  put_varint(inner, data.size());
  std::string head(1, static_cast<char>(kChunkTag));
  put_varint(head, inner.size() + data.size());
  const std::array<grpc::Slice, 2> slices{grpc::Slice(head + inner), std::move(data)};
  return {slices.data(), slices.size()};
}

std::optional<ChunkView> parse_chunk(const grpc::Slice& message) {
  std::span<const std::uint8_t> in(message.begin(), message.size());
  std::uint64_t length = 0;
  ChunkView view{0, {}};
  if (!take_tag(in, kChunkTag) || !take_varint(in, length) || length != in.size()) return {};
  if (take_tag(in, kOffsetTag) && !take_varint(in, view.offset)) return {};
  if (!take_tag(in, kDataTag) || !take_varint(in, length) || length != in.size()) return {};
  if (length == 0 || length > limits::kRangeBytes) return {};
  view.data = in;
  return view;
}

Result<ContentId> content_of(const ::shoal::v1::DescribeRequest& request) {
  ContentId id;
  if (request.root().size() != id.root.bytes.size()) {
    return fail(Errc::kInvalidArgument, "no such content", "a root has 32 bytes");
  }
  if (request.length() > limits::kFileBytesMax) {
    return fail(Errc::kTooLarge, "no such content", "no file is that long");
  }
  std::copy(request.root().begin(), request.root().end(), id.root.bytes.begin());
  id.length = request.length();
  return id;
}

grpc::ByteBuffer to_buffer(const google::protobuf::MessageLite& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return {&slice, 1};
}

}  // namespace shoal::transfer
