// Runs the arithmetic of group normalisation as compiled for each set of instructions that this processor has, on the same numbers, and prints how
// many bytes of the results differ from those of the set that every processor has, one line per set: `<set> <bytes> <bytes that differ>`.
#include "arithmetic.h"

#include <cstdio>
#include <random>

namespace harness {
namespace {

struct Results {
  std::vector<float> y, dx, mean, inverse;
  std::vector<double> dscale, dbias;
  std::vector<char> bytes() const {
    std::vector<char> all;
    const auto add = [&all](const auto& values) {
      const auto* from = reinterpret_cast<const char*>(values.data());
      all.insert(all.end(), from, from + values.size() * sizeof(values[0]));
    };
    add(y);
    add(dx);
    add(mean);
    add(inverse);
    add(dscale);
    add(dbias);
    return all;
  }
};

std::vector<char> run(const Arithmetic& arithmetic) {
  std::vector<char> all;
  // Channels in blocks of 16, of 4 and single ones; sums of whole parts and of what is left.
  for (const int64_t channels : {16, 44, 54}) {
    for (const int64_t positions : {1, 7, 64, 331}) {
      for (const bool swish : {false, true}) {
        std::mt19937 random(static_cast<unsigned>(channels * 1000 + positions));
        std::normal_distribution<float> normal(0.5f, 2.0f);
        const auto drawn = [&](int64_t size) {
          std::vector<float> values(size);
          for (float& value : values) value = normal(random);
          return values;
        };
        const int64_t size = channels * positions, width = 2;
        const auto x = drawn(size), dy = drawn(size), scale = drawn(channels), bias = drawn(channels);
        Results r;
        r.y.resize(size);
        r.dx.resize(size);
        r.mean.resize(channels / width);
        r.inverse.resize(channels / width);
        r.dscale.resize(channels);
        r.dbias.resize(channels);
        const Slice slice{positions, channels, channels, width, scale.data(), bias.data(), r.mean.data(), r.inverse.data()};
        arithmetic.normalise(slice, x.data(), r.y.data(), 1e-6f, swish);
        arithmetic.differentiate(slice, dy.data(), x.data(), r.dx.data(), r.dscale.data(), r.dbias.data(), swish);
        const auto bytes = r.bytes();
        all.insert(all.end(), bytes.begin(), bytes.end());
      }
    }
  }
  return all;
}

}  // namespace
}  // namespace harness

int main() {
  using namespace harness;
  const auto& runnable = runnable_arithmetic();
  const auto reference = run(runnable.back());
  for (const auto& arithmetic : runnable) {
    const auto got = run(arithmetic);
    size_t different = 0;
    for (size_t i = 0; i < reference.size(); i++) different += reference[i] != got[i];
    std::printf("%s %zu %zu\n", arithmetic.instructions, reference.size(), different);
  }
}
