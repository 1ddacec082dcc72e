// SPDX-License-Identifier: Apache-2.0
#include "bootstrap/args.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <vector>

#include "proto/types/empty_values.h"

namespace shoal::bootstrap {
namespace {

constexpr const char* kFooter = R"(
Examples:
  shoal-directory                                  on 127.0.0.1:7400, or the next free port
  shoal-directory --listen 0.0.0.0:7400            for peers on other machines
  shoal-directory --listen 127.0.0.1:0 --data /tmp/d   any free port; the line on stdout names it
  shoal-directory --config configs/directory.yaml
  shoal-directory --set 'hosts=[directory.example.org]' --set log=debug
  shoal-directory --store postgresql://shoal@db/shoal   one of several on that database

A password does not belong into an argument, which others see: libpq takes it from PGPASSWORD or
~/.pgpass, or it stands in `store:` of the file.

Every setting of the file is also a variable (a list as in YAML):
  SHOAL_LISTEN SHOAL_DATA SHOAL_STORE SHOAL_HOSTS SHOAL_PROXIES SHOAL_LEASE SHOAL_INDEX SHOAL_LOG
Flags win over variables, variables over the file: that of --config or SHOAL_DIRECTORY_CONFIG, else
~/.config/shoal/directory.yaml if it is there; and it over /etc/shoal/directory.yaml. An empty
--data=, --store=, hosts or proxies undoes what these say.

Log on stderr. SIGINT or SIGTERM stops it within 5 s.
Exit codes: 0 stopped, 1 failed, 2 usage, 4 denied, 6 PostgreSQL is not reached, 9 configuration.)";

struct Words {
  LoadInputs inputs;
  std::optional<std::string> listen;
  std::optional<std::string> data;
  std::optional<std::string> store;
  std::vector<std::string> sets;
};

// --listen and --store are checked here, so that the error is one of usage.
Result<void> take(Words& words) {
  if (words.listen) {
    if (const auto parsed = parse_listen(*words.listen); !parsed) {
      return tl::unexpected(parsed.error());
    }
  }
  if (words.store && !words.store->empty()) {
    if (const auto parsed = parse_store(*words.store); !parsed) {
      return tl::unexpected(parsed.error());
    }
  }
  for (const auto& set : words.sets) {
    const auto equals = set.find('=');
    if (equals == std::string::npos) {
      return fail(Errc::kInvalidArgument, "the command line is not understood",
                  "--set wants KEY=VALUE, not " + set, "shoal-directory --help");
    }
    words.inputs.flags.emplace_back(set.substr(0, equals), set.substr(equals + 1));
  }
  for (const auto& [key, value] : {std::pair("listen", words.listen), std::pair("data", words.data),
                                   std::pair("store", words.store)}) {
    if (value) words.inputs.flags.emplace_back(key, *value);
  }
  return {};
}

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
  Words words;
  words.inputs.environment = process_environment();
  app.add_option("--config", words.inputs.file, "YAML file; configs/directory.yaml explains it");
  app.add_option("--listen", words.listen,
                 "numeric HOST:PORT; a taken port: the next free one of 100");
  app.add_option("--data", words.data, "folder of directory.db; made when missing");
  app.add_option("--store", words.store,
                 "postgresql://USER@HOST/NAME instead, which several directories may share");
  app.add_option("--set", words.sets, "any setting of the file as KEY=VALUE; may be repeated")
      ->allow_extra_args(false);
  app.set_version_flag("--version", "shoal-directory " SHOAL_VERSION);
  app.footer(kFooter);
  const auto given = with_empty_values({argv + 1, argv + argc}, [&](const std::string& name) {
    const CLI::Option* const option = app.get_option_no_throw(name);
    return option != nullptr && option->get_items_expected_min() > 0;
  });
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
  } catch (const CLI::Success& done) {
    return Exit{app.exit(done, std::cout, std::cerr)};
  } catch (const CLI::ParseError& error) {
    return Exit{print_error({Errc::kInvalidArgument, "the command line is not understood",
                             error.what(), "shoal-directory --help"})};
  }
  if (const auto taken = take(words); !taken) return Exit{print_error(taken.error())};
  auto config = load(words.inputs);
  if (!config) return Exit{print_error(config.error())};
  if (config->data.empty() && config->store.empty()) {
    return Exit{print_error({Errc::kConfig, "there is no place for the leases", "HOME is not set",
                             "name a folder with --data"})};
  }
  return std::move(*config);
}

}  // namespace shoal::bootstrap
