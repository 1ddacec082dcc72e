// SPDX-License-Identifier: Apache-2.0
#include "cli/client/common/sample.h"

#include <fmt/format.h>

#include "cli/client/context/fields.h"
#include "cli/client/files/new_config.h"

namespace shoal::client {
namespace {

// A name as part of a file's: what means something to a shell or a path does not stay.
std::string plain(std::string name) {
  for (char& c : name) {
    const bool ascii = static_cast<unsigned char>(c) < 0x80;
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (ascii && !word) c = '-';
  }
  return name;
}

}  // namespace

Result<std::string> sample_file(Context& context) {
  const auto places = context.places();
  if (!places) return tl::unexpected(places.error());
  const auto status = context.call("GET", "/v1/status");
  if (!status) return tl::unexpected(status.error());
  const std::string name = raw_at(*status, "name");
  std::string path = places->downloads + "/sample/shoal-sample-" + plain(name) + ".txt";
  const auto written = write_new(
      path, fmt::format("A first thing to find, shared by {} with shoal.\n\n"
                        "Its friends, and theirs, find it:   shoal search sample\n"
                        "and fetch it from whoever has it:   shoal get 1\n\n"
                        "It was made by `shoal share --sample`; `shoal unshare` with the folder\n"
                        "that it lies in ends that.\n",
                        name));
  if (!written && written.error().code != Errc::kConflict) return tl::unexpected(written.error());
  return path;
}

}  // namespace shoal::client
