// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/broker/broker_searches.h"

#include <algorithm>

#include "broker/messages.h"
#include "cli/daemon/friends/card_desk.h"
#include "proto/rpc/offer.h"
#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"
#include "proto/types/text.h"

namespace shoal::daemon {
namespace {

using broker::Status;
using std::chrono::milliseconds;

std::string body_of(const SideQuery& query) {
  broker::Query out;
  out.id = query.id;
  if (!query.content) out.terms = query.terms;
  out.content = query.content;
  out.length_min = query.length_min;
  out.length_max = query.length_max;
  out.key = query.key;
  return broker::to_json(out);
}

bool is_wanted(const HitFile& file, const SideQuery& query) {
  const std::uint64_t length = file.content.length;
  return length >= query.length_min && length <= query.length_max &&
         (!query.content || *query.content == file.content);
}

}  // namespace

SideRoute::Cancel BrokerSearches::search(SideQuery query, SideRoute::Handlers handlers) {
  const std::string correlation = to_text(query.id);
  const milliseconds time = query.budget > milliseconds(0) ? query.budget : limits::kBrokerWait;
  bool down = false;
  {
    const std::scoped_lock lock(mutex_);
    // Under the mutex that on_up() needs: who comes up after this finds the search and asks for it.
    const Status status = client_->status();
    down = status.state == Status::State::kDown;
    if (searches_.size() == limits::kBrokerSearches) {
      boost::asio::post(timers_, [on_end = std::move(handlers.on_end)] {
        on_end(fail(Errc::kOverloaded, "the broker was not asked", "too many searches are open"));
      });
      return [] {};
    }
    auto search = std::make_shared<Search>(Search{std::move(query),
                                                  std::move(handlers),
                                                  boost::asio::steady_timer(timers_),
                                                  boost::asio::steady_timer(timers_),
                                                  {}});
    searches_.emplace(correlation, search);
    arm(correlation, *search, time);
    if (status.state == Status::State::kUp) ask(correlation, *search);
  }
  // On its way up it asks by itself; who waits for the next try need not.
  if (down) client_->hurry();
  return [weak = weak_from_this(), correlation] {
    if (const auto self = weak.lock()) self->cancel(correlation);
  };
}

bool BrokerSearches::is_own(const std::string& correlation) const {
  const std::scoped_lock lock(mutex_);
  return searches_.contains(correlation);
}

void BrokerSearches::ask(const std::string& correlation, Search& search) {
  search.asked = true;
  client_->ask(correlation, body_of(search.query));
}

void BrokerSearches::ask_again(const std::string& correlation, Search& search) {
  ask(correlation, search);
  search.again.expires_after(limits::kBrokerAgain);
  search.again.async_wait(
      [weak = weak_from_this(), correlation](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self) return;
        const std::scoped_lock lock(self->mutex_);
        const auto at = self->searches_.find(correlation);
        if (at != self->searches_.end() && !at->second->ended) {
          self->ask_again(correlation, *at->second);
        }
      });
}

void BrokerSearches::arm(const std::string& correlation, Search& search, milliseconds time) {
  search.timer.expires_after(time);
  search.timer.async_wait(
      [weak = weak_from_this(), correlation](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (!error && self) self->on_time(correlation);
      });
}

// First it ends, then it is forgotten.
void BrokerSearches::on_time(const std::string& correlation) {
  std::function<void()> ending;
  {
    const std::scoped_lock lock(mutex_);
    const Status status = client_->status();
    const auto at = searches_.find(correlation);
    if (at == searches_.end()) return;
    Search& search = *at->second;
    if (search.ended) {
      searches_.erase(at);
      return;
    }
    std::optional<Error> trouble;
    if (status.state == Status::State::kUp && search.asked) {
      // All who would answer had their time.
    } else if (status.trouble.what.empty()) {
      trouble = Error{Errc::kTimeout, "the broker at " + status.url + " does not answer",
                      "no connection stands yet", "shoal status"};
    } else {
      trouble = status.trouble;
    }
    ending = end(correlation, search, std::move(trouble));
  }
  ending();
}

