// The arithmetic of a sum that follows a convolution or projection, number by number: the additions and the product of TensorFlow's own kernels
// in the same order, and so the same bits.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

struct SumArrays {
  int64_t channels;
  // Rows of x that share a row of `other`: 1 where it has the shape of x.
  int64_t rows_per_other;
  const float *x, *bias, *other;
  // May be x.
  float* y;
};

// y = ((x + bias) + other) scale for the rows of `channels` numbers from `begin` to `end`.
using Sum = void (*)(const SumArrays& arrays, float scale, int64_t begin, int64_t end);

// The same code, compiled for one set of instructions.
struct Sums {
  const char* instructions;
  Sum sum;
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<Sums>& runnable_sums();

}  // namespace harness
