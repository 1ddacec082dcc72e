// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "cli/client/context.h"
#include "cli/client/scan.h"
#include "cli/client/verb_table.h"

namespace shoal::client {
namespace {

Result<int> run(Context& context) {
  int code = 0;
  for (const auto& word : context.args().words) {
    std::error_code error;
    const auto path = std::filesystem::absolute(word, error);
    if (error || !std::filesystem::exists(path, error)) {
      return fail(Errc::kNotFound, "cannot share " + word, error ? error.message() : "no such file",
                  "name a folder or a file that exists");
    }
    const auto scanned = scan(context, "/v1/shares", {{"path", path.lexically_normal().string()}});
    if (!scanned) return scanned;
    code = std::max(code, *scanned);
  }
  return code;
}

}  // namespace

const Verb kShare{
    .name = "share",
    .group = Group::kFiles,
    .synopsis = "PATH...",
    .summary = "let friends find and fetch the files of a folder, or one file",
    .examples = "shoal share ~/Books\nshoal share ~/talk.pdf ~/Music",
    .flags = {},
    .words_min = 1,
    .words_max = std::numeric_limits<std::size_t>::max(),
    .run = run,
    .notes =
        "Not shared: hidden files and folders, symbolic links, names that end in .part, other\n"
        "file systems below it, and this peer's own key and state. Each file is read once for\n"
        "its hash, and again after it changed: every rescan.interval, or at once by\n"
        "shoal shares rescan."};

}  // namespace shoal::client
