// SPDX-License-Identifier: Apache-2.0
#include "sim/report/layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>

#include "proto/types/rng.h"
#include "sim/topology/breadth_first.h"

namespace shoal::sim {
namespace {

constexpr int kPowerRounds = 60;
constexpr int kStressRounds = 200;
constexpr double kStressEnough = 1e-4;  // a round that gains less, as a share, is the last one
constexpr double kMargin = 1.0;         // around each component, in hops

struct Point {
  double x = 0;
  double y = 0;
};

// One component: its peers, the hops between each two of them, where they are.
struct Part {
  std::vector<std::uint32_t> peers;
  std::vector<double> hops;  // peers.size() squared
  std::vector<Point> points;
  double width = 0;
  double height = 0;

  [[nodiscard]] std::size_t size() const { return peers.size(); }
  [[nodiscard]] double hop(std::size_t i, std::size_t j) const { return hops[i * size() + j]; }
};

std::vector<Part> parts_of(const Graph& graph) {
  std::vector<Part> parts;
  std::vector<std::size_t> index(graph.size());
  std::vector<bool> placed(graph.size());
  BreadthFirst search(graph);
  for (std::uint32_t first = 0; first < graph.size(); ++first) {
    if (placed[first]) continue;
    search.run(first);
    Part& part = parts.emplace_back();
    part.peers.assign(search.reached().begin(), search.reached().end());
    std::ranges::sort(part.peers);
    for (std::size_t i = 0; i < part.size(); ++i) index[part.peers[i]] = i;
    part.hops.resize(part.size() * part.size());
    for (std::size_t i = 0; i < part.size(); ++i) {
      placed[part.peers[i]] = true;
      search.run(part.peers[i]);
      for (std::uint32_t away = 1; away <= search.farthest(); ++away) {
        for (const std::uint32_t other : search.at(away)) {
          part.hops[i * part.size() + index[other]] = away;
        }
      }
    }
  }
  std::ranges::stable_sort(parts, std::greater<>{}, &Part::size);
  return parts;
}

// Makes `vector` as long as 1 and, if there is one, at a right angle to `other`.
void straighten(std::vector<double>& vector, const std::vector<double>* other) {
  if (other != nullptr) {
    const double along = std::inner_product(vector.begin(), vector.end(), other->begin(), 0.0);
    for (std::size_t i = 0; i < vector.size(); ++i) vector[i] -= along * (*other)[i];
  }
  const double length =
      std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
  if (length < 1e-12) return;
  for (double& value : vector) value /= length;
}

// Squared hops, centred in rows and columns.
std::vector<double> centred_squares(const Part& part) {
  const std::size_t n = part.size();
  std::vector<double> squares(n * n);
  std::vector<double> means(n);
  double mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      squares[i * n + j] = part.hop(i, j) * part.hop(i, j);
      means[i] += squares[i * n + j] / static_cast<double>(n);
    }
    mean += means[i] / static_cast<double>(n);
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      squares[i * n + j] = (squares[i * n + j] - means[i] - means[j] + mean) / -2;
    }
  }
  return squares;
}

// Classical scaling: the two longest axes of the centred squares, by power iteration.
void scale_classically(Part& part) {
  const std::size_t n = part.size();
  const std::vector<double> squares = centred_squares(part);
  std::array<std::vector<double>, 2> axes;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    Rng draws(0x1a700 + axis);
    for (std::size_t i = 0; i < n; ++i) {
      axes[axis].push_back(static_cast<double>(draws.below(2001)) / 1000 - 1);
    }
    const std::vector<double>* const other = axis == 0 ? nullptr : axes.data();
    straighten(axes[axis], other);
    std::vector<double> next(n);
    double length = 0;
    for (int round = 0; round < kPowerRounds; ++round) {
      length = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const double* const row = squares.data() + i * n;
        next[i] = std::inner_product(row, row + n, axes[axis].begin(), 0.0);
        length += next[i] * next[i];
      }
      if (length < 1e-18) break;
      axes[axis].swap(next);
      straighten(axes[axis], other);
    }
    const double stretch = std::sqrt(std::sqrt(std::max(length, 1e-6)));
    for (std::size_t i = 0; i < n; ++i) {
      // A little noise parts peers that classical scaling puts at one point.
      const double value = axes[axis][i] * stretch + static_cast<double>(draws.below(1000)) * 1e-5;
      (axis == 0 ? part.points[i].x : part.points[i].y) = value;
    }
  }
}

