// SPDX-License-Identifier: Apache-2.0
// How the folders of an inbox are named and read. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "transfer/host/inbox/inbox.h"

namespace shoal::transfer {

/// The folder of an upload whose content is not known yet: "upload-<random>-<length>".
inline constexpr std::string_view kUploadPrefix = "upload-";
/// Characters of a giver's id in the name of its folder.
inline constexpr std::size_t kShortIdSize = 8;

/// The names of a folder's folders, sorted; none when it is not there. Links are left out.
std::vector<std::string> folders_in(const std::string& path);
/// The length that the name of an entry's folder says; none when it is no such name.
std::optional<std::uint64_t> length_of(const std::string& name);
/// What an entry is called by its owner.
std::string entry_id(const Giver& giver, const std::string& name);

}  // namespace shoal::transfer
