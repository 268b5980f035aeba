// Runs the kernels as compiled for each set of instructions that this processor has, on the same numbers, and prints how many bytes of the results
// differ from those of the set that every processor has, and a sum of them: `<kernel> <set> <bytes> <bytes that differ> <sum>`, a line each.
#include <array>
#include <cstdio>
#include <random>

#include "column-sum/column-sum.h"
#include "dropout/dropout.h"
#include "group-norm/group-norm.h"
#include "product/product.h"
#include "sum/sum.h"
#include "tridiagonal/tridiagonal.h"
#include "update/update.h"

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

std::vector<float> drawn(int64_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(size);
  for (float& value : values) value = normal(random);
  return values;
}

void add_bytes(std::vector<char>* all, const std::vector<float>& values) {
  const auto* from = reinterpret_cast<const char*>(values.data());
  all->insert(all->end(), from, from + values.size() * sizeof(float));
}

// Whole vectors, four numbers at a time and single ones.
const int64_t lengths[] = {1, 4, 31, 2000};

std::vector<char> run(const Updates& updates) {
  std::vector<char> all;
  for (const int64_t size : lengths) {
    const auto parameters = drawn(size, 1), gradient = drawn(size, 2), first = drawn(size, 3);
    std::vector<float> second = drawn(size, 4), next(size), m(size), v(size), average(size);
    for (float& value : second) value *= value;
    const RadamNumbers numbers{0.9f, 0.1f, 0.995f, 0.005f, 1e-8f, 1e-3f, 0.7f, 1e-5f};
    updates.radam(numbers, {parameters.data(), gradient.data(), first.data(), second.data(), next.data(), m.data(), v.data()}, 0, size);
    updates.average(parameters.data(), next.data(), 0.01f, average.data(), 0, size);
    for (const auto* values : {&next, &m, &v, &average}) add_bytes(&all, *values);
  }
  return all;
}

std::vector<char> run(const Dropping& dropping) {
  std::vector<char> all;
  for (const int64_t size : lengths) {
    const auto x = drawn(size, 5);
    std::vector<float> y(size);
    // The lowest words of the counter overflow on the way.
    dropping.drop({{7, 9}, {0xfffffff0u, 0xffffffffu, 3, 4}}, x.data(), y.data(), size, 0, (size + 3) / 4, 0.3f, 1 / 0.7f);
    add_bytes(&all, y);
  }
  return all;
}

std::vector<char> run(const Sums& sums) {
  std::vector<char> all;
  for (const int64_t channels : lengths) {
    const auto x = drawn(4 * channels, 6), bias = drawn(channels, 7), other = drawn(2 * channels, 8);
    std::vector<float> y(4 * channels);
    sums.sum({channels, 2, x.data(), bias.data(), other.data(), y.data()}, 0.7f, 0, 4);
    add_bytes(&all, y);
  }
  return all;
}

std::vector<char> run(const ColumnSums& sums) {
  std::vector<char> all;
  for (const int64_t rows : {1, 15, 16, 18, 331}) {
    for (const int64_t columns : {16, 64, 80, 144}) {
      const auto x = drawn(rows * columns, 9);
      std::vector<float> got(columns);
      sums.sum(x.data(), rows, columns, 0, columns, got.data());
      add_bytes(&all, got);
    }
  }
  return all;
}

std::vector<char> run(const Products& products) {
  std::vector<char> all;
  std::mt19937 random(12);
  std::normal_distribution<double> normal;
  // Several blocks of each side and several stretches of rows, none of them whole.
  for (const auto& [m, n, length] : {std::array<int64_t, 3>{101, 197, 300}, {3, 2, 1}, {40, 40, 128}}) {
    std::vector<double> a(m * length), b(n * length), c(m * n);
    for (auto* values : {&a, &b}) {
      for (double& value : *values) value = normal(random);
    }
    multiply(a.data(), m, b.data(), n, length, false, c.data(), products);
    const auto* from = reinterpret_cast<const char*>(c.data());
    all.insert(all.end(), from, from + c.size() * sizeof(double));
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
  harness::compare("update", harness::runnable_updates());
  harness::compare("dropout", harness::runnable_dropping());
  harness::compare("sum", harness::runnable_sums());
  harness::compare("column-sum", harness::runnable_column_sums());
  harness::compare("product", harness::runnable_products());
}
