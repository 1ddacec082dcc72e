// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/broker/broker_desk.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <utility>

#include "proto/rpc/offer.h"
#include "proto/text/words.h"
#include "proto/types/bodies.h"
#include "proto/types/limits.h"
#include "proto/types/limits_broker.h"

namespace shoal::daemon {
namespace {

// Answers to the shared queue would be queries to others.
bool is_reply_queue(const std::string& name) {
  return !name.empty() && name.size() <= limits::kBrokerNameMax && name != broker::kQueryName;
}

PayloadRef payload_of(const broker::Query& query) {
  return make_payload<QueryBody>([&](QueryBody& body) {
    if (!query.content) body.terms = fold(query.terms);
    body.content = query.content;
    body.length_min = query.length_min;
    body.length_max = query.length_max;
    if (query.key) body.key = *query.key;
  });
}

}  // namespace

BrokerDesk::BrokerDesk(Parts parts)
    : parts_(std::move(parts)),
      searches_(std::make_shared<BrokerSearches>(parts_.timers, parts_.me.id())),
      client_(parts_.url,
              {[this](broker::Delivery delivery) { on_query(std::move(delivery)); },
               [this](const broker::Delivery& delivery) { searches_->on_answer(delivery); },
               [this] {
                 spdlog::info("searches by the broker at {}", parts_.url.shown());
                 searches_->on_up();
               },
               [this](const Error& trouble) {
                 spdlog::debug("{}: {}", trouble.what, trouble.why);
                 searches_->on_down(trouble);
               }}) {
  searches_->use(client_);
}

void BrokerDesk::on_query(broker::Delivery delivery) {
  const auto query = broker::read_query(delivery.body);
  if (!query || !is_reply_queue(delivery.reply_to)) {
    return client_.dropped("broker's query that is not understood");
  }
  if (delivery.by == broker::Delivery::By::kSharedQueue) {
    return client_.pass_on(std::move(delivery));
  }
  if (searches_->is_own(delivery.correlation)) return;
  if (lookups_ == limits::kBrokerLookups) {
    return client_.dropped("broker's query while many others were looked up");
  }
  ++lookups_;
  parts_.look_up(payload_of(*query), limits::kBrokerFiles,
                 [this, query = *query, delivery = std::move(delivery)](
                     const std::vector<HitFile>& files, std::uint32_t excess) {
                   --lookups_;
                   answer(delivery, query, files, excess);
                 });
}

void BrokerDesk::answer(const broker::Delivery& delivery, const broker::Query& query,
                        const std::vector<HitFile>& files, std::uint32_t excess) {
  if (files.empty()) return;
  // Whoever asked may come and fetch what is offered.
  if (query.key) parts_.admit(*query.key);
  const std::string card = query.id ? parts_.card() : std::string();
  for (std::size_t from = 0; from < files.size(); from += limits::kHitFilesMax) {
    const std::size_t count = std::min(limits::kHitFilesMax, files.size() - from);
    const std::span<const HitFile> some(files.data() + from, count);
    broker::Answer out{query.id, parts_.name, parts_.place, {some.begin(), some.end()}, excess, {}};
    if (query.id) out.offer = rpc::seal_offer(parts_.me, *query.id, card, some);
    client_.answer(delivery, broker::to_json(out));
  }
}

SideRoute::Cancel BrokerRoute::search(SideQuery query, Handlers handlers) {
  if (desk_ != nullptr) return desk_->search(std::move(query), std::move(handlers));
  boost::asio::post(timers_, [on_end = std::move(handlers.on_end)] {
    on_end(
        fail(Errc::kNotFound, "there is no broker to ask", "none is configured", "set broker.url"));
  });
  return [] {};
}

}  // namespace shoal::daemon
