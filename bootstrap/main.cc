// SPDX-License-Identifier: Apache-2.0
// shoal-directory: threads, signals and the log around a Directory and a REST server.
#include <sodium.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

#include "bootstrap/args.h"
#include "bootstrap/http/account_routes.h"
#include "bootstrap/http/api.h"
#include "bootstrap/http/directory.h"
#include "bootstrap/http/directory_index.h"
#include "bootstrap/http/index_routes.h"
#include "bootstrap/http/routes.h"
#include "bootstrap/http/short_routes.h"
#include "bootstrap/store/store.h"
#include "proto/http/server.h"
#include "proto/types/utf8.h"

namespace shoal::bootstrap {
namespace {

namespace asio = boost::asio;

void raise_descriptor_limit() {
  constexpr rlim_t kWanted = 65'536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kWanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, kWanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<void> make_folder(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const bool fresh = fs::create_directories(path, error);
  if (!error && fresh) fs::permissions(path, fs::perms::owner_all, error);
  if (!error) return {};
  return fail(Errc::kIo, "cannot use the folder " + path, error.message(),
              "name another one with --data");
}

LeaseLimits limits_of(const Config& config) {
  LeaseLimits limits;
  limits.time = config.lease;
  return limits;
}

void log_trouble(const Error& error) {
  spdlog::error("{}: {}; {}", error.what, error.why, error.next);
}

// What is the directory's own fault is seen without being asked for: not what any stranger can have
// as often as he likes (505), nor what the store has told of already (503).
void log_answer(const http::Request& request, int status) {
  const auto level = status == 500 || status == 507 ? spdlog::level::warn : spdlog::level::debug;
  if (!spdlog::should_log(level)) return;
  // The path is decoded: a line break in it would forge a line of the log.
  spdlog::log(level, "{} {} {} {}", status, disarm(request.method), disarm(request.path),
              request.peer.address);
}

std::string url(const Listen& listen, std::uint16_t port) {
  const bool v6 = listen.address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + listen.address + "]" : listen.address) + ":" +
         std::to_string(port);
}

// Does it now and then, until the timer is cancelled.
void sweep(asio::steady_timer& timer, const std::function<void()>& work) {
  timer.expires_after(limits::kDirectorySweep);
  timer.async_wait([&](const boost::system::error_code& error) {
    if (error) return;
    work();
    sweep(timer, work);
  });
}

Result<std::unique_ptr<Store>> open_store_of(const Config& config) {
  if (!config.store.empty()) return open_store(config.store, log_trouble);
  if (auto made = make_folder(config.data); !made) return tl::unexpected(made.error());
  return open_store(config.data + "/directory.db");
}

Result<void> serve(const Config& config) {
  auto store = open_store_of(config);
  if (!store) return tl::unexpected(store.error());
  std::uint64_t seed = 0;
  randombytes_buf(&seed, sizeof seed);
  Directory directory(limits_of(config), Directory::Clocks::real(), seed, log_trouble);
  if (auto used = directory.use((*store)->leases()); !used) return used;
  std::optional<DirectoryIndex> index;
  if (config.index) {
    index.emplace(directory, (*store)->index(), Directory::Clocks::real());
    if (auto begun = index->begin(); !begun) return begun;
  }
  spdlog::info("{} leases were kept", directory.health().leases);

  const auto hasher = argon2id();
  AccountsDesk desk((*store)->accounts(), *hasher, Directory::Clocks::real().now);

  asio::io_context main;
  asio::signal_set signals(main, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { main.stop(); });
  asio::steady_timer timer(main);
  const std::function<void()> ending = [&] {
    directory.sweep();
    if (index) index->sweep();
    if (const auto swept = desk.sweep(); !swept) {
      spdlog::error("{}: {}", swept.error().what, swept.error().why);
    }
  };
  sweep(timer, ending);

  asio::io_context io;
  auto work = asio::make_work_guard(io);
  asio::thread_pool workers(2);
  http::Router router;
  add_routes(router, directory, index ? &*index : nullptr);
  add_index_routes(router, index ? &*index : nullptr);
  add_account_routes(router, desk);
  add_short_routes(router);
  if (auto described = add_api(router, SHOAL_VERSION); !described) return described;
  http::ServerOptions options;
  options.hosts = config.hosts;
  options.proxies = config.proxies;
  options.answered = log_answer;
  asio::thread_pool hashing(limits::kPasswordHashes);
  options.heavy = hashing.get_executor();
  http::Server server(io.get_executor(), workers.get_executor(), std::move(router), options);
  const auto port = server.listen_tcp(config.listen.address, config.listen.port);
  if (!port) return tl::unexpected(port.error());
  std::thread sockets([&] { io.run(); });
  std::printf("shoal-directory %s up, pid %d, %s\n", SHOAL_VERSION, static_cast<int>(::getpid()),
              url(config.listen, *port).c_str());
  std::fflush(stdout);

  main.run();
  spdlog::info("stopping");
  if (!server.stop()) spdlog::warn("some requests did not end in time");
  workers.join();
  hashing.join();
  work.reset();
  io.stop();
  sockets.join();
  return {};
}

}  // namespace
}  // namespace shoal::bootstrap

int main(int argc, char** argv) {
  using namespace shoal::bootstrap;
  const auto args = read_args(argc, argv);
  if (const auto* const done = std::get_if<Exit>(&args)) return done->code;
  const auto& config = std::get<Config>(args);
  spdlog::set_default_logger(spdlog::stderr_logger_mt("shoal-directory"));
  spdlog::set_level(spdlog::level::from_str(config.log == "error" ? "err" : config.log));
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over `ulimit -f` is an error of its write, no end
  raise_descriptor_limit();
  if (::sodium_init() < 0) return 1;
  const auto served = serve(config);
  return served ? 0 : print_error(served.error());
}
