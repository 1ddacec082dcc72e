// SPDX-License-Identifier: Apache-2.0
// Payloads to protobuf and back. Internal to this folder.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/codec/frame_codec.h"
#include "proto/types/bodies.h"
#include "shoal/v1/link.pb.h"

namespace shoal::codec {

std::string encode_query_body(const QueryBody& query);
tl::expected<PayloadRef, Refusal> decode_query_body(std::string_view bytes);

void encode_counts(const Counts& counts, v1::EchoCounts& into);
tl::expected<Counts, Refusal> decode_counts(const v1::EchoCounts& counts);

}  // namespace shoal::codec
