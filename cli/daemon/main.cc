// SPDX-License-Identifier: Apache-2.0
// shoald: reads what it is told, starts a Daemon, waits for a signal.
#include <grpc/support/log.h>
#include <malloc.h>
#include <pwd.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>

#include "cli/config/config.h"
#include "cli/daemon/args.h"
#include "cli/daemon/daemon.h"
#include "cli/daemon/process/log.h"
#include "proto/asio.h"
#include "proto/types/limits.h"
#include "proto/types/limits_daemon.h"
#include "proto/types/limits_transfer.h"

namespace shoal::daemon {
namespace {

namespace asio = boost::asio;

int print_error(const Error& error) {
  std::fprintf(stderr, "shoald: %s\n", error.what.c_str());
  if (!error.why.empty()) std::fprintf(stderr, "  why:  %s\n", error.why.c_str());
  if (!error.next.empty()) std::fprintf(stderr, "  next: %s\n", error.next.c_str());
  return info(error.code).exit_code;
}

void raise_descriptor_limit() {
  rlimit limit{};
  const rlim_t wanted = limits::kDescriptorsWanted;
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// Pieces come and go by the megabyte. glibc would give each back to the kernel and have it zeroed
// anew, which was a sixth of a download's processor time. But one heap for each thread would keep
// much more than is ever in use.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, limits::kMallocMmapBytes);
  ::mallopt(M_TRIM_THRESHOLD, limits::kMallocTrimBytes);
  ::mallopt(M_ARENA_MAX, limits::kMallocHeaps);
}

std::string user_name() {
  const passwd* const user = ::getpwuid(::getuid());
  return user == nullptr ? "peer" : user->pw_name;
}

// gRPC's own words: refused handshakes are told by the links, so they are of interest to few.
void log_grpc(gpr_log_func_args* args) { spdlog::debug("grpc: {}", args->message); }

// Cuts the end off when it takes too long: whatever hangs, the process goes.
class Watchdog {
 public:
  Watchdog()
      : thread_([this] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, limits::kStopTime, [this] { return over_; })) return;
          spdlog::error("the end took too long; the rest is cut off");
          ::_exit(1);
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

Result<void> serve(config::Loaded loaded, config::Places places) {
  asio::io_context main;
  asio::signal_set signals(main, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) { main.stop(); });
  // Whoever asks over REST is to have the answer before the servers go.
  asio::steady_timer farewell(main);
  const auto end_soon = [&] {
    asio::post(main, [&] {
      farewell.expires_after(limits::kFarewellTime);
      farewell.async_wait([&](const boost::system::error_code& error) {
        if (!error) main.stop();
      });
    });
  };
  if (loaded.config.name.empty()) loaded.config.name = user_name();
  auto daemon =
      Daemon::start({std::move(loaded.config), std::move(places), SHOAL_VERSION, end_soon});
  if (!daemon) return tl::unexpected(daemon.error());
  std::printf("shoald %s up, pid %d, grpc %s, socket %s\n", SHOAL_VERSION,
              static_cast<int>(::getpid()), (*daemon)->listen().c_str(),
              (*daemon)->socket().c_str());
  std::fflush(stdout);
  spdlog::info("up on {}{}", (*daemon)->listen(),
               (*daemon)->rest().empty() ? "" : ", REST on " + (*daemon)->rest());
  main.run();
  spdlog::info("stopping");
  const Watchdog watchdog;
  (*daemon)->stop();
  daemon->reset();
  return {};
}

int run(const std::vector<std::string>& words) {
  const auto args = read_args(words);
  if (!args) return print_error(args.error());
  if (args->help) {
    std::fputs(help_text().c_str(), stdout);
    return 0;
  }
  if (args->version) {
    std::puts("shoald " SHOAL_VERSION);
    return 0;
  }
  const auto environment = config::process_environment();
  auto places = config::find_places(args->places, environment);
  if (!places) return print_error(places.error());
  if (!places->daemon.starts_with('/')) {
    return print_error({Errc::kConfig,
                        "cannot listen on " + places->daemon,
                        "--socket and SHOAL_SOCKET name the path of a Unix socket here",
                        {}});
  }
  config::LoadInputs inputs;
  inputs.places = *places;
  inputs.environment = environment;
  inputs.flags = args->settings;
  auto loaded = config::load(inputs);
  if (!loaded) return print_error(loaded.error());
  set_up_log(loaded->config.log_level, loaded->config.log_format);
  ::gpr_set_log_function(log_grpc);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file over `ulimit -f` is an error of its write, no end
  raise_descriptor_limit();
  keep_freed_memory();
  if (::sodium_init() < 0) return 1;
  const auto served = serve(std::move(*loaded), std::move(*places));
  return served ? 0 : print_error(served.error());
}

}  // namespace
}  // namespace shoal::daemon

int main(int argc, char** argv) {
  try {
    return shoal::daemon::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "shoald: %s\n", error.what());
    return 1;
  }
}
