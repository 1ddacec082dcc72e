// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/link/wire.h"

#include <algorithm>
#include <array>

#include "proto/types/limits.h"

namespace shoal::transfer {
namespace {

constexpr std::uint8_t kChunkTag = 3 << 3 | 2;
constexpr std::uint8_t kOffsetTag = 1 << 3 | 0;
constexpr std::uint8_t kDataTag = 2 << 3 | 2;
// Three tags, two lengths and an offset.
constexpr std::size_t kHeadBytes = 3 + 3 * 10;

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

std::optional<ChunkHead> chunk_head(std::span<const grpc::Slice> message) {
  std::size_t total = 0;
  for (const grpc::Slice& part : message) total += part.size();
  std::array<std::uint8_t, kHeadBytes> first{};
  std::span<const std::uint8_t> in(first.data(), std::min(total, first.size()));
  copy_bytes(message, 0, {first.data(), in.size()});
  const auto left = [&] { return total - (static_cast<std::size_t>(in.data() - first.data())); };
  std::uint64_t length = 0;
  ChunkHead head{0, 0, 0};
  if (!take_tag(in, kChunkTag) || !take_varint(in, length) || length != left()) return {};
  if (take_tag(in, kOffsetTag) && !take_varint(in, head.offset)) return {};
  if (!take_tag(in, kDataTag) || !take_varint(in, length) || length != left()) return {};
  if (length == 0 || length > limits::kRangeBytes) return {};
  head.length = static_cast<std::size_t>(length);
  head.begin = total - head.length;
  return head;
}

void copy_bytes(std::span<const grpc::Slice> message, std::size_t begin,
                std::span<std::uint8_t> into) {
  for (const grpc::Slice& part : message) {
    if (into.empty()) return;
    const std::size_t skip = std::min(begin, part.size());
    begin -= skip;
    const std::size_t count = std::min(part.size() - skip, into.size());
    std::copy_n(part.begin() + skip, count, into.begin());
    into = into.subspan(count);
  }
}

std::string joined(std::span<const grpc::Slice> message) {
  std::string all;
  for (const grpc::Slice& part : message) {
    all.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  return all;
}

std::optional<ChunkView> parse_chunk(const grpc::Slice& message) {
  const auto head = chunk_head({&message, 1});
  if (!head) return {};
  return ChunkView{head->offset, {message.begin() + head->begin, head->length}};
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
