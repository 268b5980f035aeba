#include "update.h"

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

HARNESS_INLINE void radam(const RadamNumbers& n, const RadamArrays& arrays, int64_t begin, int64_t end) {
  in_blocks(end - begin, [&](auto lanes, int64_t offset) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const int64_t at = begin + offset;
    const Floats<L> g = load<L>(arrays.gradient + at);
    const Floats<L> first = load<L>(arrays.first + at) * n.decay1 + g * n.share1;
    const Floats<L> second = load<L>(arrays.second + at) * n.decay2 + (g * g) * n.share2;
    const Floats<L> rate = n.adapted / (square_root<L>(second) * n.root + n.epsilon) + n.plain;
    store<L>(arrays.new_first + at, first);
    store<L>(arrays.new_second + at, second);
    store<L>(arrays.new_parameters + at, load<L>(arrays.parameters + at) - first * rate);
  });
}

HARNESS_INLINE void average(const float* average, const float* parameters, float share, float* result, int64_t begin, int64_t end) {
  in_blocks(end - begin, [&](auto lanes, int64_t offset) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const int64_t at = begin + offset;
    const Floats<L> before = load<L>(average + at);
    store<L>(result + at, before + (load<L>(parameters + at) - before) * share);
  });
}

// One function per set of instructions, into which all of the above is inlined.
#define HARNESS_UPDATES(name, attributes)                                                                                             \
  attributes void radam_##name(const RadamNumbers& numbers, const RadamArrays& arrays, int64_t begin, int64_t end) {                  \
    radam(numbers, arrays, begin, end);                                                                                               \
  }                                                                                                                                   \
  attributes void average_##name(const float* before, const float* parameters, float share, float* result, int64_t begin, int64_t end) { \
    average(before, parameters, share, result, begin, end);                                                                           \
  }
HARNESS_UPDATES(avx512, __attribute__((target("avx512f"))))
HARNESS_UPDATES(avx2, __attribute__((target("avx2"))))
HARNESS_UPDATES(baseline, )

}  // namespace

const std::vector<Updates>& runnable_updates() {
  static const std::vector<Updates> found = runnable_of<Updates>(
      {"avx512f", radam_avx512, average_avx512}, {"avx2", radam_avx2, average_avx2}, {"baseline", radam_baseline, average_baseline});
  return found;
}

}  // namespace harness
