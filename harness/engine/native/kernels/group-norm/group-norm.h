// The arithmetic of group normalisation with or without swish, forward and backward, on slices: some whole groups of one image.
//
// Sums over positions are of 64 positions in float32, and of these in float64. No result depends on what instructions the processor has.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// Pointers are to the first channel or group of the slice; positions lie `stride` floats apart.
struct Slice {
  int64_t positions;
  int64_t stride;
  int64_t channels;
  int64_t per_group;
  const float* scale;
  const float* bias;
  float* mean;
  float* inverse;
};

// y, mean and inverse from x; y may be x.
using Normalise = void (*)(const Slice& slice, const float* x, float* y, float epsilon, bool swish);
// dx, which may be dy, and the slice's own part of dscale and dbias, where zeros must stand before.
using Differentiate = void (*)(const Slice& slice, const float* dy, const float* x, float* dx, double* dscale, double* dbias, bool swish);

// The same code, compiled for one set of instructions.
struct Arithmetic {
  const char* instructions;
  Normalise normalise;
  Differentiate differentiate;
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<Arithmetic>& runnable_arithmetic();

}  // namespace harness
