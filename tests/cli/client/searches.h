// SPDX-License-Identifier: Apache-2.0
// Searches that a fake daemon answers.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/cli/client/fake_daemon.h"

namespace shoal::client {

inline const std::vector<HopWords> kUsual{{"B", "primary", "answered"},
                                          {"C", "secondary", "standby"}};

/// Answers any search with these lines; as FakeDaemon::stream.
inline FakeDaemon& with_search(FakeDaemon& daemon, FakeDaemon::Lines lines, bool hold = false) {
  daemon.answer("POST", "/v1/searches", R"({"id":"s1"})", 201);
  daemon.stream("GET", "/v1/searches/{id}/events", std::move(lines), hold);
  return daemon;
}

/// Two files, one of which two holders have.
inline FakeDaemon::Lines found() {
  return {hit_line(kContentA, "GPL-3 text.pdf", 5, "E", 4, 12),
          hit_line(kContentB, "gpl notes", 4, "D", 3, 14),
          hit_line(kContentA, "GPL-3 again.pdf", 4, "D", 3, 15),
          report_line({1, 1, 1, 1}, kUsual, 3)};
}

}  // namespace shoal::client
