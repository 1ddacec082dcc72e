// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/http/directory_client.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <utility>

#include "bootstrap/http/lease_request.h"
#include "bootstrap/http/peer_json.h"
#include "proto/http/rest_client.h"
#include "proto/json/problem.h"
#include "proto/json/reader.h"
#include "proto/types/text.h"

namespace shoal::bootstrap {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

std::int64_t unix_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t unix_s() { return unix_us() / 1'000'000; }

Error cancelled() {
  return {Errc::kCancelled, "the directory was not asked", "the peer stops", {}};
}

// One number of an answer.
std::optional<std::uint64_t> number_in(std::string_view body, std::string_view name) {
  std::optional<std::uint64_t> number;
  if (const auto value = json::parse(body)) {
    json::ObjectReader in(*value, "the answer");
    in.optional(name, number).ignore_others();
    if (!in.finish()) return std::nullopt;
  }
  return number;
}

}  // namespace

std::string_view to_text(DirectoryStatus::State state) {
  switch (state) {
    case DirectoryStatus::State::kIdle:
      return "idle";
    case DirectoryStatus::State::kUp:
      return "up";
    case DirectoryStatus::State::kDown:
      return "down";
  }
  return "idle";
}

// Work runs on workers_ and holds a reference, so it may outlive the client; renewals are chained
// by a timer on a strand of their own.
class DirectoryClient::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor timers, asio::any_io_executor workers, http::Target target,
       Signer signer, Options options)
      : strand_(asio::make_strand(std::move(timers))),
        timer_(strand_),
        workers_(std::move(workers)),
        target_(std::move(target)),
        signer_(std::move(signer)),
        options_(std::move(options)) {
    status_.url = options_.url;
  }

  // Asks the path on a worker and reads the answer with `read`.
  template <class T, class Read>
  void ask(std::string path, Read read, Callback<T> done) {
    asio::post(workers_, [self = shared_from_this(), path = std::move(path), read = std::move(read),
                          done = std::move(done)] {
      if (self->cancel_) return done(tl::unexpected(cancelled()));
      const auto body = self->client(self->options_.timeout, &self->cancel_).call("GET", path);
      Result<T> out = body ? read(*self, *body) : Result<T>(tl::unexpected(body.error()));
      self->note(out ? nullptr : &out.error());
      done(std::move(out));
    });
  }

  void keep_lease() {
    {
      const std::scoped_lock lock(mutex_);
      if (keeping_) return;
      keeping_ = true;
    }
    renew_in(milliseconds(0));
  }

  void card_changed() {
    const std::scoped_lock lock(mutex_);
    if (!keeping_) return;
    again_ = true;
    if (!renewing_) renew_in(milliseconds(0));
  }

  [[nodiscard]] DirectoryStatus status() const {
    const std::scoped_lock lock(mutex_);
    DirectoryStatus status = status_;
    status.leased = Steady::now() < leased_until_;
    return status;
  }

  // What a directory told about others, verified; nothing when it is about us.
  [[nodiscard]] Result<DirectoryPeer> read_peer(std::string_view body) {
    auto peer = peer_from_text(body, unix_s());
    if (!peer && peer.error().code == Errc::kIntegrity) count_refused(1);
    return peer;
  }
  [[nodiscard]] Result<DirectoryPage> read_page(std::string_view body) {
    std::size_t refused = 0;
    auto page = page_from_text(body, unix_s(), refused);
    count_refused(refused);
    return page;
  }
  [[nodiscard]] const PeerId& id() const { return signer_.id; }

  Result<void> leave(milliseconds budget) {
    bool asked = false;
    {
      const std::scoped_lock lock(mutex_);
      asked = std::exchange(keeping_, false);
    }
    stop_calls();
    if (!asked) return {};
    const auto answer = std::make_shared<std::promise<Result<void>>>();
    auto answered = answer->get_future();
    const auto deadline = Steady::now() + budget;
    asio::post(workers_, [self = shared_from_this(), answer, deadline] {
      answer->set_value(self->say_goodbye(deadline));
    });
    if (answered.wait_until(deadline) != std::future_status::ready) {
      return fail(Errc::kTimeout, "the directory was not told that this peer leaves",
                  "it did not answer in time", "the lease expires by itself");
    }
    return answered.get();
  }

  void stop() {
    stop_calls();
    const std::scoped_lock lock(signing_);
    gone_ = true;
  }

 private:
  void stop_calls() {
    cancel_ = true;
    asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
  }

  [[nodiscard]] http::RestClient client(milliseconds time, const std::atomic<bool>* cancel) const {
    http::ClientOptions options;
    options.connect_time = std::min(options.connect_time, time);
    options.answer_time = time;
    options.cancel = cancel;
    return http::RestClient(target_, options);
  }

  void note(const Error* error) {
    if (error != nullptr && error->code == Errc::kCancelled) return;
    // An answer that there is nobody is an answer.
    const bool up = error == nullptr || error->code == Errc::kNotFound;
    const std::scoped_lock lock(mutex_);
    status_.state = up ? DirectoryStatus::State::kUp : DirectoryStatus::State::kDown;
    status_.last_error = up ? "" : error->what + (error->why.empty() ? "" : ": " + error->why);
  }

  void count_refused(std::size_t count) {
    const std::scoped_lock lock(mutex_);
    status_.refused += count;
  }

  void renew_in(milliseconds delay) {
    asio::post(strand_, [self = shared_from_this(), delay] {
      if (self->cancel_) return;
      self->timer_.expires_after(delay);
      self->timer_.async_wait([self](const boost::system::error_code& error) {
        if (error || self->cancel_) return;
        asio::post(self->workers_, [self] { self->renew(); });
      });
    });
  }

  // On a worker. One at a time: card_changed() during a renewal asks for another one after it.
  void renew() {
    {
      const std::scoped_lock lock(mutex_);
      if (std::exchange(renewing_, true)) return;
      again_ = false;
    }
    auto lease = take_lease();
    note(lease ? nullptr : &lease.error());
    milliseconds delay = options_.renewal;
    bool again = false;
    {
      const std::scoped_lock lock(mutex_);
      renewing_ = false;
      again = again_;
      if (lease) {
        failures_ = 0;
        leased_until_ = Steady::now() + *lease;
        delay = std::min(delay, std::max(*lease / 3, limits::kLeaseRenewalMin));
      } else {
        delay = std::min(delay, limits::kLeaseRetryMin * (1 << std::min(failures_++, 10)));
      }
    }
    renew_in(again && lease ? milliseconds(0) : delay);
  }

  std::uint64_t next_stamp() {
    const std::scoped_lock lock(mutex_);
    stamp_ = std::max(stamp_ + 1, static_cast<std::uint64_t>(unix_us()));
    return stamp_;
  }

  // How long the lease lasts. A clock of ours that was set back is told the stamp to pass.
  Result<milliseconds> take_lease() {
    for (int attempt = 0;; ++attempt) {
      LeaseRequest request;
      {
        const std::scoped_lock lock(signing_);
        if (gone_ || cancel_) return tl::unexpected(cancelled());
        request.card = signer_.card();
        request.stamp = next_stamp();
        request.signature =
            signer_.sign(rpc::context::kLease, lease_bytes(request.stamp, request.card));
      }
      const auto answer = client(options_.timeout, &cancel_).send("PUT", path(), to_body(request));
      if (!answer) return tl::unexpected(answer.error());
      if (answer->status == 200) {
        if (options_.on_leased && !cancel_) options_.on_leased(number_in(answer->body, "index"));
        return milliseconds(std::min<std::uint64_t>(
            number_in(answer->body, "expires_in_ms").value_or(0), 24U * 3600 * 1000));
      }
      const Error error = json::error_from_problem(answer->status, answer->body);
      const std::uint64_t stamp = number_in(answer->body, "stamp").value_or(0);
      if (error.code != Errc::kConflict || stamp < request.stamp || stamp >= limits::kStampMax ||
          attempt > 0) {
        return tl::unexpected(error);
      }
      const std::scoped_lock lock(mutex_);
      stamp_ = std::max(stamp_, stamp);
    }
  }

  Result<void> say_goodbye(Steady::time_point deadline) {
    LeaveRequest request;
    {
      const std::scoped_lock lock(signing_);
      if (gone_) return tl::unexpected(cancelled());
      request.public_key = signer_.public_key;
      request.stamp = next_stamp();
      request.signature = signer_.sign(rpc::context::kLeave, leave_bytes(request.stamp, id()));
    }
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Steady::now());
    if (left <= milliseconds(0)) return fail(Errc::kTimeout, "there was no time to say goodbye");
    const auto done = client(left, nullptr).call("DELETE", path() + "?" + to_query(request));
    const bool nothing_there = !done && done.error().code == Errc::kNotFound;
    if (!done && !nothing_there) return tl::unexpected(done.error());
    const std::scoped_lock lock(mutex_);
    leased_until_ = {};
    return {};
  }

  [[nodiscard]] std::string path() const { return "/v1/peers/" + shoal::to_text(id()); }

  asio::strand<asio::any_io_executor> strand_;
  asio::steady_timer timer_;  // on strand_
  asio::any_io_executor workers_;
  http::Target target_;
  std::mutex signing_;  // held while the signer is asked; taken before mutex_
  Signer signer_;
  bool gone_ = false;  // guarded by signing_
  Options options_;
  std::atomic<bool> cancel_{false};

  mutable std::mutex mutex_;  // guards all below
  DirectoryStatus status_;
  Steady::time_point leased_until_;
  std::uint64_t stamp_ = 0;
  int failures_ = 0;
  bool keeping_ = false;
  bool renewing_ = false;
  bool again_ = false;
};

