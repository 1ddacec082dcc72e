// SPDX-License-Identifier: Apache-2.0
#include "cli/client/common/each_id.h"

#include <fmt/format.h>

#include "cli/client/context/text.h"
#include "proto/types/errc.h"

namespace shoal::client {

Result<int> for_each_id(Context& context, const IdsOf& of,
                        const std::function<Result<void>(const std::string& id)>& order) {
  const auto& words = context.args().words;
  if (words.size() < 2) {
    return fail(Errc::kInvalidArgument,
                fmt::format("which {} to {} is missing", of.one, words.front()),
                words.front() + " takes one id or more", fmt::format("{} lists them", of.lister));
  }
  int code = 0;
  for (std::size_t at = 1; at < words.size(); ++at) {
    auto done = order(words[at]);
    if (done) continue;
    if (done.error().code == Errc::kNotFound && done.error().next.empty()) {
      done.error().next = fmt::format("{} lists them", of.lister);
    }
    if (words.size() == 2) return tl::unexpected(done.error());
    done.error().what = clean(words[at]) + ": " + done.error().what;
    print_error(context.world(), context.globals(), done.error());
    if (code == 0) code = info(done.error().code).exit_code;
  }
  return code;
}

}  // namespace shoal::client
