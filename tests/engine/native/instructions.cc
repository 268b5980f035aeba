// Runs the kernels as compiled for each set of instructions that this processor has, on the same numbers, and prints how many bytes of the results
// differ from those of the set that every processor has, and a sum of them: `<kernel> <set> <bytes> <bytes that differ> <sum>`, a line each.
#include <cstdio>
#include <random>

#include "group-norm.h"
#include "tridiagonal.h"

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

std::vector<char> run(const MatrixLoops& loops) {
  std::vector<char> all;
  // Whole panels, items of work and vectors, and what is left of them.
  for (const int64_t d : {1, 5, 130, 301}) {
    std::mt19937 random(static_cast<unsigned>(d));
    std::normal_distribution<double> normal;
    std::vector<double> a(d * d), diagonal(d), below(d);
    for (double& value : a) value = normal(random);
    reduce_to_tridiagonal(a.data(), d, diagonal.data(), below.data(), loops);
    for (const auto* values : {&diagonal, &below}) {
      const auto* from = reinterpret_cast<const char*>(values->data());
      all.insert(all.end(), from, from + d * sizeof(double));
    }
  }
  return all;
}

template <class Sets>
void compare(const char* kernel, const Sets& runnable) {
  const auto reference = run(runnable.back());
  for (const auto& set : runnable) {
    const auto got = run(set);
    size_t different = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < reference.size(); i++) {
      different += reference[i] != got[i];
      sum = sum * 31 + static_cast<unsigned char>(got[i]);
    }
    std::printf("%s %s %zu %zu %llx\n", kernel, set.instructions, reference.size(), different, static_cast<unsigned long long>(sum));
  }
}

}  // namespace
}  // namespace harness

int main() {
  harness::compare("group-norm", harness::runnable_arithmetic());
  harness::compare("tridiagonal", harness::runnable_matrix_loops());
}
