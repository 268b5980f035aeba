#include "group-norm.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

constexpr int64_t positions_per_sum = 64;

template <int Lanes>
HARNESS_INLINE void add_to(double* sums, const Floats<Lanes>& values) {
  float list[Lanes];
  store<Lanes>(list, values);
  for (int i = 0; i < Lanes; i++) sums[i] += list[i];
}

// Calls visit(lanes, first channel, first position, end) for blocks of channels of one part of the positions after the other, so that memory is read
// in its order.
template <class Visit>
HARNESS_INLINE void in_parts(const Slice& slice, const Visit& visit) {
  for (int64_t start = 0; start < slice.positions; start += positions_per_sum) {
    const int64_t end = std::min(slice.positions, start + positions_per_sum);
    in_blocks(slice.channels, [&](auto lanes, int64_t c) HARNESS_INLINED { visit(lanes, c, start, end); });
  }
}

// sums[i] += the sum of term(position) over a part, lane by lane; term is called in the order of positions.
template <int Lanes, class Term>
HARNESS_INLINE void add_sum(int64_t start, int64_t end, double* sums, const Term& term) {
  Floats<Lanes> a{}, b{}, c{}, d{};
  int64_t p = start;
  for (; p + 4 <= end; p += 4) {
    a += term(p);
    b += term(p + 1);
    c += term(p + 2);
    d += term(p + 3);
  }
  for (; p < end; p++) a += term(p);
  add_to<Lanes>(sums, (a + b) + (c + d));
}

// The sum over the channels of each group.
std::vector<double> per_group(const std::vector<double>& per_channel, int64_t width) {
  std::vector<double> sums(per_channel.size() / width, 0.0);
  for (size_t c = 0; c < per_channel.size(); c++) sums[c / width] += per_channel[c];
  return sums;
}

// Each group's value times its channel's factor (or alone), one per channel.
std::vector<float> per_channel(const float* of_group, const Slice& slice, const float* factor) {
  std::vector<float> values(slice.channels);
  for (int64_t c = 0; c < slice.channels; c++) values[c] = of_group[c / slice.per_group] * (factor ? factor[c] : 1.0f);
  return values;
}

HARNESS_INLINE void normalise_slice(const Slice& slice, const float* x, float* y, float epsilon, bool swish) {
  // Not as structured bindings: lambdas capture those from C++20 on.
  const int64_t positions = slice.positions, stride = slice.stride, channels = slice.channels, width = slice.per_group;
  const float *scale = slice.scale, *bias = slice.bias;
  float *mean = slice.mean, *inverse = slice.inverse;
  const double count = static_cast<double>(positions) * static_cast<double>(width);
  std::vector<double> sums(channels, 0.0);
  in_parts(slice, [&](auto lanes, int64_t c, int64_t start, int64_t end) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    add_sum<L>(start, end, &sums[c], [&](int64_t p) HARNESS_INLINED { return load<L>(x + p * stride + c); });
  });
  const std::vector<double> totals = per_group(sums, width);
  for (size_t g = 0; g < totals.size(); g++) mean[g] = static_cast<float>(totals[g] / count);

  const std::vector<float> centre = per_channel(mean, slice, nullptr);
  std::fill(sums.begin(), sums.end(), 0.0);
  in_parts(slice, [&](auto lanes, int64_t c, int64_t start, int64_t end) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const Floats<L> m = load<L>(&centre[c]);
    add_sum<L>(start, end, &sums[c], [&](int64_t p) HARNESS_INLINED {
      const Floats<L> from_mean = load<L>(x + p * stride + c) - m;
      return from_mean * from_mean;
    });
  });
  const std::vector<double> squares = per_group(sums, width);
  for (size_t g = 0; g < squares.size(); g++) inverse[g] = static_cast<float>(1.0 / std::sqrt(squares[g] / count + epsilon));

  const std::vector<float> slope = per_channel(inverse, slice, scale);
  in_parts(slice, [&](auto lanes, int64_t c, int64_t start, int64_t end) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const Floats<L> m = load<L>(&centre[c]), a = load<L>(&slope[c]), b = load<L>(bias + c);
    const auto write = [&](auto with_swish) HARNESS_INLINED {
      for (int64_t p = start; p < end; p++) {
        const int64_t at = p * stride + c;
        const Floats<L> n = (load<L>(x + at) - m) * a + b;
        if constexpr (with_swish) {
          store<L>(y + at, n * sigmoid<L>(n));
        } else {
          store<L>(y + at, n);
        }
      }
    };
    if (swish) {
      write(std::true_type());
    } else {
      write(std::false_type());
    }
  });
}

