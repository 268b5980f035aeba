// The arithmetic of dropout: numbers of TensorFlow's Philox generator decide which are kept, and so the mask has the bits of one that is drawn by
// StatelessRandomUniformV2.
#pragma once

#include <cstdint>
#include <vector>

namespace harness {

// Where a sequence of random numbers begins: Salmon et al. 2011 ("Parallel random numbers: as easy as 1, 2, 3"), Philox 4x32-10, four numbers per
// counter. Words go from the lowest up.
struct PhiloxStart {
  uint32_t key[2];
  uint32_t counter[4];
};

// y = x scale where the number in [0, 1) that belongs to it is at least `rate`, else 0 x, for the numbers 4 first_block up to 4 end_block, of which
// x has `count`. y may be x.
using Drop = void (*)(const PhiloxStart& start, const float* x, float* y, int64_t count, int64_t first_block, int64_t end_block, float rate,
                      float scale);

// The same code, compiled for one set of instructions.
struct Dropping {
  const char* instructions;
  Drop drop;
};

// Those that this processor can run, the widest first; the last is what every processor can.
const std::vector<Dropping>& runnable_dropping();

}  // namespace harness