// Moves every peer to where its distances to all others are least wrong; near ones weigh most.
// Returns how wrong they were.
double stress_round(Part& part) {
  const std::size_t n = part.size();
  double stress = 0;
  for (std::size_t i = 0; i < n; ++i) {
    Point sum;
    double weights = 0;
    for (std::size_t j = 0; j < n; ++j) {
      if (j == i) continue;
      const double dx = part.points[i].x - part.points[j].x;
      const double dy = part.points[i].y - part.points[j].y;
      const double far = std::sqrt(dx * dx + dy * dy);
      const double hops = part.hop(i, j);
      const double weight = 1 / (hops * hops);
      const double pull = far < 1e-9 ? 0 : hops / far;
      sum.x += weight * (part.points[j].x + pull * dx);
      sum.y += weight * (part.points[j].y + pull * dy);
      weights += weight;
      stress += weight * (far - hops) * (far - hops);
    }
    part.points[i] = {sum.x / weights, sum.y / weights};
  }
  return stress;
}

// The angle by which most links of a lattice stand off from level and upright; none if links go
// everywhere.
std::optional<double> lattice_angle(const Part& part) {
  double sum_x = 0;
  double sum_y = 0;
  double links = 0;
  for (std::size_t i = 0; i < part.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (part.hop(i, j) != 1) continue;
      const double angle =
          std::atan2(part.points[j].y - part.points[i].y, part.points[j].x - part.points[i].x);
      sum_x += std::cos(4 * angle);
      sum_y += std::sin(4 * angle);
      ++links;
    }
  }
  constexpr double kMost = 0.7;
  if (std::hypot(sum_x, sum_y) < kMost * links) return std::nullopt;
  return std::atan2(sum_y, sum_x) / 4;
}

// Turns lattices upright and what else there is along its longest axis, and moves the lower left
// corner to the margin.
void lay_level(Part& part) {
  Point middle;
  for (const Point& point : part.points) {
    middle.x += point.x / static_cast<double>(part.size());
    middle.y += point.y / static_cast<double>(part.size());
  }
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (const Point& point : part.points) {
    xx += (point.x - middle.x) * (point.x - middle.x);
    yy += (point.y - middle.y) * (point.y - middle.y);
    xy += (point.x - middle.x) * (point.y - middle.y);
  }
  double angle = std::atan2(2 * xy, xx - yy) / 2;
  if (const auto lattice = lattice_angle(part)) {
    // The quarter turn that leaves the longest axis the nearest to level.
    constexpr double kQuarter = std::numbers::pi / 2;
    angle = *lattice + std::round((angle - *lattice) / kQuarter) * kQuarter;
  }
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  for (Point& point : part.points) {
    point = {cosine * point.x + sine * point.y, cosine * point.y - sine * point.x};
  }
  const auto [left, right] = std::ranges::minmax(part.points, {}, &Point::x);
  const auto [low, high] = std::ranges::minmax(part.points, {}, &Point::y);
  part.width = right.x - left.x + 2 * kMargin;
  part.height = high.y - low.y + 2 * kMargin;
  const Point corner{left.x - kMargin, low.y - kMargin};
  for (Point& point : part.points) point = {point.x - corner.x, point.y - corner.y};
}

