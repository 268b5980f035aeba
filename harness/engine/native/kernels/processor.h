// Which sets of instructions this processor has.
#pragma once

#include <cpuid.h>

#include <vector>

namespace harness {

struct Processor {
  // With FMA, which no processor lacks that has AVX2.
  bool avx2 = false;
  bool avx512f = false;
};

// By the processor's own word, since the runtime of zig's compiler answers no to every __builtin_cpu_supports.
// Intel, "Software Developer's Manual", volume 1, sections 14.3, 14.7.1 and 15.2.
inline Processor this_processor() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  const unsigned saves_registers = 1u << 27;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & saves_registers) == 0) return {};
  const bool fused = (c & (1u << 12)) != 0;
  unsigned kept = 0, above = 0;
  __asm__("xgetbv" : "=a"(kept), "=d"(above) : "c"(0));
  // What the system saves of the registers: those of 128 and 256 bits; masks and those of 512 bits, too.
  const bool wide = (kept & 0x06) == 0x06, widest = (kept & 0xe6) == 0xe6;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return {};
  return {wide && fused && (b & (1u << 5)) != 0, widest && (b & (1u << 16)) != 0};
}

// Those of the same functions, compiled for different sets of instructions, that this processor can run, the widest first.
template <class Functions>
std::vector<Functions> runnable_of(const Functions& avx512, const Functions& avx2, const Functions& baseline) {
  const Processor processor = this_processor();
  std::vector<Functions> found;
  if (processor.avx512f) found.push_back(avx512);
  if (processor.avx2) found.push_back(avx2);
  found.push_back(baseline);
  return found;
}

}  // namespace harness
