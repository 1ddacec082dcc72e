// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "proto/rpc/friend_url.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::rpc {

/// What names a content to other people, and who may have it:
/// `shoal:?id=<root>.<check>&length=<bytes>&name=..&source=<peer id>@host:port[,host:port...]`,
/// values percent-encoded, any number of sources.
///
/// The check digits are a CRC-32 of all that the link says, so that a link that lost its tail or a
/// character is refused; a link written by hand may leave them out.
struct ContentLink {
  ContentId content;
  std::string name;  ///< UTF-8; that of a folder ends in '/'; may be empty
  std::vector<FriendUrl> sources;

  [[nodiscard]] bool is_folder() const { return name.ends_with('/'); }
  friend bool operator==(const ContentLink&, const ContentLink&) = default;
};

/// Requires a name of at most limits::kFileNameMax bytes of UTF-8 without NUL and at most
/// limits::kLinkSources sources with endpoints, no two of one peer. Sources with which it would be
/// longer than limits::kLinkBytes are left out.
std::string to_text(const ContentLink& link);

/// `name` as a link takes it: without NUL, no longer than limits::kFileNameMax, a '/' at its end
/// kept.
std::string fit_link_name(std::string name);

/// Whether somebody meant a link: what begins like one.
bool looks_like_link(std::string_view text);

/// Errors: kInvalidArgument, with what is wrong in words.
Result<ContentLink> parse_content_link(std::string_view text);

}  // namespace shoal::rpc
