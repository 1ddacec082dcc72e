// SPDX-License-Identifier: Apache-2.0
#include "overlay/membership/friends.h"

#include <algorithm>
#include <utility>

#include "proto/types/assert.h"

namespace shoal::overlay {

// ---- commands ----------------------------------------------------------------------------------

void Friends::befriend(Context& context, PeerRef peer, Role role) {
  SHOAL_ASSERT(peer != kNoPeer);
  bool demoted = false;
  if (primary_ != nullptr && (primary_->peer == peer) != (role == Role::kPrimary)) {
    const PeerRef former = primary_->peer;
    primary_ = nullptr;
    standing_in_ = kNoPeer;
    const auto at = std::ranges::find(entries_, former, &Entry::peer);
    at->role = Role::kFriend;
    demoted = true;
  }
  if (standing_in_ == peer && role != Role::kSecondary) standing_in_ = kNoPeer;
  const auto at = std::ranges::find(entries_, peer, &Entry::peer);
  if (at != entries_.end()) {
    at->role = role;
  } else {
    entries_.reserve(entries_.size() + 1 + entries_.size() / 8);
    entries_.push_back(Entry{peer, role});
  }
  if (role == Role::kPrimary && primary_ == nullptr) watch_primary(context, peer);
  if (demoted) {
    tell_all(context);
  } else {
    tell(context, peer);
  }
}

void Friends::unfriend(Context& context, PeerRef peer) {
  if (primary_ != nullptr && primary_->peer == peer) {
    primary_ = nullptr;
    standing_in_ = kNoPeer;
  }
  std::erase_if(entries_, [peer](const Entry& entry) { return entry.peer == peer; });
  if (standing_in_ == peer) lose_stand_in(context);
  tell_all(context);
}

LinkMode Friends::wish(PeerRef peer) const {
  const Entry* const entry = find(peer);
  if (entry == nullptr) return LinkMode::kStandby;
  switch (entry->role) {
    case Role::kFriend:
      return LinkMode::kActive;
    case Role::kPrimary:
      return primary_->asked ? LinkMode::kActive : LinkMode::kStandby;
    case Role::kSecondary:
      return standing_in_ == peer ? LinkMode::kActive : LinkMode::kStandby;
    case Role::kAccepted:
      return LinkMode::kStandby;
  }
  SHOAL_ASSERT(false);
}

// ---- inputs ------------------------------------------------------------------------------------

void Friends::on_link_up(Context& context, PeerRef peer) {
  if (primary_ != nullptr && primary_->peer == peer) {
    primary_up(context);
  } else if (primary_ != nullptr && !primary_->asked && standing_in_ == kNoPeer) {
    fail_over(context);  // the primary is given up and this may be the first stand-in
  }
  tell(context, peer);
}

void Friends::on_link_down(Context& context, PeerRef peer, bool refused) {
  if (primary_ != nullptr && primary_->peer == peer) {
    const bool was_up = std::exchange(primary_->up, false);
    if (!primary_->asked) {
      primary_->decide.reset();  // it came back, but not for long
    } else if (refused) {
      fail_over(context);
    } else if (was_up) {
      decide_at(context, context.env.now + context.config.primary_grace);
    }
  } else if (standing_in_ == peer) {
    lose_stand_in(context);
  }
  tell(context, peer);
}

void Friends::on_timer(Context& context) {
  if (primary_ == nullptr || !primary_->decide) return;
  if (*primary_->decide > context.env.now) {
    context.out.arm(kMembershipTimer, *primary_->decide);
    return;
  }
  if (primary_->up) {
    take_back();
  } else {
    fail_over(context);
  }
  tell_all(context);
}

void Friends::on_search(Context& context) {
  if (primary_ == nullptr || primary_->up || standing_in_ != kNoPeer) return;
  fail_over(context);
  tell_all(context);
}

void Friends::roster(const Links& links, std::vector<FirstHop>& into) const {
  for (const Entry& entry : entries_) {
    const Link* const link = links.find(entry.peer);
    const FirstHopState state = link == nullptr  ? FirstHopState::kDown
                                : link->active() ? FirstHopState::kOpen
                                                 : FirstHopState::kStandby;
    into.push_back(FirstHop{entry.peer, entry.role, state});
  }
}

std::size_t Friends::bytes() const {
  return sizeof(Friends) + entries_.capacity() * sizeof(Entry) +
         (primary_ != nullptr ? sizeof(Primary) : 0);
}

// ---- parts -------------------------------------------------------------------------------------

const Friends::Entry* Friends::find(PeerRef peer) const {
  const auto at = std::ranges::find(entries_, peer, &Entry::peer);
  return at == entries_.end() ? nullptr : &*at;
}

PeerRef Friends::stand_in(const Links& links) const {
  const auto at = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.role == Role::kSecondary && links.find(entry.peer) != nullptr;
  });
  return at == entries_.end() ? kNoPeer : at->peer;
}

void Friends::watch_primary(Context& context, PeerRef peer) {
  primary_ = std::make_unique<Primary>(Primary{.peer = peer, .decide = std::nullopt});
  if (context.links.find(peer) != nullptr) {
    primary_->up = primary_->was_up = true;
  } else {
    decide_at(context, context.env.now + context.config.primary_grace);
  }
}

void Friends::decide_at(Context& context, Instant when) {
  primary_->decide = when;
  context.out.arm(kMembershipTimer, when);
}

void Friends::primary_up(Context& context) {
  primary_->up = true;
  const bool first = !std::exchange(primary_->was_up, true);
  if (primary_->asked) {
    primary_->decide.reset();  // back within its grace
  } else if (first || standing_in_ == kNoPeer) {
    take_back();
  } else {
    decide_at(context, context.env.now + context.config.primary_return);
  }
}

void Friends::fail_over(Context& context) {
  if (primary_ == nullptr) return;
  primary_->asked = false;
  primary_->decide.reset();
  standing_in_ = stand_in(context.links);
  if (standing_in_ != kNoPeer) context.out.links_wanted.push_back(LinkWanted{Role::kSecondary});
}

void Friends::lose_stand_in(Context& context) {
  standing_in_ = kNoPeer;
  if (primary_->up) {
    take_back();
  } else {
    fail_over(context);
  }
}

void Friends::take_back() {
  primary_->asked = true;
  primary_->decide.reset();
  standing_in_ = kNoPeer;
}

void Friends::tell(Context& context, PeerRef peer) const {
  if (primary_ != nullptr) return tell_all(context);
  if (Link* const link = context.links.find(peer)) tell_one(context, *link);
}

void Friends::tell_all(Context& context) const {
  const auto links = context.links.all();
  for (std::size_t place = 0; place < links.size(); ++place) {
    tell_one(context, *context.links.find(links[place].peer, place));
  }
}

void Friends::tell_one(Context& context, Link& link) const {
  const LinkMode wanted = wish(link.peer);
  if (link.ours == wanted) return;
  Message message;
  message.kind = wanted == LinkMode::kActive ? MessageKind::kLinkActive : MessageKind::kLinkStandby;
  link.ours = wanted;
  context.out.sends.push_back(Send{link.peer, std::move(message)});
}

}  // namespace shoal::overlay