// Puts components in rows, the largest first; as wide as a screen is.
void pack(std::vector<Part>& parts) {
  double area = 0;
  double widest = 0;
  for (const Part& part : parts) {
    area += part.width * part.height;
    widest = std::max(widest, part.width);
  }
  const double row_width = std::max(widest, std::sqrt(area * 1.6));
  Point at;
  double row_height = 0;
  for (Part& part : parts) {
    if (at.x > 0 && at.x + part.width > row_width) {
      at = {0, at.y + row_height};
      row_height = 0;
    }
    for (Point& point : part.points) point = {point.x + at.x, point.y + at.y};
    at.x += part.width;
    row_height = std::max(row_height, part.height);
  }
}

double distance(const Point& one, const Point& other) {
  return std::sqrt((one.x - other.x) * (one.x - other.x) + (one.y - other.y) * (one.y - other.y));
}

// From how near on two peers are too close: much nearer than most neighbours on paper are, or than
// all would be in a square lattice; but never next to nothing.
double closeness(const std::vector<Point*>& points, double area) {
  std::vector<double> nearest(points.size(), std::numeric_limits<double>::infinity());
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < points.size(); ++j) {
      if (i != j) nearest[i] = std::min(nearest[i], distance(*points[i], *points[j]));
    }
  }
  std::ranges::sort(nearest);
  const double lattice = std::sqrt(area / static_cast<double>(points.size()));
  return std::clamp(0.75 * nearest[nearest.size() / 2], 0.08 * lattice, 0.42 * lattice);
}

// Peers of equal standing may be put at one point; moves those apart that would cover each other.
void part_the_close(std::vector<Point*>& points, double area) {
  constexpr int kRounds = 40;
  const double least = closeness(points, area);
  for (int round = 0; round < kRounds; ++round) {
    bool moved = false;
    for (std::size_t i = 0; i < points.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        double dx = points[i]->x - points[j]->x;
        double dy = points[i]->y - points[j]->y;
        double far = std::sqrt(dx * dx + dy * dy);
        if (far >= least) continue;
        if (far < 1e-9) {
          const auto angle = static_cast<double>(i);
          dx = std::cos(angle) * 1e-9;
          dy = std::sin(angle) * 1e-9;
          far = 1e-9;
        }
        const double push = (least - far) / 2 / far;
        *points[i] = {points[i]->x + dx * push, points[i]->y + dy * push};
        *points[j] = {points[j]->x - dx * push, points[j]->y - dy * push};
        moved = true;
      }
    }
    if (!moved) return;
  }
}

}  // namespace

std::vector<Place> layout(const Graph& graph) {
  std::vector<Part> parts = parts_of(graph);
  for (Part& part : parts) {
    part.points.resize(part.size());
    if (part.size() > 1) {
      scale_classically(part);
      double before = stress_round(part);
      for (int round = 1; round < kStressRounds; ++round) {
        const double stress = stress_round(part);
        if (before - stress < kStressEnough * before) break;
        before = stress;
      }
    }
    lay_level(part);
  }
  pack(parts);
  std::vector<Point*> points;
  double area = 0;
  for (Part& part : parts) {
    area += part.width * part.height;
    for (Point& point : part.points) points.push_back(&point);
  }
  part_the_close(points, area);

  Point low{1e300, 1e300};
  Point high{-1e300, -1e300};
  for (const Part& part : parts) {
    for (const Point& point : part.points) {
      low = {std::min(low.x, point.x), std::min(low.y, point.y)};
      high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
  }
  const double extent = std::max({high.x - low.x, high.y - low.y, 1e-9});
  std::vector<Place> places(graph.size());
  for (const Part& part : parts) {
    for (std::size_t i = 0; i < part.size(); ++i) {
      const double scale = kLayoutSide / extent;
      places[part.peers[i]] = {
          static_cast<std::int32_t>(std::lround((part.points[i].x - low.x) * scale)),
          static_cast<std::int32_t>(std::lround((part.points[i].y - low.y) * scale))};
    }
  }
  return places;
}

}  // namespace shoal::sim
