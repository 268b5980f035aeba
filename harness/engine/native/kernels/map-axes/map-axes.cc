#include "map-axes.h"

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

template <int Lanes>
HARNESS_INLINE Floats<Lanes> multiply_add(const Floats<Lanes>& x, float weight, const Floats<Lanes>& sum) {
  float factors[Lanes], sums[Lanes];
  store<Lanes>(factors, x);
  store<Lanes>(sums, sum);
  for (int i = 0; i < Lanes; i++) sums[i] = __builtin_fmaf(weight, factors[i], sums[i]);
  return load<Lanes>(sums);
}

template <int Lanes>
HARNESS_INLINE void weigh_lanes(const Band& band, const float* from, int64_t stride, float* to) {
  Floats<Lanes> sum = {};
  for (int64_t tap = 0; tap < band.taps; tap++) sum = multiply_add<Lanes>(load<Lanes>(from + tap * stride), band.weights[tap], sum);
  store<Lanes>(to, sum);
}

// to[i] = sum of weights[tap] line[first + tap][i], where lines are `stride` apart.
template <int Lanes>
HARNESS_INLINE void weigh(const Band& band, const float* lines, int64_t stride, int64_t count, float* to) {
  const float* from = lines + band.first * stride;
  int64_t at = 0;
  for (; at + Lanes <= count; at += Lanes) weigh_lanes<Lanes>(band, from + at, stride, to + at);
  for (; at < count; at++) weigh_lanes<1>(band, from + at, stride, to + at);
}

template <int Lanes>
HARNESS_INLINE void map_axes(const AxisMap& map, const float* x, int64_t channels, int64_t begin, int64_t end, float* between, float* y) {
  const int64_t outputs = map.outputs, inputs = map.inputs, count = end - begin;
  x += begin;
  y += begin;
  if (outputs < inputs) {
    for (int64_t p = 0; p < outputs; p++) {
      for (int64_t w = 0; w < inputs; w++) weigh<Lanes>(map.bands[p], x + w * channels, inputs * channels, count, between + w * count);
      for (int64_t q = 0; q < outputs; q++) weigh<Lanes>(map.bands[q], between, count, count, y + (p * outputs + q) * channels);
    }
    return;
  }
  for (int64_t h = 0; h < inputs; h++) {
    for (int64_t q = 0; q < outputs; q++) {
      weigh<Lanes>(map.bands[q], x + h * inputs * channels, channels, count, between + (h * outputs + q) * count);
    }
  }
  for (int64_t p = 0; p < outputs; p++) {
    for (int64_t q = 0; q < outputs; q++) {
      weigh<Lanes>(map.bands[p], between + q * count, outputs * count, count, y + (p * outputs + q) * channels);
    }
  }
}

// One function per set of instructions, into which all of the above is inlined, with as many lanes as fill one register.
#define HARNESS_MAP_AXES(name, lanes, attributes)                                                                                          \
  attributes void map_axes_##name(const AxisMap& map, const float* x, int64_t channels, int64_t begin, int64_t end, float* between, float* y) { \
    map_axes<lanes>(map, x, channels, begin, end, between, y);                                                                             \
  }
HARNESS_MAP_AXES(avx512, 16, __attribute__((target("avx512f"))))
HARNESS_MAP_AXES(avx2, 8, __attribute__((target("avx2,fma"))))
HARNESS_MAP_AXES(baseline, 4, )

}  // namespace

AxisMap bands_of(const float* matrix, int64_t outputs, int64_t inputs) {
  AxisMap map{outputs, inputs, {}};
  map.bands.reserve(outputs);
  for (int64_t p = 0; p < outputs; p++) {
    const float* row = matrix + p * inputs;
    int64_t first = 0, end = inputs;
    while (first < inputs && row[first] == 0) first++;
    while (end > first && row[end - 1] == 0) end--;
    // A row of zeros begins nowhere.
    if (first == inputs) first = end = 0;
    map.bands.push_back({first, end - first, row + first});
  }
  return map;
}

const std::vector<AxisMaps>& runnable_axis_maps() {
  static const std::vector<AxisMaps> found =
      runnable_of<AxisMaps>({"avx512f", map_axes_avx512}, {"avx2", map_axes_avx2}, {"baseline", map_axes_baseline});
  return found;
}

}  // namespace harness
