// SPDX-License-Identifier: Apache-2.0
#include "overlay/host/overlay_host.h"

#include <grpcpp/impl/codegen/service_type.h>

#include <utility>

#include "overlay/core/registry.h"
#include "overlay/host/host_impl.h"
#include "overlay/membership/friends.h"
#include "proto/types/assert.h"

namespace shoal::overlay {

OverlayHost::Impl::Impl(boost::asio::any_io_executor executor, rpc::Identity me,
                        rpc::PeerBook& book, HostOptions options, HostHooks hooks)
    : strand_(boost::asio::make_strand(executor)),
      me_(std::move(me)),
      book_(book),
      contacts_(book, me_.id(), hooks.card),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      source_(book, book.hold(me_.id())),
      rng_(source_.fresh_nonce()),
      node_(options_.node, registry(),
            options_.membership ? options_.membership() : std::make_unique<Friends>()),
      offenders_(options_.pauses),
      visit_sweep_(strand_) {
  SHOAL_ASSERT(hooks_.card && hooks_.lookup);
  if (options_.record_limit == 0) return;
  SHOAL_ASSERT(hooks_.on_record);
  recorder_.emplace(options_.node, options_.record_limit);
}

void OverlayHost::Impl::begin() {
  if (recorder_) hooks_.on_record(recorder_->take());
  async([](Impl& host) {
    host.drive([](Env& env, RecordedNode& node, Effects& out) { node.start(env, out); });
  });
  service_ = serve_links(strand_, [weak = weak_from_this()](std::shared_ptr<LinkStream> stream,
                                                            const PeerId& caller, StreamKind kind) {
    const auto self = weak.lock();
    if (!self) return stream->close({Errc::kUnreachable, "this peer is stopping"});
    if (kind == StreamKind::kVisit) return self->accept_visit(std::move(stream), caller);
    self->accept(std::move(stream), caller);
  });
}

void OverlayHost::Impl::stop(std::function<void()> stopped) {
  stopping_ = true;
  while (!searches_.empty()) {
    const QueryId query = searches_.begin()->first;
    cancel(query);
    searches_.erase(query);
  }
  for (const auto& known : friends_) known->timer->cancel();
  for (const auto& [slot, timer] : timers_) timer->clock.cancel();
  visit_sweep_.cancel();
  stopped_ = std::move(stopped);
  const auto open = ends_;
  for (const auto& [raw, end] : open) end->close({Errc::kUnreachable, "this peer is stopping"});
  all_ended();
}

// ---- the face ----------------------------------------------------------------------------------

OverlayHost::OverlayHost(boost::asio::any_io_executor executor, rpc::Identity me,
                         rpc::PeerBook& book, HostOptions options, HostHooks hooks)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(me), book, std::move(options),
                                   std::move(hooks))) {
  impl_->begin();
}

OverlayHost::~OverlayHost() = default;

grpc::Service& OverlayHost::service() { return impl_->service(); }

void OverlayHost::befriend(const PeerId& peer, std::vector<std::string> endpoints, Role role) {
  impl_->async([peer, endpoints = std::move(endpoints), role](Impl& host) {
    host.befriend(peer, endpoints, role);
  });
}

void OverlayHost::unfriend(const PeerId& peer) {
  impl_->async([peer](Impl& host) { host.unfriend(peer); });
}

void OverlayHost::introduce(const PeerId& peer, std::vector<std::string> endpoints) {
  impl_->async(
      [peer, endpoints = std::move(endpoints)](Impl& host) { host.introduce(peer, endpoints); });
}

void OverlayHost::shares_changed() {
  impl_->async([](Impl& host) { host.shares_changed(); });
}

Result<StartedSearch> OverlayHost::search(const SearchSpec& spec, SearchHandlers handlers) {
  const rpc::Identity key = rpc::Identity::generate();
  return impl_->sync([&] { return impl_->search(spec, key, std::move(handlers)); });
}

void OverlayHost::cancel(const QueryId& query) {
  impl_->async([query](Impl& host) { host.cancel(query); });
}

std::vector<LinkStatus> OverlayHost::links() {
  return impl_->sync([this] { return impl_->links(); });
}

std::size_t OverlayHost::known() {
  return impl_->sync([this] { return impl_->known(); });
}

std::size_t OverlayHost::visits() {
  return impl_->sync([this] { return impl_->visits(); });
}

std::map<std::string, std::uint64_t> OverlayHost::drops() {
  return impl_->sync([this] { return impl_->drops(); });
}

void OverlayHost::stop() {
  const auto stopped = std::make_shared<std::promise<void>>();
  auto done = stopped->get_future();
  impl_->async([stopped](Impl& host) { host.stop([stopped] { stopped->set_value(); }); });
  done.wait_for(limits::kHostStopTime);
}

}  // namespace shoal::overlay