Result<std::unique_ptr<DirectoryClient>> DirectoryClient::make(asio::any_io_executor timers,
                                                               asio::any_io_executor workers,
                                                               Signer signer, Options options) {
  auto target = http::Target::parse(options.url);
  if (!target) return tl::unexpected(target.error());
  auto impl = std::make_shared<Impl>(std::move(timers), std::move(workers), std::move(*target),
                                     std::move(signer), std::move(options));
  return std::unique_ptr<DirectoryClient>(new DirectoryClient(std::move(impl)));
}

DirectoryClient::DirectoryClient(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
DirectoryClient::~DirectoryClient() { impl_->stop(); }

void DirectoryClient::keep_lease() { impl_->keep_lease(); }
void DirectoryClient::card_changed() { impl_->card_changed(); }
DirectoryStatus DirectoryClient::status() const { return impl_->status(); }
Result<void> DirectoryClient::leave(milliseconds budget) { return impl_->leave(budget); }

void DirectoryClient::peers(std::size_t limit, std::string cursor, Callback<DirectoryPage> done) {
  std::string path = "/v1/peers?limit=" + std::to_string(limit);
  if (!cursor.empty()) path += "&" + http::encode_query("cursor", cursor);
  impl_->ask<DirectoryPage>(
      std::move(path), [](Impl& impl, std::string_view body) { return impl.read_page(body); },
      std::move(done));
}

void DirectoryClient::find(const PeerId& id, Callback<DirectoryPeer> done) {
  impl_->ask<DirectoryPeer>(
      "/v1/peers/" + shoal::to_text(id),
      [id](Impl& impl, std::string_view body) -> Result<DirectoryPeer> {
        auto peer = impl.read_peer(body);
        if (!peer || peer->id == id) return peer;
        return fail(Errc::kIntegrity, "the directory's answer is not believed",
                    "it told of another peer than the one asked for");
      },
      std::move(done));
}

void DirectoryClient::suggest(std::vector<PeerId> except, Callback<DirectoryPeer> done) {
  if (except.size() > limits::kSuggestionExceptMax) except.resize(limits::kSuggestionExceptMax);
  std::string path = "/v1/peers/" + shoal::to_text(impl_->id()) + "/suggestion";
  char mark = '?';
  for (const auto& id : except) {
    path += std::exchange(mark, '&') + http::encode_query("except", shoal::to_text(id));
  }
  impl_->ask<DirectoryPeer>(
      std::move(path),
      [except = std::move(except)](Impl& impl, std::string_view body) -> Result<DirectoryPeer> {
        auto peer = impl.read_peer(body);
        if (!peer) return peer;
        if (peer->id != impl.id() && std::ranges::find(except, peer->id) == except.end()) {
          return peer;
        }
        return fail(Errc::kIntegrity, "the directory's answer is not believed",
                    "it suggested a peer that was to be left out");
      },
      std::move(done));
}

}  // namespace shoal::bootstrap
