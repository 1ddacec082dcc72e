// SPDX-License-Identifier: Apache-2.0
// shoal-sim report: pages to look at.
#include <filesystem>
#include <ostream>

#include "sim/cli/page_file.h"
#include "sim/cli/verbs.h"
#include "sim/report/sweep_page.h"
#include "sim/report/wave_run.h"

namespace shoal::sim::cli {
namespace {

namespace fs = std::filesystem;

Result<int> wave_page(World& world, const Arguments& arguments) {
  const auto experiment = experiment_of(arguments);
  if (!experiment) return tl::unexpected(experiment.error());
  const auto wave = wave_of(*experiment, experiment->run.seed);
  if (!wave) return tl::unexpected(wave.error());
  const auto page = wave_html(*wave);
  if (!page) return tl::unexpected(page.error());
  const std::string file = arguments.words().empty() ? "search" : arguments.words().front();
  const std::string out =
      arguments.last("--out").value_or("out/" + fs::path(file).stem().string() + ".wave.html");
  if (auto written = write_page(out, *page); !written) return tl::unexpected(written.error());
  world.out << out << "\n";
  return 0;
}

// What a sweep is called: its folder, also when a file of it is given.
std::string name_of(const fs::path& path) {
  const fs::path plain = fs::is_directory(path) ? path / "." : path;
  const std::string name = plain.lexically_normal().parent_path().filename().string();
  return name.empty() || name == "." || name == ".." ? "sweep" : name;
}

Result<int> sweep_page(World& world, const Arguments& arguments) {
  constexpr const char* kWhat = "there is nothing to report";
  if (arguments.words().size() != 1) {
    return fail(Errc::kInvalidArgument, kWhat, "one folder of a sweep is expected",
                "an experiment becomes a page with --wave");
  }
  for (const char* const option : {"--set", "--seed"}) {
    if (arguments.has(option)) {
      return fail(Errc::kInvalidArgument, kWhat, std::string(option) + " goes with --wave only");
    }
  }
  const std::string& path = arguments.words().front();
  if (path.ends_with(".yaml") || path.ends_with(".yml")) {
    return fail(Errc::kInvalidArgument, kWhat, path + " is an experiment, not what a sweep left",
                "--wave shows its first search");
  }
  const auto table = read_sweep_table(path);
  if (!table) return tl::unexpected(table.error());
  const fs::path folder = fs::is_directory(path) ? fs::path(path) : fs::path(path).parent_path();
  const std::string out = arguments.last("--out").value_or((folder / "report.html").string());
  if (auto written = write_page(out, sweep_html(*table, name_of(path))); !written) {
    return tl::unexpected(written.error());
  }
  world.out << out << "\n";
  return 0;
}

}  // namespace

Result<int> report_verb(World& world, const Arguments& arguments) {
  return arguments.has("--wave") ? wave_page(world, arguments) : sweep_page(world, arguments);
}

}  // namespace shoal::sim::cli
