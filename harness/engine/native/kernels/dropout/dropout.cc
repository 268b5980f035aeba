#include "dropout.h"

#include <algorithm>
#include <cstring>

#include "../lanes.h"
#include "../processor.h"

namespace harness {
namespace {

// Words of several counters side by side, each in the lower half of 64 bits.
template <int Counters>
struct Words {
  typedef uint64_t Type __attribute__((vector_size(Counters * sizeof(uint64_t))));
};
template <int Counters>
using WordsOf = typename Words<Counters>::Type;

// Products of the lower halves, of 64 bits. The compiler's operator would also multiply the upper ones, at three times the cost.
template <int Counters>
HARNESS_INLINE WordsOf<Counters> product(const WordsOf<Counters>& a, const WordsOf<Counters>& b) {
  WordsOf<Counters> result;
  if constexpr (Counters == 8) {
    __asm__("vpmuludq %2, %1, %0" : "=v"(result) : "v"(a), "v"(b));
  } else if constexpr (Counters == 4) {
    __asm__("vpmuludq %2, %1, %0" : "=x"(result) : "x"(a), "x"(b));
  } else {
    result = a;
    __asm__("pmuludq %1, %0" : "+x"(result) : "x"(b));
  }
  return result;
}

// Pairs of a and b in turn, of the lower counters and of the upper ones.
template <int Counters>
HARNESS_INLINE void interleave(const WordsOf<Counters>& a, const WordsOf<Counters>& b, WordsOf<Counters>* lower, WordsOf<Counters>* upper) {
  if constexpr (Counters == 8) {
    *lower = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    *upper = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  } else if constexpr (Counters == 4) {
    *lower = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    *upper = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  } else {
    *lower = __builtin_shufflevector(a, b, 0, 2);
    *upper = __builtin_shufflevector(a, b, 1, 3);
  }
}

// The words of `Counters` counters that follow each other, as random bits in the order of the counters: two halves of 2 `Counters` words.
template <int Counters>
HARNESS_INLINE void random_bits(const PhiloxStart& start, uint64_t block, WordsOf<Counters>* lower, WordsOf<Counters>* upper) {
  using W = WordsOf<Counters>;
  const W zero = {};
  const W low = zero + 0xffffffffull;
  // The counter has 128 bits; blocks are added to it with their carries.
  const uint64_t first = start.counter[0] | (static_cast<uint64_t>(start.counter[1]) << 32);
  const uint64_t second = start.counter[2] | (static_cast<uint64_t>(start.counter[3]) << 32);
  static const uint64_t places[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  W place;
  std::memcpy(&place, places, sizeof(W));
  const W sum = place + (first + block);
  // A comparison that holds is -1.
  const W carried = zero + second - (W)(sum < zero + first);
  W a = sum & low, b = sum >> 32, c = carried & low, d = carried >> 32;
  uint32_t key0 = start.key[0], key1 = start.key[1];
  for (int round = 0; round < 10; round++) {
    // Upper halves ride along in b and d: products and the mask below pass over them.
    const W of_a = product<Counters>(a, zero + 0xd2511f53ull), of_c = product<Counters>(c, zero + 0xcd9e8d57ull);
    a = (of_c >> 32) ^ b ^ static_cast<uint64_t>(key0);
    c = (of_a >> 32) ^ d ^ static_cast<uint64_t>(key1);
    b = of_c;
    d = of_a;
    key0 += 0x9e3779b9u;
    key1 += 0xbb67ae85u;
  }
  interleave<Counters>((a & low) | (b << 32), (c & low) | (d << 32), lower, upper);
}

// x scale or 0 x, by random bits: 23 of them as the mantissa of a number in [1, 2), of which 1 is taken.
template <int Numbers, class Bits>
HARNESS_INLINE void keep_or_drop(const float* x, float* y, Bits bits, float rate, float scale) {
  bits = (bits & 0x007fffff007fffffull) | 0x3f8000003f800000ull;
  Floats<Numbers> drawn;
  static_assert(sizeof(drawn) == sizeof(bits), "two numbers per word");
  std::memcpy(&drawn, &bits, sizeof(drawn));
  drawn -= 1.0f;
  const Floats<Numbers> factor = drawn >= rate ? all<Numbers>(scale) : all<Numbers>(0.0f);
  store<Numbers>(y, load<Numbers>(x) * factor);
}

template <int Counters>
HARNESS_INLINE void drop(const PhiloxStart& start, const float* x, float* y, int64_t count, int64_t first_block, int64_t end_block, float rate,
                         float scale) {
  for (int64_t block = first_block; block < end_block; block += Counters) {
    WordsOf<Counters> lower, upper;
    random_bits<Counters>(start, block, &lower, &upper);
    const int64_t at = 4 * block, left = std::min(count, 4 * end_block) - at;
    if (left >= 4 * Counters) {
      keep_or_drop<2 * Counters>(x + at, y + at, lower, rate, scale);
      keep_or_drop<2 * Counters>(x + at + 2 * Counters, y + at + 2 * Counters, upper, rate, scale);
    } else {
      float given[4 * Counters] = {}, result[4 * Counters];
      std::copy(x + at, x + at + left, given);
      keep_or_drop<2 * Counters>(given, result, lower, rate, scale);
      keep_or_drop<2 * Counters>(given + 2 * Counters, result + 2 * Counters, upper, rate, scale);
      std::copy(result, result + left, y + at);
    }
  }
}

// One function per set of instructions, into which all of the above is inlined.
#define HARNESS_DROP(name, counters, attributes)                                                                                        \
  attributes void drop_##name(const PhiloxStart& start, const float* x, float* y, int64_t count, int64_t first_block, int64_t end_block, \
                              float rate, float scale) {                                                                                \
    drop<counters>(start, x, y, count, first_block, end_block, rate, scale);                                                            \
  }
HARNESS_DROP(avx512, 8, __attribute__((target("avx512f"))))
HARNESS_DROP(avx2, 4, __attribute__((target("avx2"))))
HARNESS_DROP(baseline, 2, )

}  // namespace

const std::vector<Dropping>& runnable_dropping() {
  static const std::vector<Dropping> found =
      runnable_of<Dropping>({"avx512f", drop_avx512}, {"avx2", drop_avx2}, {"baseline", drop_baseline});
  return found;
}

}  // namespace harness
