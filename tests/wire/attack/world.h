// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "tests/wire/attack/crowd.h"

namespace shoal::attack {

/// A gzip stream of so many zero bytes.
std::string gzip_of_zeros(std::size_t count);

/// A server that has been at work, with an honest client, for the time of one attack. At its end
/// nothing honest has failed, the server is up and has not grown.
class Attack : public testing::TestWithParam<Victim::Place> {
 protected:
  Attack();
  void TearDown() override;

  /// A request with a body, without its empty line.
  [[nodiscard]] std::string json_head() const {
    return victim.head(victim.body_path() == "/v1/index" ? "PUT" : "POST", victim.body_path()) +
           "Content-Type: application/json\r\n";
  }
  /// Whether it was refused so, in words, and the connection ended.
  static testing::AssertionResult refused(Caller& caller, int status);

  const daemon::Folder folder;
  Victim victim;
  Honest honest;
  Growth growth;
};

}  // namespace shoal::attack
