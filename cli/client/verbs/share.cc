// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <system_error>

#include "cli/client/common/sample.h"
#include "cli/client/common/scan.h"
#include "cli/client/context/context.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

constexpr std::array kFlags{
    Flag{"--sample", "", "make a small text to share, for a first try"},
};

Result<int> run(Context& context) {
  std::vector<std::string> words = context.args().words;
  if (context.args().has("--sample")) {
    const auto sample = sample_file(context);
    if (!sample) return tl::unexpected(sample.error());
    words.push_back(std::filesystem::path(*sample).parent_path().string());
    context.note("sample " + *sample);
  }
  if (words.empty()) {
    return fail(Errc::kInvalidArgument, "share what?", "no folder or file is named",
                "shoal share PATH..., or shoal share --sample for a first try");
  }
  int code = 0;
  for (const auto& word : words) {
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
    .synopsis = "PATH... | --sample",
    .summary = "let friends find and fetch the files of a folder, or one file",
    .examples = "shoal share ~/Books\nshoal share ~/talk.pdf ~/Music\nshoal share --sample",
    .flags = kFlags,
    .words_min = 0,
    .words_max = std::numeric_limits<std::size_t>::max(),
    .run = run,
    .notes =
        "Not shared: hidden files and folders, symbolic links, names that end in .part, other\n"
        "file systems below it, and this peer's own key and state. Each file is read once for\n"
        "its hash, and again after it changed: every rescan.interval, or at once by\n"
        "shoal shares rescan."};

}  // namespace shoal::client
