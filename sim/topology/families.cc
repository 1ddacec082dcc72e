// SPDX-License-Identifier: Apache-2.0
#include "sim/topology/families.h"

#include <algorithm>
#include <array>
#include <string>

#include "sim/topology/generators.h"

namespace shoal::sim {
namespace {

constexpr std::array kFamilies = {
    Family{"ring", "every peer knows the next one, and the last the first", "peers",
           topology::ring},
    Family{"path", "a ring that is cut once", "peers", topology::path},
    Family{"loners", "nobody knows anybody; for peers that find neighbours themselves", "peers",
           topology::loners},
    Family{"star", "peer 0 knows all others, these only peer 0", "peers", topology::star},
    Family{"complete", "everybody knows everybody", "peers", topology::complete},
    Family{"petersen", "the Petersen graph: 10 peers, 3 links each", "peers", topology::petersen},
    Family{"tree", "a rooted tree, filled level by level", "peers branching", topology::tree},
    Family{"grid", "rows and columns", "peers width", topology::grid},
    Family{"torus", "a grid whose rows and columns are rings", "peers width", topology::torus},
    Family{"hypercube", "peers whose numbers differ in one bit know each other", "peers",
           topology::hypercube},
    Family{"random-regular", "random, every peer with the same number of links", "peers degree",
           topology::random_regular},
    Family{"erdos-renyi", "every pair is linked with the same probability",
           "peers degree probability", topology::erdos_renyi},
    Family{"watts-strogatz", "a small world: a ring with some links led elsewhere",
           "peers degree rewire", topology::watts_strogatz},
    Family{"barabasi-albert", "grown: new peers prefer those that many know", "peers links",
           topology::barabasi_albert},
    Family{"k-out", "every peer picks some others at random", "peers links", topology::k_out},
    Family{"configuration", "random, with degrees from a power law",
           "peers exponent degree_min degree_max", topology::configuration},
};

constexpr std::array kParameters = {
    ParameterDoc{"peers", "how many peers there are"},
    ParameterDoc{"degree",
                 "links per peer: of all (random-regular), before some are led elsewhere "
                 "(watts-strogatz, even), in the mean (erdos-renyi)"},
    ParameterDoc{"links",
                 "links that each peer makes of itself (k-out), or when it comes "
                 "(barabasi-albert)"},
    ParameterDoc{"branching", "children of a peer in a tree"},
    ParameterDoc{"width", "peers in a row of a grid or torus; 0: as many as there are rows"},
    ParameterDoc{"rewire", "probability that a link of the small world is led elsewhere"},
    ParameterDoc{"probability", "that a pair is linked (erdos-renyi); 0: degree / (peers - 1)"},
    ParameterDoc{"exponent", "of the power law: the share of degree d falls as d^-exponent"},
    ParameterDoc{"degree_min", "smallest degree of the power law"},
    ParameterDoc{"degree_max", "largest degree of the power law; 0: the square root of peers"},
};

std::string all_names() {
  std::string names;
  for (const Family& family : kFamilies) {
    if (!names.empty()) names += ", ";
    names += family.name;
  }
  return names;
}

}  // namespace

std::span<const Family> families() { return kFamilies; }

std::span<const ParameterDoc> topology_parameters() { return kParameters; }

const Family* find_family(std::string_view name) {
  const auto found = std::ranges::find(kFamilies, name, &Family::name);
  return found == kFamilies.end() ? nullptr : &*found;
}

Result<Graph> make_graph(std::string_view family, const TopologyParameters& parameters,
                         std::uint64_t seed) {
  const Family* const known = find_family(family);
  if (known == nullptr) {
    return fail(Errc::kInvalidArgument, "no topology is called " + std::string(family), {},
                "there are " + all_names());
  }
  if (parameters.peers == 0 || parameters.peers > limits::kSimPeersMax) {
    return fail(Errc::kInvalidArgument,
                "cannot make a graph of " + std::to_string(parameters.peers) + " peers", {},
                "take 1 to " + std::to_string(limits::kSimPeersMax));
  }
  Rng rng = Rng(seed).fork(0x746f'706f'6c6f'6779ULL);
  return known->make(parameters, rng);
}

}  // namespace shoal::sim
