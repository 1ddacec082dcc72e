// SPDX-License-Identifier: Apache-2.0
// What the routes are, for programs: GET /v1/openapi.json.
#include "cli/daemon/rest/rest.h"
#include "proto/http/openapi.h"
#include "proto/types/limits.h"
#include "proto/types/limits_folders.h"
#include "proto/types/limits_inbox.h"
#include "proto/types/limits_index.h"
#include "proto/types/limits_tokens.h"
#include "proto/types/limits_transfer.h"

namespace shoal::daemon {
namespace {

std::vector<http::NamedLimit> named_limits() {
  return {{"budget_ms_max", to_ms(limits::budget_max(limits::kTtlLimit))},
          {"endpoints_max", limits::kEndpointsMax},
          {"files_page", limits::kFilesPage},
          {"files_page_max", limits::kFilesPageMax},
          {"found_page", limits::kFoundPage},
          {"found_page_max", limits::kFoundPageMax},
          {"hits_max", limits::kHitsMax},
          {"link_sources", limits::kLinkSources},
          {"offer_name", limits::kOfferName},
          {"peer_name_max", limits::kPeerNameMax},
          {"peers_page", limits::kPeersPage},
          {"peers_page_max", limits::kPeersPageMax},
          {"rate_max", limits::kRateMax},
          {"rate_min", limits::kRateMin},
          {"terms_max", limits::kTermsMax},
          {"token_name", limits::kTokenName},
          {"tokens_max", limits::kTokensMax},
          {"ttl_max", limits::kTtlLimit}};
}

}  // namespace

Result<void> add_api(http::Router& router, const RestContext& context) {
  http::ApiTexts api{.title = "shoal peer",
                     .summary = "What the owner of a peer may ask of it.",
                     .version = context.version,
                     .texts = api_texts(),
                     .limits = named_limits(),
                     .tokens = true};
  if (context.for_guests) {
    api.summary = "What whoever holds a token may ask of a peer.";
    api.whole = false;  // nothing of the owner's
    for (const auto text : short_texts()) api.texts.push_back(text);
  }
  return http::add_openapi(router, std::move(api));
}

}  // namespace shoal::daemon
