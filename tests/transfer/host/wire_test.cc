// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/link/wire.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

#include <algorithm>

namespace shoal::transfer {
namespace {

RC_GTEST_PROP(Wire, AChunkIsWhatProtobufReads, ()) {
  const auto offset = *rc::gen::arbitrary<std::uint64_t>().as("offset");
  const auto data = *rc::gen::nonEmpty<std::string>().as("data");
  const auto buffer = chunk_message(offset, grpc::Slice(data));
  grpc::Slice slice;
  RC_ASSERT(buffer.DumpToSingleSlice(&slice).ok());
  ::shoal::v1::FetchResponse parsed;
  RC_ASSERT(parsed.ParseFromArray(slice.begin(), static_cast<int>(slice.size())));
  RC_ASSERT(parsed.chunk().offset() == offset);
  RC_ASSERT(parsed.chunk().data() == data);
  // And what protobuf writes is read without it.
  const grpc::Slice theirs(parsed.SerializeAsString());
  const auto view = parse_chunk(theirs);
  RC_ASSERT(view.has_value());
  RC_ASSERT(view->offset == offset);
  RC_ASSERT(std::string(view->data.begin(), view->data.end()) == data);
}

// A connection brings a message in parts of its own, cut anywhere.
std::vector<grpc::Slice> in_parts(const std::string& bytes) {
  std::vector<grpc::Slice> parts;
  for (std::size_t at = 0; at < bytes.size();) {
    const auto length = *rc::gen::inRange<std::size_t>(1, 40).as("length of a part");
    parts.emplace_back(bytes.substr(at, length));
    at += length;
  }
  return parts;
}

RC_GTEST_PROP(Wire, AMessageInPartsIsReadAsTheWholeOneIs, ()) {
  const auto offset = *rc::gen::arbitrary<std::uint64_t>().as("offset");
  const auto data = *rc::gen::nonEmpty<std::string>().as("data");
  const auto garbage = *rc::gen::arbitrary<std::string>().as("garbage");
  grpc::Slice chunk;
  RC_ASSERT(chunk_message(offset, grpc::Slice(data)).DumpToSingleSlice(&chunk).ok());
  const auto is_chunk = *rc::gen::arbitrary<bool>().as("is a chunk");
  const std::string bytes =
      is_chunk ? std::string(reinterpret_cast<const char*>(chunk.begin()), chunk.size()) : garbage;
  const auto parts = in_parts(bytes);
  RC_ASSERT(joined(parts) == bytes);
  const auto head = chunk_head(parts);
  const grpc::Slice whole(bytes);
  const auto view = parse_chunk(whole);
  RC_ASSERT(head.has_value() == view.has_value());
  RC_ASSERT(head.has_value() || !is_chunk);
  if (!head) return;
  RC_ASSERT(head->offset == view->offset);
  std::vector<std::uint8_t> copied(head->length);
  copy_bytes(parts, head->begin, copied);
  RC_ASSERT(std::ranges::equal(copied, view->data));
}

RC_GTEST_PROP(Wire, GarbageIsNoChunkOrStaysWithinItsBytes, (const std::string& bytes)) {
  const grpc::Slice slice(bytes);
  const auto view = parse_chunk(slice);
  RC_ASSERT((!view || view->data.size() <= bytes.size()));
}

}  // namespace
}  // namespace shoal::transfer
