// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace shoal::yaml {

/// Of `names`, the one that is spelled most like `word`; empty when none is near.
std::string nearest(std::string_view word, std::span<const std::string> names);

}  // namespace shoal::yaml
