// SPDX-License-Identifier: Apache-2.0
#include "transfer/host/wire.h"

#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>

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

RC_GTEST_PROP(Wire, GarbageIsNoChunkOrStaysWithinItsBytes, (const std::string& bytes)) {
  const grpc::Slice slice(bytes);
  const auto view = parse_chunk(slice);
  RC_ASSERT((!view || view->data.size() <= bytes.size()));
}

}  // namespace
}  // namespace shoal::transfer
