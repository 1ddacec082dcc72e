// SPDX-License-Identifier: Apache-2.0
#include "proto/rpc/endpoint.h"

#include "proto/types/place.h"

namespace shoal::rpc {

bool is_endpoint(std::string_view text) { return split_place(text).has_value(); }

}  // namespace shoal::rpc
