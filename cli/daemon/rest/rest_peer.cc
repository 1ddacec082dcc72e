// SPDX-License-Identifier: Apache-2.0
#include "cli/daemon/friends/card_desk.h"
#include "cli/daemon/rest/rest.h"
#include "proto/json/base64.h"
#include "proto/json/schema.h"
#include "proto/types/text.h"

namespace shoal::daemon {

namespace bj = boost::json;

void add_peer_routes(http::Router& router, CardDesk& card) {
  router.add("GET", "/v1/peer",
             [&card](const http::Request&) -> Result<http::Response> {
               bj::array endpoints;
               for (const auto& endpoint : card.endpoints()) endpoints.emplace_back(endpoint);
               return json_answer({{"schema", json::schema::kPeer},
                                   {"id", to_text(card.id())},
                                   {"name", card.name()},
                                   {"endpoints", std::move(endpoints)},
                                   {"url", card.url()},
                                   {"card", json::to_base64(card.card())}});
             },
             {.open = true, .etag = true});
}

}  // namespace shoal::daemon
