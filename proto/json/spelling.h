// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <span>
#include <string_view>

#include "proto/types/result.h"

namespace shoal::json {

/// How a member was called in the systems that shoal replaces, and how it is called here.
struct Spelling {
  std::string_view old;
  std::string_view ours;
};

/// Renames members of `object`. Errors: kInvalidArgument (two members come to the same name).
Result<void> respell(boost::json::object& object, std::span<const Spelling> spellings);

/// A member that is a number in digits becomes that number; anything else stays.
void digits_to_number(boost::json::object& object, std::string_view name);

/// Of "http://host:port" in the member `name`, which is taken out: the host as "address" and the
/// port as "port", each unless it is there already. Errors: kInvalidArgument (no such URL).
Result<void> split_url(boost::json::object& object, std::string_view name);

}  // namespace shoal::json
