// Arithmetic on `Lanes` neighbouring float32 numbers at once, for any number of lanes with the same bits: every lane is computed by the same
// IEEE operations in the same order, and products and sums are never contracted (-ffp-contract=off).
//
// Everything here is inlined into functions that are compiled for one set of instructions each.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

// Also for lambdas: one that is not inlined would be compiled for the oldest processor.
#define HARNESS_INLINED __attribute__((always_inline))
#define HARNESS_INLINE static inline HARNESS_INLINED

namespace harness {

template <int Lanes>
struct Vector {
  typedef float Float __attribute__((vector_size(Lanes * sizeof(float))));
  typedef int32_t Int __attribute__((vector_size(Lanes * sizeof(int32_t))));
};
template <int Lanes>
using Floats = typename Vector<Lanes>::Float;

template <int Lanes>
HARNESS_INLINE Floats<Lanes> load(const float* from) {
  Floats<Lanes> value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <int Lanes>
HARNESS_INLINE void store(float* to, const Floats<Lanes>& value) {
  std::memcpy(to, &value, sizeof(value));
}

template <int Lanes>
HARNESS_INLINE Floats<Lanes> all(float value) {
  return Floats<Lanes>{} + value;
}

// Calls visit(lanes, first) for blocks of 16 numbers, then of 4, then for single ones; `lanes` is an integral_constant.
template <class Visit>
HARNESS_INLINE void in_blocks(int64_t count, const Visit& visit) {
  int64_t at = 0;
  for (; at + 16 <= count; at += 16) visit(std::integral_constant<int, 16>(), at);
  for (; at + 4 <= count; at += 4) visit(std::integral_constant<int, 4>(), at);
  for (; at < count; at++) visit(std::integral_constant<int, 1>(), at);
}

// Rounded correctly, as IEEE 754 has it; there is no operator for it.
template <int Lanes>
HARNESS_INLINE Floats<Lanes> square_root(const Floats<Lanes>& x) {
  float list[Lanes];
  store<Lanes>(list, x);
  for (int i = 0; i < Lanes; i++) list[i] = __builtin_sqrtf(list[i]);
  return load<Lanes>(list);
}

// e^x within 2 units in the last place for -87 <= x <= 88, and that of the nearer end beyond; NaN stays NaN.
// Range reduction to |r| <= ln(2) / 2 and the polynomial of degree 6: Moshier's Cephes, expf.
template <int Lanes>
HARNESS_INLINE Floats<Lanes> exponential(Floats<Lanes> x) {
  using F = Floats<Lanes>;
  using I = typename Vector<Lanes>::Int;
  const F given = x;
  x = x < -87.0f ? all<Lanes>(-87.0f) : x;
  x = x > 88.0f ? all<Lanes>(88.0f) : x;
  // Adding 1.5 * 2^23 rounds to a whole number n, which then stands in the low bits.
  const float shift = 12582912.0f;
  const F shifted = x * 1.44269504088896341f + shift;
  const F n = shifted - shift;
  const F r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  F p = all<Lanes>(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const F y = (p * r) * r + r + 1.0f;
  // Times 2^n, by the exponent's bits.
  I bits, exponent;
  std::memcpy(&bits, &y, sizeof(bits));
  std::memcpy(&exponent, &shifted, sizeof(exponent));
  bits += exponent << 23;
  F result;
  std::memcpy(&result, &bits, sizeof(result));
  return given == given ? result : given;
}

// 1 / (1 + e^-x)
template <int Lanes>
HARNESS_INLINE Floats<Lanes> sigmoid(const Floats<Lanes>& x) {
  return 1.0f / (1.0f + exponential<Lanes>(-x));
}

}  // namespace harness
