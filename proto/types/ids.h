// SPDX-License-Identifier: Apache-2.0
// Strong identities: an id never turns into another kind of id, nor into an integer, unseen.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace shoal {

/// A small integer that names one kind of thing.
template <class Tag, class Rep>
struct Id {
  Rep value{};
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

/// A fixed number of bytes that names one kind of thing. Ordered as unsigned bytes.
template <class Tag, std::size_t N>
struct Digest {
  static constexpr std::size_t kSize = N;
  std::array<std::uint8_t, N> bytes{};
  friend constexpr auto operator<=>(const Digest&, const Digest&) = default;
};

/// A peer as its driver names it: a slot with a generation in the wire host's peer book, a node
/// index in the simulator. Opaque to cores: compared and copied, nothing else.
using PeerRef = Id<struct PeerRefTag, std::uint32_t>;
inline constexpr PeerRef kNoPeer{0xffff'ffffU};

/// A peer as the world names it: SHA-256 of its public key (SubjectPublicKeyInfo, DER).
using PeerId = Digest<struct PeerIdTag, 32>;

/// SHA-256 of a public key that was made for one query only; says nothing about who asks.
using KeyFingerprint = Digest<struct KeyFingerprintTag, 32>;

/// A SHA-256 value.
using Hash256 = Digest<struct Hash256Tag, 32>;

/// One search on its way; 128 random bits drawn by the origin's driver.
struct QueryId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr auto operator<=>(const QueryId&, const QueryId&) = default;
};

/// What a file is: the root of its BEP 52 Merkle tree and its length in bytes. A root alone is no
/// name: a 64-byte file made of two hashes has the root of the file that they hash.
struct ContentId {
  Hash256 root;
  std::uint64_t length = 0;
  friend constexpr auto operator<=>(const ContentId&, const ContentId&) = default;
};

/// Which search protocol; the number on the wire. Known ones: overlay/core/registry.h.
using OverlayId = Id<struct OverlayIdTag, std::uint8_t>;

/// Names one lookup that a core asked for; meaningless to the driver.
using LookupToken = Id<struct LookupTokenTag, std::uint64_t>;

}  // namespace shoal

template <class Tag, class Rep>
struct std::hash<shoal::Id<Tag, Rep>> {
  std::size_t operator()(const shoal::Id<Tag, Rep>& id) const noexcept {
    return std::hash<Rep>{}(id.value);
  }
};