// Writes the slice's own part of dscale and dbias, where zeros stood.
HARNESS_INLINE void differentiate_slice(const Slice& slice, const float* dy, const float* x, float* dx, double* dscale, double* dbias, bool swish) {
  const int64_t positions = slice.positions, stride = slice.stride, channels = slice.channels, width = slice.per_group;
  const float *scale = slice.scale, *bias = slice.bias;
  const float *mean = slice.mean, *inverse = slice.inverse;
  const std::vector<float> centre = per_channel(mean, slice, nullptr);
  const std::vector<float> slope = per_channel(inverse, slice, scale);
  in_parts(slice, [&](auto lanes, int64_t c, int64_t start, int64_t end) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const Floats<L> m = load<L>(&centre[c]), a = load<L>(&slope[c]), b = load<L>(bias + c);
    // d = dy times the slope of swish at n, kept where dx will be.
    if (swish) {
      for (int64_t p = start; p < end; p++) {
        const int64_t at = p * stride + c;
        const Floats<L> n = (load<L>(x + at) - m) * a + b;
        const Floats<L> s = sigmoid<L>(n);
        store<L>(dx + at, load<L>(dy + at) * (s * (1.0f + n * (1.0f - s))));
      }
    }
    const float* d = swish ? dx : dy;
    add_sum<L>(start, end, dbias + c, [&](int64_t p) HARNESS_INLINED { return load<L>(d + p * stride + c); });
    add_sum<L>(start, end, dscale + c, [&](int64_t p) HARNESS_INLINED { return load<L>(d + p * stride + c) * (load<L>(x + p * stride + c) - m); });
  });
  // dx = inverse (d scale - mean(d scale) - xhat mean(d scale xhat)) with xhat = (x - mean) inverse, gathered as d slope + (x - mean) p + q.
  const double count = static_cast<double>(positions) * static_cast<double>(width);
  std::vector<double> mean_d(channels / width, 0.0), mean_dx(channels / width, 0.0);
  for (int64_t c = 0; c < channels; c++) {
    dscale[c] *= inverse[c / width];
    mean_d[c / width] += dbias[c] * scale[c] / count;
    mean_dx[c / width] += dscale[c] * scale[c] / count;
  }
  std::vector<float> p_of(channels), q_of(channels);
  for (int64_t c = 0; c < channels; c++) {
    const double i = inverse[c / width];
    p_of[c] = static_cast<float>(-i * i * mean_dx[c / width]);
    q_of[c] = static_cast<float>(-i * mean_d[c / width]);
  }
  const float* d = swish ? dx : dy;
  in_parts(slice, [&](auto lanes, int64_t c, int64_t start, int64_t end) HARNESS_INLINED {
    constexpr int L = decltype(lanes)::value;
    const Floats<L> m = load<L>(&centre[c]), a = load<L>(&slope[c]), p_all = load<L>(&p_of[c]), q = load<L>(&q_of[c]);
    for (int64_t p = start; p < end; p++) {
      const int64_t at = p * stride + c;
      store<L>(dx + at, load<L>(d + at) * a + ((load<L>(x + at) - m) * p_all + q));
    }
  });
}

// One function per set of instructions, into which all of the above is inlined.
#define HARNESS_ARITHMETIC(name, attributes)                                                                        \
  attributes void normalise_##name(const Slice& slice, const float* x, float* y, float epsilon, bool swish) {       \
    normalise_slice(slice, x, y, epsilon, swish);                                                                   \
  }                                                                                                                 \
  attributes void differentiate_##name(const Slice& slice, const float* dy, const float* x, float* dx, double* dscale, \
                                       double* dbias, bool swish) {                                                 \
    differentiate_slice(slice, dy, x, dx, dscale, dbias, swish);                                                    \
  }
HARNESS_ARITHMETIC(avx512, __attribute__((target("avx512f"))))
HARNESS_ARITHMETIC(avx2, __attribute__((target("avx2"))))
HARNESS_ARITHMETIC(baseline, )

}  // namespace

const std::vector<Arithmetic>& runnable_arithmetic() {
  static const std::vector<Arithmetic> found = runnable_of<Arithmetic>({"avx512f", normalise_avx512, differentiate_avx512},
                                                                       {"avx2", normalise_avx2, differentiate_avx2},
                                                                       {"baseline", normalise_baseline, differentiate_baseline});
  return found;
}

}  // namespace harness
