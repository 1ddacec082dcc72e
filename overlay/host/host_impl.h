// SPDX-License-Identifier: Apache-2.0
// The host behind OverlayHost. Everything is of the strand but what says otherwise. Internal.
#pragma once

#include <deque>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "overlay/core/node.h"
#include "overlay/core/record.h"
#include "overlay/host/contacts.h"
#include "overlay/host/csprng.h"
#include "overlay/host/guests.h"
#include "overlay/host/held.h"
#include "overlay/host/link_end.h"
#include "overlay/host/offenders.h"
#include "overlay/host/overlay_host.h"
#include "proto/rpc/offer.h"
#include "proto/types/rng.h"

namespace shoal::overlay {

class OverlayHost::Impl : public std::enable_shared_from_this<OverlayHost::Impl> {
 public:
  using Clock = std::chrono::steady_clock;

  Impl(boost::asio::any_io_executor executor, rpc::Identity me, rpc::PeerBook& book,
       HostOptions options, HostHooks hooks);
  void begin();  ///< once, after it is held by a shared_ptr

  // ---- any thread ----------------------------------------------------------------------------
  grpc::Service& service() { return *service_; }
  /// Runs `f` on the strand and waits for its result.
  template <class F>
  auto sync(F f) -> decltype(f()) {
    std::packaged_task<decltype(f())()> task(std::move(f));
    auto result = task.get_future();
    boost::asio::post(strand_, [&task] { task(); });
    return result.get();
  }
  template <class F>
  void async(F f) {
    boost::asio::post(strand_, [self = shared_from_this(), f = std::move(f)] { f(*self); });
  }

  // ---- friends and dials (host_dials.cc) -----------------------------------------------------
  void befriend(const PeerId& peer, std::vector<std::string> endpoints, Role role);
  void unfriend(const PeerId& peer);
  void introduce(const PeerId& peer, std::vector<std::string> endpoints);
  void shares_changed();
  std::vector<LinkStatus> links() const;

  // ---- searches (host_searches.cc) -----------------------------------------------------------
  Result<StartedSearch> search(const SearchSpec& spec, const rpc::Identity& key,
                               SearchHandlers handlers);
  void cancel(const QueryId& query);

  std::map<std::string, std::uint64_t> drops() const { return drops_; }
  std::size_t visits() const { return visits_.size(); }
  std::size_t known() const;
  void stop(std::function<void()> stopped);

 private:
  using Input = std::function<void(Env&, RecordedNode&, Effects&)>;

  /// One of the node's timers.
  struct NodeTimer {
    explicit NodeTimer(const boost::asio::any_io_executor& executor) : clock(executor) {}
    boost::asio::steady_timer clock;
    std::optional<Instant> rings_at;  ///< the clock; none: it is not set
    std::optional<Instant> due;       ///< what the node armed it for; none: it has fired
  };
  /// A listed friend and the dials to it.
  struct Friend {
    PeerId peer;
    PeerRef ref;
    Role role;
    std::vector<std::string> endpoints;  ///< as listed
    std::vector<std::string> learned;    ///< as its last card says
    std::string name;
    std::shared_ptr<LinkEnd> dialling;
    std::unique_ptr<boost::asio::steady_timer> timer;
    std::optional<Clock::time_point> next_dial;
    Clock::time_point since = Clock::now();
    std::string last_error;
    unsigned dials = 0;     ///< which endpoint is next
    unsigned failures = 0;  ///< in a row
  };
  /// A transient connection (host_visits.cc).
  struct Visit {
    std::shared_ptr<LinkEnd> end;
    PeerRef ref;             ///< held
    Clock::time_point used;  ///< when it last carried something
    std::vector<std::string> places;
    std::size_t next_place = 0;
    bool again = false;  ///< dialled anew for what its forerunner did not carry
  };
  /// A dial that a core asked for (host_open.cc).
  struct Wanted {
    PeerRef ref;  ///< held
    std::vector<std::string> places;
    std::size_t next_place = 0;
  };
  /// What a link that is gone had spent of its query budget.
  struct Spent {
    std::uint32_t queries;
    Clock::time_point when;
  };
  struct Search {
    SearchHandlers handlers;
    std::string key_pem;
  };

