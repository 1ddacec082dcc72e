// SPDX-License-Identifier: Apache-2.0
// The keys that overlays bring with them: overlay.NAME for each parameter in the registry.
#include <algorithm>

#include "overlay/core/registry.h"
#include "sim/experiment/settings.h"

namespace shoal::sim {
namespace {

using overlay::Parameter;

// Two overlays may have a parameter of the same name, each with its own range.
struct Namesakes {
  std::string_view name;
  std::vector<const Parameter*> of;
  std::string doc;
  std::string values;
};

std::vector<Namesakes> all_parameters() {
  std::vector<Namesakes> all;
  for (const auto& entry : overlay::registry()) {
    for (const Parameter& parameter : entry.parameters) {
      auto at = std::ranges::find(all, parameter.name, &Namesakes::name);
      if (at == all.end()) at = all.insert(all.end(), Namesakes{parameter.name, {}, {}, {}});
      at->of.push_back(&parameter);
      at->doc += (at->doc.empty() ? "Of " : " Of ") + std::string(entry.name) + ": " +
                 std::string(parameter.doc) + " Else " +
                 overlay::show(parameter, parameter.fallback) + ".";
      const std::string range = overlay::range_of(parameter);
      if (at->values.find(range) == std::string::npos) {
        at->values += (at->values.empty() ? "" : " or ") + range;
      }
    }
  }
  return all;
}

bool accepted(const Namesakes& names, const std::string& text) {
  return std::ranges::any_of(names.of, [&](const Parameter* parameter) {
    overlay::Parameters value{};
    return overlay::set_parameter(std::span(parameter, 1), value, parameter->name, text)
        .has_value();
  });
}

}  // namespace

void add_overlay_parameters(SettingTable& table, OverlayPlan& plan) {
  for (Namesakes& names : all_parameters()) {
    const std::string name(names.name);
    auto& chosen = plan.parameters;
    table.add({"overlay." + name, names.values, names.doc,
               [&chosen, name, names](const yaml::Item& value) -> std::optional<yaml::Trouble> {
                 if (value.kind != yaml::Item::Kind::kScalar || !accepted(names, value.text)) {
                   return value.trouble("\"" + value.text.substr(0, 40) + "\" is not " +
                                        names.values);
                 }
                 chosen[name] = value.text;
                 return std::nullopt;
               },
               [&chosen, name] {
                 const auto at = chosen.find(name);
                 return at == chosen.end() ? std::string() : at->second;
               }});
  }
}

Result<overlay::Parameters> parameters_of(const OverlayPlan& plan,
                                          const overlay::OverlayEntry& via) {
  overlay::Parameters values = overlay::fallbacks(via.parameters);
  for (const auto& [name, text] : plan.parameters) {
    if (auto set = overlay::set_parameter(via.parameters, values, name, text); !set) {
      return fail(Errc::kInvalidArgument, "overlay." + name + " is not possible",
                  set.error().what + "; " + set.error().why,
                  "overlay.via is " + std::string(via.name));
    }
  }
  return values;
}

}  // namespace shoal::sim
