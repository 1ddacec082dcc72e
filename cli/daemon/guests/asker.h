// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "cli/daemon/guests/guest_desk.h"
#include "proto/types/ids.h"
#include "proto/types/result.h"

namespace shoal::daemon {

/// Who asks by REST, and what he may: the owner everything; the holder of a token, who came by the
/// public port, what he began himself, and nothing that is the owner's choice.
class Asker {
 public:
  /// The owner.
  Asker() = default;
  /// The holder of that token; none: of one that opens nothing any more. `desk` outlives this.
  Asker(GuestDesk& desk, std::optional<std::int64_t> token)
      : desk_(&desk), token_(token.value_or(kNobody)) {}

  [[nodiscard]] bool is_owner() const { return desk_ == nullptr; }
  /// kOwner for the owner.
  [[nodiscard]] std::int64_t token() const { return token_; }
  [[nodiscard]] bool sees(std::uint64_t transfer, const ContentId& content) const {
    return is_owner() || desk_->began(token_, transfer, content);
  }
  /// His token still opens something; it was asked when the request came, and much may take its
  /// time after that. Errors: kDenied.
  [[nodiscard]] Result<void> still_known() const {
    if (token_ != kNobody) return {};
    return fail(Errc::kDenied, "the request was refused", "its token was revoked meanwhile");
  }
  /// Of a content that the owner may not share: whether its bytes are his to read.
  [[nodiscard]] bool owns(const ContentId& content) const {
    return is_owner() || desk_->wanted(token_, content);
  }
  /// For the member `member` of a request, when it is `given`. Errors: kDenied.
  [[nodiscard]] Result<void> may_choose(const std::string& member, bool given,
                                        const std::string& what) const {
    if (is_owner() || !given) return {};
    return fail(Errc::kDenied, what + " was refused", "\"" + member + "\" is the owner's choice",
                "leave \"" + member + "\" out");
  }
  /// GuestDesk::begin for a guest; the owner may begin whatever he likes. Errors: also kDenied.
  Result<std::uint64_t> begin(const ContentId& content, std::int64_t now_unix,
                              const GuestDesk::Start& start) const {
    if (is_owner()) return start({});
    if (auto known = still_known(); !known) return tl::unexpected(known.error());
    return desk_->begin(token_, content, now_unix, start);
  }

 private:
  static constexpr std::int64_t kNobody = -1;

  GuestDesk* desk_ = nullptr;
  std::int64_t token_ = kOwner;
};

}  // namespace shoal::daemon
