#include "sum.h"

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

HARNESS_INLINE void sum_rows(const SumArrays& arrays, float scale, int64_t begin, int64_t end) {
  const int64_t channels = arrays.channels, rows_per_other = arrays.rows_per_other;
  const float *bias = arrays.bias, *other = arrays.other;
  for (int64_t row = begin; row < end; row++) {
    const float* x = arrays.x + row * channels;
    const float* added = other + row / rows_per_other * channels;
    float* y = arrays.y + row * channels;
    in_blocks(channels, [&](auto lanes, int64_t c) HARNESS_INLINED {
      constexpr int L = decltype(lanes)::value;
      store<L>(y + c, ((load<L>(x + c) + load<L>(bias + c)) + load<L>(added + c)) * scale);
    });
  }
}

// One function per set of instructions, into which all of the above is inlined.
#define HARNESS_SUM(name, attributes) \
  attributes void sum_##name(const SumArrays& arrays, float scale, int64_t begin, int64_t end) { sum_rows(arrays, scale, begin, end); }
HARNESS_SUM(avx512, __attribute__((target("avx512f"))))
HARNESS_SUM(avx2, __attribute__((target("avx2"))))
HARNESS_SUM(baseline, )

}  // namespace

const std::vector<Sums>& runnable_sums() {
  static const std::vector<Sums> found = runnable_of<Sums>({"avx512f", sum_avx512}, {"avx2", sum_avx2}, {"baseline", sum_baseline});
  return found;
}

}  // namespace harness