  // the node (host_node.cc)
  /// Makes `call` on the node and carries out its effects, and what these cause, too.
  template <class Call>
  void drive(Call&& call) {
    // Calls are never nested: one that a call's effects cause waits until these are carried out.
    if (driving_) return calls_.push_back(Input(std::forward<Call>(call)));
    const Outbox::Turn turn(*outbox_);
    driving_ = true;
    play(call);
    while (!calls_.empty()) {
      const Input next = std::move(calls_.front());
      calls_.pop_front();
      play(next);
    }
    driving_ = false;
  }
  template <class Call>
  void play(const Call& call) {
    Env env{now(), rng_, source_};
    RecordedNode node(node_, recorder_ ? &*recorder_ : nullptr);
    call(env, node, effects_);
    pass_record_on();
    carry_out(effects_);
    effects_.clear();
    from_ = kNoPeer;
  }
  void pass_record_on();
  void carry_out(Effects& out);
  void cut(const LinkCut& cut);
  void transmit(const PeerRef& to, Message message);
  /// `held` keeps `to` valid until the node has been told.
  void give_back(PeerRef to, Message message, std::shared_ptr<Held> held = nullptr);
  /// A message goes to the node, from a link or a visit.
  void hand_in(PeerRef from, const Message& message);
  void take_in(Env& env, RecordedNode& node, Effects& out, PeerRef from,
               const std::optional<Message>& message);
  void look_up(const Lookup& lookup);
  void answer(const Lookup& lookup, const std::optional<PeerId>& brought_by,
              const std::vector<HitFile>& files, std::uint32_t excess);
  void arm(const ArmTimer& timer);
  void wait(NodeTimer& timer, TimerSlot slot);
  void on_clock(TimerSlot slot);
  [[nodiscard]] Instant now() const;

  // links (host_links.cc)
  std::shared_ptr<LinkEnd> open_end(std::shared_ptr<LinkStream> stream, const PeerId& peer,
                                    bool dialled, StreamKind kind = StreamKind::kLink);
  LinkEnd::Events link_events();
  LinkEnd::Events visit_events();
  void accept(std::shared_ptr<LinkStream> stream, const PeerId& caller);
  void end_held(const PeerId& peer, const char* why, const LinkEnd* except = nullptr);

  // which of two connections to one peer becomes the link (host_rivals.cc)
  [[nodiscard]] bool decides(const PeerId& peer) const { return me_.id() < peer; }
  /// Of two links to one peer, does the old one stay (as long as it lives)?
  [[nodiscard]] bool wins(const LinkEnd& old, const LinkEnd& fresh) const;
  [[nodiscard]] LinkEnd* rival_of(const LinkEnd& end) const;
  /// `end` is held: it greets now, or when its rival has failed.
  void let_greet(LinkEnd& end);
  void lose_patience(LinkEnd& end);
  /// Nobody is up or greets for that peer any more: whoever is held has its turn.
  void let_next_greet(const PeerId& peer);
  void end_rivals(const LinkEnd& winner);
  [[nodiscard]] bool may_link(const PeerId& peer) const;
  [[nodiscard]] bool is_guest(const PeerId& peer) const;
  [[nodiscard]] std::size_t guest_links() const;
  /// Closes `end`, in words, while its peer is paused.
  bool paused(LinkEnd& end);
  /// Its pause, and room: closes `end`, counted and in words, unless a link may come of it.
  bool refused(LinkEnd& end, bool replaces);
  void come_up(LinkEnd& end);
  void take_message(LinkEnd& end, const Message& message);
  void take_garbage(LinkEnd& end, codec::Refusal refusal);
  void end_link(LinkEnd& end, const Closing& closing);
  /// After each end that is over: a stop may have waited for it.
  void all_ended();
  /// The link is no neighbour's any more; its stream may still be closing.
  void take_down(LinkEnd& end);
  void note_accepted(PeerRef ref, const PeerId& peer, bool linked);
  void remember_budget(const LinkEnd& end);
  /// What that peer's last link spent of its budget and has not earned back. Forgets it.
  std::uint32_t take_spent(const PeerId& peer);

