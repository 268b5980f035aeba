// The arithmetic of a linear map along height and width whose rows are mostly zeros: what products of matrices make of it, without the zeros.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// The weights of one output: those from its first that is not zero to its last.
struct Band {
  int64_t first, taps;
  const float* weights;
};

// A matrix [outputs,inputs] by its rows, which must outlive it.
struct AxisMap {
  int64_t outputs, inputs;
  std::vector<Band> bands;
};
AxisMap bands_of(const float* matrix, int64_t outputs, int64_t inputs);

// y[p][q][c] = sum over h and w of m[p][h] m[q][w] x[h][w][c] of one image, for the channels from `begin` to `end`. Both sums run upwards from zero,
// each addition is rounded once together with its product, and the sums along one axis are rounded before the other: along height first if that makes
// the image smaller. `between` has room for outputs * inputs * (end - begin) numbers: sums along one axis.
using MapAxes = void (*)(const AxisMap& map, const float* x, int64_t channels, int64_t begin, int64_t end, float* between, float* y);

// The same code, compiled for one set of instructions.
struct AxisMaps {
  const char* instructions;
  MapAxes map;
};

// Those that this processor can run, the widest first; the last is what every processor can, slowly where it has no fused product and sum.
const std::vector<AxisMaps>& runnable_axis_maps();

}  // namespace harness
