// SPDX-License-Identifier: Apache-2.0
// Limits of the directory's accounts and sessions.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// A user's name and a password in bytes; outside: kInvalidArgument.
inline constexpr std::size_t kUserNameMax = 64;
inline constexpr std::size_t kPasswordMin = 4;
inline constexpr std::size_t kPasswordMax = 1024;
/// Users of one directory; a further one is refused with kOverloaded.
inline constexpr std::size_t kUsersMax = std::size_t{1} << 20;
/// The body of a request about users and sessions in bytes; longer: 413.
inline constexpr std::size_t kAccountBody = 8 * 1024;

/// How long a session lasts that is not used, and that is; then its token is refused.
inline constexpr std::chrono::hours kSessionIdle{1};
inline constexpr std::chrono::hours kSessionMax{24};
/// How often the use of a session is written down at most.
inline constexpr std::chrono::seconds kSessionTouch{60};
/// Sessions of a user that are remembered, the open one among them, so that a late logout is
/// answered well; older ones are forgotten.
inline constexpr std::size_t kSessionsKept = 8;

/// How far the stamp of a signed login may be from the directory's clock; further: refused.
inline constexpr std::chrono::seconds kStatementFresh{60};

/// Wrong passwords for one user from one address that cost no wait; each further one doubles the
/// wait from the first to the last value. Forgotten when none came for kLoginMemory.
inline constexpr std::uint32_t kLoginTriesFree = 5;
inline constexpr std::chrono::seconds kLoginWaitFirst{1};
inline constexpr std::chrono::minutes kLoginWaitMax{15};
inline constexpr std::chrono::minutes kLoginMemory{60};
/// Wrong logins from one address (IPv6: one /64) at once, and the time after which one more is
/// let; above: kOverloaded.
inline constexpr std::uint32_t kLoginFailuresBurst = 20;
inline constexpr std::chrono::seconds kLoginFailurePeriod{45};
/// Registrations from one address, likewise: 60 at once and 60 per hour (a classroom).
inline constexpr std::uint32_t kRegistrationsBurst = 60;
inline constexpr std::chrono::seconds kRegistrationPeriod{60};
/// Pairs of user and address, and addresses, whose logins are counted; when all are taken the one
/// that was used least recently is forgotten.
inline constexpr std::size_t kLoginPairs = 65'536;

/// Passwords that are hashed at once (64 MiB each), and requests that wait for it; a further one is
/// refused with kOverloaded.
inline constexpr std::size_t kPasswordHashes = 2;
inline constexpr std::size_t kPasswordQueue = 16;
/// Requests that a server computes long for, at work or waiting; a further one gets 429.
inline constexpr std::size_t kHttpHeavy = kPasswordHashes + kPasswordQueue;

}  // namespace shoal::limits
