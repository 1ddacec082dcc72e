// SPDX-License-Identifier: Apache-2.0
// The names that JSON objects carry as "schema". A new major number when a reader of the old one
// would misread it; members may be added without.
#pragma once

#include <string_view>

namespace shoal::json::schema {

inline constexpr std::string_view kError = "shoal/error/1";
inline constexpr std::string_view kSearchHit = "shoal/search.hit/1";
inline constexpr std::string_view kSearchReport = "shoal/search.report/1";
inline constexpr std::string_view kDirectoryPeer = "shoal/directory.peer/1";
inline constexpr std::string_view kDirectoryPeers = "shoal/directory.peers/1";
inline constexpr std::string_view kDirectoryLease = "shoal/directory.lease/1";
inline constexpr std::string_view kDirectoryIndex = "shoal/directory.index/1";
inline constexpr std::string_view kDirectoryFile = "shoal/directory.file/1";
inline constexpr std::string_view kDirectoryFiles = "shoal/directory.files/1";
inline constexpr std::string_view kDirectoryHealth = "shoal/directory.health/1";
inline constexpr std::string_view kDirectoryUser = "shoal/directory.user/1";
inline constexpr std::string_view kDirectorySession = "shoal/directory.session/1";
inline constexpr std::string_view kStatus = "shoal/status/1";
inline constexpr std::string_view kPeer = "shoal/peer/1";
inline constexpr std::string_view kFriend = "shoal/friend/1";
inline constexpr std::string_view kShare = "shoal/share/1";
inline constexpr std::string_view kShareProgress = "shoal/share.progress/1";
inline constexpr std::string_view kTransfer = "shoal/transfer/1";
inline constexpr std::string_view kFolder = "shoal/folder/1";
inline constexpr std::string_view kFolderFiles = "shoal/folder.files/1";
inline constexpr std::string_view kTransferProgress = "shoal/transfer.progress/1";
inline constexpr std::string_view kTransferDone = "shoal/transfer.done/1";
inline constexpr std::string_view kPut = "shoal/put/1";
inline constexpr std::string_view kPutProgress = "shoal/put.progress/1";
inline constexpr std::string_view kPutDone = "shoal/put.done/1";
inline constexpr std::string_view kInboxFile = "shoal/inbox.file/1";

}  // namespace shoal::json::schema
