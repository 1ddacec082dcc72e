// SPDX-License-Identifier: Apache-2.0
#include "proto/yaml/outline.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <new>
#include <sstream>

#include "proto/types/limits.h"

namespace shoal::yaml {
namespace {

// Collects the tree and throws at the first thing that is not taken, before anything is expanded.
class Builder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(mark, "", anchor, Item::Kind::kNull);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw at(mark, "aliases (*name) are not taken");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    add(mark, tag, anchor, Item::Kind::kScalar).text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Item::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Item::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

  Item root;

 private:
  static Trouble at(const YAML::Mark& mark, std::string why, std::string next = {}) {
    return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1,
            std::move(why), std::move(next)};
  }

  Item make(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Item::Kind kind) {
    if (anchor != 0) throw at(mark, "anchors (&name) are not taken");
    if (!tag.empty() && tag != "?" && tag != "!") throw at(mark, "tags (!name) are not taken");
    Item item;
    item.kind = kind;
    item.line = static_cast<std::size_t>(mark.line) + 1;
    item.column = static_cast<std::size_t>(mark.column) + 1;
    return item;
  }

  // Puts an item where it belongs: the root, a list, or as key or value of a map.
  Item& add(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Item::Kind kind) {
    Item item = make(mark, tag, anchor, kind);
    if (path_.empty()) return root = std::move(item);
    Item& parent = *path_.back();
    if (parent.kind == Item::Kind::kList) return parent.items.emplace_back(std::move(item));
    if (!has_key_.back()) {
      if (kind != Item::Kind::kScalar) throw at(mark, "a name is expected here");
      has_key_.back() = true;
      parent.entries.push_back({std::move(item), Item()});
      return parent.entries.back().key;
    }
    has_key_.back() = false;
    return parent.entries.back().value = std::move(item);
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            Item::Kind kind) {
    if (path_.size() == limits::kConfigDepth) throw at(mark, "it is nested too deeply");
    path_.push_back(&add(mark, tag, anchor, kind));
    has_key_.push_back(false);
  }
  void close() {
    path_.pop_back();
    has_key_.pop_back();
  }

  // Pointers stay good: a parent gets no further child before the open one is closed.
  std::vector<Item*> path_;
  std::vector<bool> has_key_;
};

}  // namespace

std::optional<Trouble> read_outline(std::string_view text, Item& out) {
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    Builder builder;
    if (!parser.HandleNextDocument(builder)) builder.root.kind = Item::Kind::kNull;
    Builder second;
    if (parser.HandleNextDocument(second)) {
      return second.root.trouble("a second document begins", "keep one; remove the line ---");
    }
    out = std::move(builder.root);
    if (out.kind == Item::Kind::kNull) out.kind = Item::Kind::kMap;
    return std::nullopt;
  } catch (const Trouble& trouble) {
    return trouble;
  } catch (const YAML::Exception& error) {
    const auto place = [](int number) {
      return number < 0 ? std::size_t{0} : static_cast<std::size_t>(number) + 1;
    };
    return Trouble{
        place(error.mark.line), place(error.mark.column), "this is no YAML: " + error.msg, {}};
  } catch (const std::bad_alloc&) {
    return Trouble{0, 0, "it takes more memory than there is", {}};
  }
}

}  // namespace shoal::yaml
