// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proto/types/result.h"

namespace shoal::broker {

/// Looks up the addresses of one host, again and again. The system's look-up of a name cannot be
/// ended: it goes on by itself, on a thread of its own, when it is not waited for any longer. While
/// it does, the next try waits for it too, so that a resolver that hangs costs one thread.
///
/// Threads: one at a time; none need be left when this goes.
class Lookup {
 public:
  using Addresses = Result<std::vector<std::string>>;
  /// The addresses of a name; may block for as long as it likes. Any thread.
  using Resolver = std::function<Addresses(const std::string& host)>;

  /// By the system.
  explicit Lookup(std::string host);
  Lookup(std::string host, Resolver resolver);

  /// The numeric addresses, in the order in which they are to be tried. Ends after `time`, or soon
  /// after `go_on` says so. A numeric host is looked up nowhere. Errors: kUnreachable (no such
  /// name; too slow; not to go on; no thread is to be had).
  Addresses find(std::chrono::milliseconds time, const std::function<bool()>& go_on);

 private:
  struct Answer;
  /// Null: no thread could be begun.
  std::shared_ptr<Answer> ask() const;

  const std::string host_;
  const Resolver resolver_;
  std::shared_ptr<Answer> pending_;  ///< what nobody has taken yet; may be null
};

}  // namespace shoal::broker
