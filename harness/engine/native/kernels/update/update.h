// The arithmetic of an optimizer's update and of a moving average, number by number: the operations of TensorFlow's own kernels in the same order,
// and so the same bits.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

struct RadamNumbers {
  float decay1, share1, decay2, share2, epsilon;
  // a, q and b of harness/train/update/optimizer.ts: adapted rate, root of the variance factor, plain rate.
  float adapted, root, plain;
};

// What one update reads and writes, of the same `count`.
struct RadamArrays {
  const float *parameters, *gradient, *first, *second;
  float *new_parameters, *new_first, *new_second;
};

using Radam = void (*)(const RadamNumbers& numbers, const RadamArrays& arrays, int64_t begin, int64_t end);
// result = average + (parameters - average) share
using Average = void (*)(const float* average, const float* parameters, float share, float* result, int64_t begin, int64_t end);

// The same code, compiled for one set of instructions.
struct Updates {
  const char* instructions;
  Radam radam;
  Average average;
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<Updates>& runnable_updates();

}  // namespace harness
