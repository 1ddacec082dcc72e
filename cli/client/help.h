// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "cli/client/context/context.h"
#include "cli/client/context/verb.h"

namespace shoal::client {

/// The page of all verbs, in groups.
std::string overview(const Context& context);
/// The page of one verb: form, EXAMPLES, its options, those of every verb.
std::string page_of(const Context& context, const Verb& verb);
/// The verb that `word` was probably meant to be; "" when none is near.
std::string nearest_verb(std::string_view word);

}  // namespace shoal::client
