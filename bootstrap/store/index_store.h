// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "bootstrap/core/index.h"
#include "bootstrap/core/index_tree.h"
#include "proto/types/result.h"

namespace shoal::bootstrap {

/// An update that was verified, with what proves it to others.
struct SealedUpdate {
  IndexUpdate update;
  std::string seal;       ///< to_bytes(seal_of(update))
  std::string signature;  ///< over the seal, by the peer's key
};

/// The files of a directory's index. The rules are not here: change() lets a rule decide with the
/// state as it is, and nobody else changes that peer's files meanwhile, in this process or another.
///
/// What change() has returned for is still there after kill -9. Any thread.
class IndexStore {
 public:
  using Rule = std::function<Result<IndexHead>(const IndexState& state)>;

  IndexStore() = default;
  IndexStore(const IndexStore&) = delete;
  IndexStore& operator=(const IndexStore&) = delete;
  virtual ~IndexStore() = default;

  /// Carries the update out when the rule gives a head for it, which is returned. The rule may be
  /// called again from the start; it must not call the store. Errors: the rule's, and those of all:
  /// kNoSpace, kIo, kUnreachable (a server that is away). After an error nothing is changed.
  virtual Result<IndexHead> change(const PeerId& owner, const SealedUpdate& sealed,
                                   const Rule& rule) = 0;
  virtual Result<IndexHead> head(const PeerId& owner) = 0;
  /// Those peers have no files here any more, at once.
  virtual Result<void> end(std::span<const PeerId> owners) = 0;
  /// Deletes what nobody can find any more, at most `most` files of it; whether more is left.
  virtual Result<bool> purge(std::size_t most) = 0;
  /// Who has something here.
  virtual Result<std::vector<PeerId>> owners() = 0;
  /// Files of all peers.
  virtual Result<std::uint64_t> size() = 0;

  /// What is looked for: all that is given must hold.
  struct Wanted {
    std::optional<std::string> name = std::nullopt;  ///< exactly so
    std::optional<std::string> words =
        std::nullopt;  ///< all of them (proto/text), the last as a prefix
    std::optional<ContentId> content = std::nullopt;  ///< of that content
    std::optional<PeerId> owner = std::nullopt;       ///< of that peer
    std::optional<PeerId> except = std::nullopt;      ///< of anybody but that one
    std::int64_t after = 0;                           ///< numbers above
    std::size_t limit = limits::kFoundPage;
  };
  struct Row {
    std::int64_t number = 0;  ///< grows along a listing
    PeerId owner;
    IndexEntry entry;
    std::string seal;
    std::string signature;
    IndexPath path;
    friend bool operator==(const Row&, const Row&) = default;
  };
  /// In the order of their numbers. Words without a letter or digit find nothing.
  virtual Result<std::vector<Row>> find(const Wanted& wanted) = 0;
};

}  // namespace shoal::bootstrap
