// SPDX-License-Identifier: Apache-2.0
#include "proto/http/alias.h"

#include <utility>
#include <variant>

#include "proto/types/assert.h"

namespace shoal::http {

void add_alias(Router& router, RouteName alias, RouteName route, Rewrite rewrite) {
  const auto match = router.match(route.method, route.path);
  SHOAL_ASSERT(match.route != nullptr && match.params.empty());
  const RouteOptions options = match.route->options;
  const auto respelled = [rewrite = std::move(rewrite)](Request request) -> Result<Request> {
    if (rewrite) {
      if (auto done = rewrite(request); !done) return tl::unexpected(done.error());
    }
    return request;
  };
  if (const auto* const upload = std::get_if<UploadHandler>(&match.route->handler)) {
    router.add_upload(
        alias.method, alias.path,
        [respelled, upload = *upload](const Request& sent, BodyReader& body) -> Result<Response> {
          const auto request = respelled(sent);
          if (!request) return tl::unexpected(request.error());
          return upload(*request, body);
        },
        options);
    return;
  }
  const auto* const handler = std::get_if<Handler>(&match.route->handler);
  SHOAL_ASSERT(handler != nullptr);
  router.add(
      alias.method, alias.path,
      [respelled, handler = *handler](const Request& sent) -> Result<Response> {
        const auto request = respelled(sent);
        if (!request) return tl::unexpected(request.error());
        return handler(*request);
      },
      options);
}

}  // namespace shoal::http