  Friend* friend_of(const PeerId& peer);
  void dial(Friend& known);
  void dial_in(Friend& known, std::chrono::milliseconds pause);
  void dial_later(Friend& known);
  void dial_ended(Friend& known, const LinkEnd& end, const Closing& closing);

  // visits (host_visits.cc)
  [[nodiscard]] std::vector<std::string> places_of(PeerRef peer) const;
  Visit* visit_to(PeerRef peer);
  bool send_stray(PeerRef to, const Message& message);
  Visit& dial_visit(const PeerId& peer, std::vector<std::string> places, std::size_t next);
  void accept_visit(std::shared_ptr<LinkStream> stream, const PeerId& caller);
  void visit_greeted(LinkEnd& end);
  void take_stray(LinkEnd& end, const Message& message);
  void take_stray_garbage(LinkEnd& end, const std::string& what);
  void cut_visits(const PeerId& peer);
  void make_room_to_leave();
  void make_room_for_visit(bool served);
  void sweep_visits_later();
  void sweep_visits();
  [[nodiscard]] std::vector<std::string> next_places(const LinkEnd& end, const Visit& visit,
                                                     const Closing& closing) const;
  void end_visit(LinkEnd& end, const Closing& closing);

  // what cores of open networks ask for (host_open.cc)
  void keep(const Effects& out);
  void let_go(const Effects& out);
  void dial_wanted(PeerRef peer);
  void dial_wanted_at(Wanted wanted);
  void wanted_ended(const LinkEnd& end);
  void hang_up(PeerRef peer);
  void list_shares(const ListShares& list);

  void found(const Found& hit);
  void finished(Finished& end);
  /// Whether a hit for this peer's own search is what it claims; kept for found().
  bool verify_own(const Message& message);
  bool verify(const HitBody& hit, const QueryId& query);
  [[nodiscard]] FoundHit found_hit(const Found& hit) const;

  boost::asio::strand<boost::asio::any_io_executor> strand_;
  const rpc::Identity me_;
  rpc::PeerBook& book_;
  Contacts contacts_;
  const HostOptions options_;
  const HostHooks hooks_;
  std::unique_ptr<grpc::Service> service_;
  SecureSource source_;
  Rng rng_;
  Node node_;
  std::optional<Recorder> recorder_;
  const Clock::time_point start_ = Clock::now();

  const std::shared_ptr<Outbox> outbox_ = std::make_shared<Outbox>();
  Effects effects_;
  PeerRef from_ = kNoPeer;  ///< whose message the effects come from, if they come from one
  std::deque<Input> calls_;
  bool driving_ = false;
  std::map<TimerSlot, std::unique_ptr<NodeTimer>> timers_;

  std::vector<std::unique_ptr<Friend>> friends_;  ///< listed ones, in order
  std::map<LinkEnd*, std::shared_ptr<LinkEnd>> ends_;
  std::map<PeerRef, std::shared_ptr<LinkEnd>> up_;
  std::map<PeerId, std::string> names_;  ///< of peers that are linked
  std::map<PeerId, Spent> spent_;        ///< of peers whose link went down lately
  Offenders offenders_;
  std::map<const LinkEnd*, Visit> visits_;
  std::map<const LinkEnd*, Wanted> wanted_;
  GuestStrikes guest_strikes_;
  boost::asio::steady_timer visit_sweep_;
  bool sweeping_ = false;
  std::map<QueryId, Search> searches_;
  std::optional<rpc::Offer> verified_;
  std::map<std::string, std::uint64_t> drops_;
  bool stopping_ = false;
  std::function<void()> stopped_;
};

}  // namespace shoal::overlay
