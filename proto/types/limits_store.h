// SPDX-License-Identifier: Apache-2.0
// How long a directory waits for the server that keeps its store, and what happens then.
#pragma once

#include <chrono>

namespace shoal::limits {

/// An answer of PostgreSQL, to one statement; later: the connection is cut, the request gets
/// kUnreachable. Longer than what the server itself allows a statement (5 s), so that its own words
/// come first.
inline constexpr std::chrono::milliseconds kStoreAnswer{7'000};
/// To connect, in whole seconds.
inline constexpr std::chrono::milliseconds kStoreConnect{5'000};
/// The same, and the time to connect, while the server is known not to answer.
inline constexpr std::chrono::milliseconds kStoreProbe{2'000};
/// For so long nobody asks after the server did not answer or was not reached; all get kUnreachable
/// at once. Then one request asks again, and the others still do not wait for it.
inline constexpr std::chrono::milliseconds kStorePause{2'000};

}  // namespace shoal::limits
