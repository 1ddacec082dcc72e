// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/api.h"

#include "proto/http/openapi.h"
#include "proto/types/limits.h"
#include "proto/types/limits_accounts.h"
#include "proto/types/limits_index.h"

namespace shoal::bootstrap {

Result<void> add_api(http::Router& router, const std::string& version) {
  return http::add_openapi(router,
                           {.title = "shoal directory",
                            .summary = "Introduces peers to each other; holds no files.",
                            .version = version,
                            .texts = api_texts(),
                            .limits = {{"endpoints_max", limits::kEndpointsMax},
                                       {"file_name_max", limits::kFileNameMax},
                                       {"found_page", limits::kFoundPage},
                                       {"found_page_max", limits::kFoundPageMax},
                                       {"found_query", limits::kFoundQuery},
                                       {"index_update", limits::kIndexUpdate},
                                       {"password_max", limits::kPasswordMax},
                                       {"password_min", limits::kPasswordMin},
                                       {"peer_name_max", limits::kPeerNameMax},
                                       {"peers_page", limits::kPeersPage},
                                       {"peers_page_max", limits::kPeersPageMax},
                                       {"stamp_max", limits::kStampMax},
                                       {"suggestion_except_max", limits::kSuggestionExceptMax},
                                       {"user_name_max", limits::kUserNameMax}}});
}

}  // namespace shoal::bootstrap
