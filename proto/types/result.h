// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "proto/types/errc.h"

namespace shoal {

/// An operating error, on its way to a person. Branch on `code`, never on the texts.
struct Error {
  Errc code = Errc::kInternal;
  std::string what;  ///< what did not happen: "cannot listen on 127.0.0.1:7401"
  std::string why;   ///< the cause as far as it is known: "the port is taken"
  std::string next;  ///< what to try: "choose another with --port, or 0 for any"
};

template <class T>
using Result = tl::expected<T, Error>;

/// `return fail(Errc::kNotFound, "no such share", path, "shoal shares lists them");`
inline tl::unexpected<Error> fail(Errc code, std::string what, std::string why = {},
                                  std::string next = {}) {
  return tl::unexpected<Error>(Error{code, std::move(what), std::move(why), std::move(next)});
}

}  // namespace shoal
