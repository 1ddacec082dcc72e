// SPDX-License-Identifier: Apache-2.0
// Limits of searches by a message broker.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace shoal::limits {

/// A URL of a broker in bytes; longer: refused.
inline constexpr std::size_t kBrokerUrl = 512;
/// The body of a query and of an answer in bytes, and both together the most that is ever kept of a
/// message; longer ones are skipped as they come, and counted.
inline constexpr std::size_t kBrokerQueryBytes = 4 * 1024;
inline constexpr std::size_t kBrokerAnswerBytes = 48 * 1024;
/// Correlation ids and names of queues: short strings of AMQP 0-9-1.
inline constexpr std::size_t kBrokerNameMax = 255;

/// How long a search that has no budget of its own waits: nobody can say that all have answered.
inline constexpr std::chrono::milliseconds kBrokerWait{3'000};
/// Answers that come so long after the end of their search are still taken; later: counted as late.
inline constexpr std::chrono::milliseconds kBrokerLate{30'000};
/// How often a search under which the broker came back asks again: holders come back one by one.
inline constexpr std::chrono::milliseconds kBrokerAgain{2'000};
/// Questions of downloads that look for sources which one way beside the overlays is asked at once:
/// of a directory each blocks a thread. So many more wait for their turn; above: not asked.
inline constexpr std::size_t kSourceQuestions = 2;
inline constexpr std::size_t kSourceQuestionsWaiting = 64;
/// Searches that are open or wait for late answers; above: kOverloaded.
inline constexpr std::size_t kBrokerSearches = 256;
/// Files that a peer answers one query with, in answers of kHitFilesMax.
inline constexpr std::uint32_t kBrokerFiles = 50;
/// Queries that are looked up at once; what comes meanwhile is dropped and counted.
inline constexpr std::size_t kBrokerLookups = 64;
/// Messages that wait to be sent; above: dropped and counted.
inline constexpr std::size_t kBrokerOutbox = 1'024;

/// Messages in one of our queues at the broker, which drops the oldest above, and how long each
/// waits there.
inline constexpr std::int32_t kBrokerQueueLength = 1'000;
inline constexpr std::chrono::milliseconds kBrokerMessageTime{30'000};

/// For the look-up of a name and for a connection to open at any of its addresses, all together;
/// and for each step of the handshake. Then it is tried again.
inline constexpr std::chrono::milliseconds kBrokerConnectTime{3'000};
inline constexpr std::chrono::milliseconds kBrokerStepTime{5'000};
/// For its answer to our farewell.
inline constexpr std::chrono::milliseconds kBrokerFarewell{500};
/// What a peer asks comes back to its own queue, too. When it did not for so long after it was
/// sent, whatever else came, the broker hangs: the connection is given up, and whoever searches is
/// told.
inline constexpr std::chrono::milliseconds kBrokerEcho{2'000};
/// A broker that is silent for two of these is taken for dead.
inline constexpr std::chrono::seconds kBrokerHeartbeat{10};
/// Pause before the next try, doubled up to the second; a search that finds it down tries at once.
inline constexpr std::chrono::milliseconds kBrokerRetryMin{500};
inline constexpr std::chrono::milliseconds kBrokerRetryMax{10'000};

}  // namespace shoal::limits
