// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/args.h"

#include <CLI/CLI.hpp>
#include <iostream>

namespace shoal::bootstrap {
namespace {

constexpr const char* kFooter = R"(
Examples:
  shoal-directory                                  on 127.0.0.1:7400, or the next free port
  shoal-directory --listen 0.0.0.0:7400            for peers on other machines
  shoal-directory --listen 127.0.0.1:0 --data /tmp/d   any free port; the line on stdout names it
  shoal-directory --config configs/directory.yaml
  shoal-directory --store postgresql://shoal@db/shoal   one of several on that database

A password does not belong into an argument, which others see: libpq takes it from PGPASSWORD or
~/.pgpass, or it stands in `store:` of the file.

Flags win over the file. Log on stderr. SIGINT or SIGTERM stops it within 5 s.
Exit codes: 0 stopped, 1 failed, 2 usage, 4 denied, 9 configuration.)";

}  // namespace

int print_error(const Error& error) {
  std::cerr << "shoal-directory: " << error.what << "\n";
  if (!error.why.empty()) std::cerr << "  why:  " << error.why << "\n";
  if (!error.next.empty()) std::cerr << "  next: " << error.next << "\n";
  return info(error.code).exit_code;
}

std::variant<Config, Exit> read_args(int argc, const char* const* argv) {
  CLI::App app("Introduces peers to each other: they keep signed leases here, others find them.",
               "shoal-directory");
  std::string file;
  std::string listen;
  std::string data;
  std::string store;
  app.add_option("--config", file, "YAML file; configs/directory.yaml explains it");
  app.add_option("--listen", listen, "numeric HOST:PORT; a taken port: the next free one of 100");
  app.add_option("--data", data, "folder of directory.db; made when missing");
  app.add_option("--store", store,
                 "postgresql://USER@HOST/NAME instead, which several directories may share");
  app.set_version_flag("--version", "shoal-directory " SHOAL_VERSION);
  app.footer(kFooter);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return Exit{app.exit(done, std::cout, std::cerr)};
  } catch (const CLI::ParseError& error) {
    return Exit{print_error({Errc::kInvalidArgument, "the command line is not understood",
                             error.what(), "shoal-directory --help"})};
  }
  Config config;
  if (!file.empty()) {
    auto loaded = load_config(file);
    if (!loaded) return Exit{print_error(loaded.error())};
    config = std::move(*loaded);
  }
  if (!listen.empty()) {
    const auto parsed = parse_listen(listen);
    if (!parsed) return Exit{print_error(parsed.error())};
    config.listen = *parsed;
  }
  if (!store.empty()) {
    const auto parsed = parse_store(store);
    if (!parsed) return Exit{print_error(parsed.error())};
    config.store = *parsed;
  }
  if (!data.empty()) config.data = data;
  if (config.data.empty()) config.data = default_data();
  if (config.data.empty() && config.store.empty()) {
    return Exit{print_error({Errc::kConfig, "there is no place for the leases", "HOME is not set",
                             "name a folder with --data"})};
  }
  return config;
}

}  // namespace shoal::bootstrap
