// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/search/search_advice.h"

#include <utility>

namespace shoal::daemon {
namespace {

std::string_view advice(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return "shoal search --help explains its options, shoal overlay what each way takes";
    case Errc::kNotConnected:
      return "shoal friends shows why; shoal friends add URL adds one";
    case Errc::kOverloaded:
      return "wait for one to end, or cancel one";
    default:
      return {};
  }
}

}  // namespace

Error advised(Error error) {
  if (error.next.empty()) error.next = advice(error.code);
  return error;
}

}  // namespace shoal::daemon
