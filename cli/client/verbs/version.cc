// SPDX-License-Identifier: Apache-2.0
#include "cli/client/context/context.h"
#include "cli/client/output/sheet.h"
#include "cli/client/verbs/verb_table.h"

namespace shoal::client {
namespace {

Result<int> run(Context& context) {
  if (context.format() == Format::kJson) {
    print_json(context, {{"schema", "shoal/version/1"}, {"version", SHOAL_VERSION}});
  } else {
    context.print(context.format() == Format::kTable ? "shoal " SHOAL_VERSION : SHOAL_VERSION);
  }
  return 0;
}

}  // namespace

const Verb kVersion{.name = "version",
                    .group = Group::kTools,
                    .synopsis = "",
                    .summary = "which version this is",
                    .examples = "shoal version",
                    .flags = {},
                    .words_min = 0,
                    .words_max = 0,
                    .run = run};

}  // namespace shoal::client
