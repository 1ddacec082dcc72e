// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/client/context/context.h"

namespace shoal::client {

/// What the ids of a verb are of.
struct IdsOf {
  std::string_view one;     ///< "download"
  std::string_view lister;  ///< the verb that shows them: "shoal transfers"
};

/// Does `order` with every word behind the first, which names it: "pause 3 4". One that cannot be
/// done spares none of the others: of several, each error is printed when it comes, and the first
/// gives the exit code. Errors: kInvalidArgument (no id), that of an only id.
Result<int> for_each_id(Context& context, const IdsOf& of,
                        const std::function<Result<void>(const std::string& id)>& order);

}  // namespace shoal::client
