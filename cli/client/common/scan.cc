// SPDX-License-Identifier: Apache-2.0
#include "cli/client/common/scan.h"

#include <fmt/format.h>

#include "cli/client/context/fields.h"
#include "cli/client/context/text.h"
#include "cli/client/output/progress.h"
#include "cli/client/output/sheet.h"
#include "proto/json/schema.h"

namespace shoal::client {
namespace {

namespace bj = boost::json;

std::string summary(const bj::object& share) {
  std::string out = fmt::format("{}: {} shared, {}", text_at(share, "path"),
                                count_of(count_at(share, "files"), "file"),
                                human_bytes(static_cast<std::uint64_t>(count_at(share, "bytes"))));
  if (const auto same = count_at(share, "duplicates"); same > 0) {
    out += fmt::format(", {}", count_of(same, "duplicate"));
  }
  if (const auto errors = count_at(share, "errors"); errors > 0) {
    out += fmt::format(", {} could not be (shoal shares --errors)", errors);
  }
  return out;
}

void print_share(Context& context, const bj::object& share) {
  switch (context.format()) {
    case Format::kJson:
      print_json_line(context, share);
      return;
    case Format::kIds:
      context.print(text_at(share, "path"));
      return;
    case Format::kTsv:
      context.print(fmt::format("{}\t{}\t{}\t{}", text_at(share, "path"), count_at(share, "files"),
                                count_at(share, "bytes"), count_at(share, "errors")));
      return;
    case Format::kTable:
      context.print(summary(share));
      return;
  }
}

}  // namespace

Result<int> scan(Context& context, const std::string& path, const bj::object& body) {
  bool errors = false;
  bool ended = false;
  Progress progress(context);
  const auto done = context.stream("POST", path, body, [&](const bj::object& line) -> Result<void> {
    if (raw_at(line, "schema") == json::schema::kShareProgress) {
      progress.show(static_cast<std::uint64_t>(count_at(line, "bytes_done")),
                    static_cast<std::uint64_t>(count_at(line, "bytes_total")),
                    fmt::format("{} of {}", count_at(line, "files_done"),
                                count_of(count_at(line, "files_total"), "file")),
                    line);
      return {};
    }
    progress.clear();
    ended = true;
    errors = errors || count_at(line, "errors") > 0;
    print_share(context, line);
    return {};
  });
  progress.clear();
  if (!done) return tl::unexpected(done.error());
  if (!ended && context.format() == Format::kTable) context.note("nothing is shared yet");
  return errors ? info(Errc::kPartial).exit_code : 0;
}

}  // namespace shoal::client
