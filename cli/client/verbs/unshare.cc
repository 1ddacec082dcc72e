// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <limits>
#include <system_error>

#include "cli/client/context/context.h"
#include "cli/client/context/text.h"
#include "cli/client/verbs/verb_table.h"
#include "proto/http/percent.h"

namespace shoal::client {
namespace {

Result<int> run(Context& context) {
  for (const auto& word : context.args().words) {
    std::error_code error;
    // As the library names it: without symbolic links. The folder itself may be gone.
    const auto resolved = std::filesystem::weakly_canonical(word, error);
    const std::string path = error ? word : std::filesystem::absolute(resolved).string();
    const auto gone = context.call("DELETE", "/v1/shares?" + http::encode_query("path", path));
    if (!gone) return tl::unexpected(gone.error());
    context.note("no longer shared: " + clean(path) + " (the files stay)");
  }
  return 0;
}

}  // namespace

const Verb kUnshare{.name = "unshare",
                    .group = Group::kFiles,
                    .synopsis = "PATH...",
                    .summary = "stop sharing a folder or file; it stays on the disk",
                    .examples = "shoal unshare ~/Books",
                    .flags = {},
                    .words_min = 1,
                    .words_max = std::numeric_limits<std::size_t>::max(),
                    .run = run};

}  // namespace shoal::client
