// SPDX-License-Identifier: Apache-2.0
#include "tests/tidy/layers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shoal::tidy {
namespace {

// Would the rules let a file of `folder` include `target`? A quoted target exists in the tree.
bool allowed(const std::string& folder, const std::string& include) {
  Tree tree = {{folder + "/a.cc", "#include " + include + "\n"}};
  if (include[0] == '"' && !include.starts_with("\"shoal/v1/"))
    tree.push_back({include.substr(1, include.size() - 2), "#pragma once\n"});
  return check_layers(tree).empty();
}

struct Case {
  std::string folder;
  std::string include;
};

TEST(Layers, AllowWhatTheDesignDraws) {
  const std::vector<Case> cases = {
      {"proto/types", "<tl/expected.hpp>"},
      {"proto/codec", "\"proto/types/ids.h\""},
      {"proto/codec", "\"shoal/v1/link.pb.h\""},
      {"proto/rpc", "<grpcpp/grpcpp.h>"},
      {"proto/http", "\"proto/asio.h\""},
      {"overlay/core", "\"proto/types/ids.h\""},
      {"overlay/core", "\"overlay/core/env.h\""},
      {"overlay/core", "<boost/unordered/unordered_flat_map.hpp>"},
      {"overlay/flood", "\"overlay/core/env.h\""},
      {"overlay/flood", "\"overlay/flood/table.h\""},
      {"overlay/membership", "\"overlay/core/env.h\""},
      {"overlay", "\"overlay/flood/flood.h\""},
      {"overlay/host", "\"overlay/flood/flood.h\""},
      {"overlay/host", "\"proto/rpc/server.h\""},
      {"transfer/library", "<SQLiteCpp/SQLiteCpp.h>"},
      {"transfer/host", "\"transfer/library/library.h\""},
      {"bootstrap", "\"bootstrap/http/routes.h\""},
      {"sim", "\"overlay/flood/flood.h\""},
      {"sim/net", "\"sim/world.h\""},
      {"sim", "\"transfer/core/piece_map.h\""},
      {"cli/daemon", "\"overlay/host/host.h\""},
      {"cli/client", "\"proto/http/client.h\""},
      {"cli/client", "\"proto/rpc/identity.h\""},
      {"tests/wire", "\"cli/daemon/daemon.h\""},
      {"tests/sim", "\"sim/world.h\""},
      {"tests/wire", "\"tests/support/show.h\""},
  };
  for (const auto& c : cases)
    EXPECT_TRUE(allowed(c.folder, c.include)) << c.folder << " " << c.include;
}

TEST(Layers, RefuseWhatTheDesignForbids) {
  const std::vector<Case> cases = {
      {"proto/types", "\"proto/codec/codec.h\""},
      {"proto/types", "<fmt/format.h>"},
      {"proto/codec", "\"overlay/core/env.h\""},
      {"proto/json", "\"shoal/v1/link.pb.h\""},
      {"proto/json", "<grpcpp/grpcpp.h>"},
      {"proto/http", "\"proto/rpc/server.h\""},
      {"proto/http", "<google/protobuf/message.h>"},
      {"overlay/core", "\"proto/codec/codec.h\""},
      {"overlay/core", "\"overlay/flood/flood.h\""},
      {"overlay/core", "<mutex>"},
      {"overlay/core", "<spdlog/spdlog.h>"},
      {"overlay/core", "<boost/asio.hpp>"},
      {"overlay/core", "\"proto/asio.h\""},
      {"overlay/flood", "\"overlay/ring/ring.h\""},
      {"overlay/flood", "\"overlay/membership/friends.h\""},
      {"overlay/flood", "\"overlay/host/host.h\""},
      {"overlay", "\"overlay/host/host.h\""},
      {"overlay/host", "\"transfer/core/piece_map.h\""},
      {"overlay/host", "\"cli/daemon/daemon.h\""},
      {"transfer/core", "\"overlay/core/env.h\""},
      {"transfer/core", "\"transfer/library/library.h\""},
      {"transfer/core", "<fstream>"},
      {"transfer/host", "\"bootstrap/core/leases.h\""},
      {"bootstrap/core", "\"bootstrap/store/sqlite.h\""},
      {"bootstrap/http", "\"overlay/core/env.h\""},
      {"sim", "\"overlay/host/host.h\""},
      {"sim", "\"proto/codec/codec.h\""},
      {"sim", "\"shoal/v1/link.pb.h\""},
      {"sim", "<boost/asio.hpp>"},
      {"sim", "<grpcpp/grpcpp.h>"},
      {"sim", "\"cli/client/get.h\""},
      {"cli/client", "\"proto/rpc/server.h\""},
      {"cli/client", "<grpcpp/grpcpp.h>"},
      {"cli/daemon", "\"sim/world.h\""},
      {"cli/daemon", "\"tests/support/show.h\""},
      {"utils", "<vector>"},
  };
  for (const auto& c : cases)
    EXPECT_FALSE(allowed(c.folder, c.include)) << c.folder << " " << c.include;
}

TEST(Layers, WantQuotedIncludesFromTheRoot) {
  EXPECT_TRUE(allowed("overlay/flood", "\"overlay/flood/flood.h\""));
  EXPECT_FALSE(check_layers({{"overlay/flood/a.cc", "#include \"flood.h\"\n"},
                             {"overlay/flood/flood.h", "#pragma once\n"}})
                   .empty());
}

TEST(Layers, NameFileAndLine) {
  const auto found = check_layers({{"sim/a.cc", "\n#include <grpcpp/grpcpp.h>\n"}});
  EXPECT_EQ(show(found), "sim/a.cc:2: sim may not include <grpcpp/grpcpp.h>\n");
}

TEST(Layers, EveryRowIsReached) {
  for (const auto& layer : layers()) {
    std::string folder(layer.folder);
    if (folder.ends_with('*')) folder.back() = 'x';
    EXPECT_EQ(layer_of(folder + "/a.h"), &layer) << layer.folder;
  }
}

TEST(Cycles, AreFoundBetweenFolders) {
  const Tree circle = {{"sim/a/a.h", "#include \"sim/b/b.h\"\n"},
                       {"sim/b/c.h", "#include \"sim/a/d.h\"\n"}};
  EXPECT_EQ(check_cycles(circle).size(), 2U);
  const Tree line = {{"sim/a/a.h", "#include \"sim/b/b.h\"\n"},
                     {"sim/b/c.h", "#include \"sim/c/d.h\"\n"}};
  EXPECT_TRUE(check_cycles(line).empty());
}

}  // namespace
}  // namespace shoal::tidy