std::function<void()> BrokerSearches::end(const std::string& correlation, Search& search,
                                          std::optional<Error> trouble) {
  search.ended = true;
  Result<SideAnswer> outcome = SideAnswer{client_->status().url, search.refused, search.more};
  // What was found before the broker went is no error: only not all there is.
  if (trouble && !search.found.empty()) outcome->more = true;
  if (trouble && search.found.empty()) outcome = tl::unexpected(std::move(*trouble));
  auto ending = [on_end = search.handlers.on_end, outcome = std::move(outcome)] {
    on_end(outcome);
  };
  // Its timer forgets it, if there is nothing to wait for at once.
  arm(correlation, search, search.query.late ? limits::kBrokerLate : milliseconds(0));
  return ending;
}

void BrokerSearches::cancel(const std::string& correlation) {
  SideRoute::Handlers handlers;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = searches_.find(correlation);
    if (at == searches_.end() || at->second->ended) return;
    handlers = std::move(at->second->handlers);
    searches_.erase(at);
  }
  boost::asio::post(timers_, [on_end = std::move(handlers.on_end)] {
    on_end(fail(Errc::kCancelled, "the search was cancelled"));
  });
}

void BrokerSearches::on_up() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [correlation, search] : searches_) {
    if (search->ended) continue;
    if (search->asked) {
      ask_again(correlation, *search);
    } else {
      ask(correlation, *search);
    }
  }
}

// What was never asked need not wait; what was may be asked again before its time is over.
void BrokerSearches::on_down(const Error& trouble) {
  std::vector<std::function<void()>> endings;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [correlation, search] : searches_) {
      if (!search->ended && !search->asked) endings.push_back(end(correlation, *search, trouble));
    }
  }
  for (const auto& ending : endings) ending();
}

void BrokerSearches::refuse(const std::string& correlation, std::string_view reason) {
  client_->dropped(reason);
  const std::scoped_lock lock(mutex_);
  const auto at = searches_.find(correlation);
  if (at != searches_.end()) ++at->second->refused;
}

void BrokerSearches::on_answer(const broker::Delivery& delivery) {
  SideQuery query;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = searches_.find(delivery.correlation);
    if (at == searches_.end()) return client_->dropped("broker's answer to no search");
    query = at->second->query;
  }
  const auto answer = broker::read_offered(delivery.body);
  if (!answer) return refuse(delivery.correlation, "broker's answer that is not understood");
  auto offer = rpc::open_offer(answer->offer, query.id, unix_now());
  if (!offer) return refuse(delivery.correlation, "broker's answer whose signature is wrong");
  if (offer->holder.id == me_) return;
  std::vector<SideHit> hits;
  for (HitFile& file : offer->files) {
    if (!is_wanted(file, query)) {
      refuse(delivery.correlation, "broker's answer that was not asked for");
      continue;
    }
    hits.push_back({std::move(file),
                    {offer->holder.id, offer->holder.endpoints, offer->card},
                    offer->holder.name});
  }
  take(delivery.correlation, std::move(hits), answer->excess > 0);
}

void BrokerSearches::take(const std::string& correlation, std::vector<SideHit> hits, bool more) {
  std::function<void(std::vector<SideHit>)> on_hits;
  std::function<void()> ending;
  {
    const std::scoped_lock lock(mutex_);
    const auto at = searches_.find(correlation);
    if (at == searches_.end()) return;
    Search& search = *at->second;
    search.more = search.more || more;
    // Who is asked again says the same again.
    std::erase_if(hits, [&](const SideHit& hit) {
      const std::pair found{FoundFile{hit.source.peer, hit.file.content}, hit.file.name};
      if (search.found.contains(found)) return true;
      if (search.found.size() < limits::kHitsMax) return !search.found.insert(found).second;
      search.more = true;
      return true;
    });
    on_hits = search.handlers.on_hits;
    const std::size_t enough = search.query.enough;
    if (!search.ended && enough > 0 && search.found.size() >= enough) {
      ending = end(correlation, search, std::nullopt);
    }
  }
  if (!hits.empty()) on_hits(std::move(hits));
  if (ending) ending();
}

}  // namespace shoal::daemon
