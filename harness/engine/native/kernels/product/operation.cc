// ConsistencyProduct(a, b; transpose_a, transpose_b, lower) -> c
//   c = a b of float64 matrices, either of them transposed first where asked for
//
// With `lower` only what stands on the diagonal and below it is defined: of a product that is symmetric. Threads share blocks of c.
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "product.h"

namespace harness {
namespace {

struct Attributes {
  unsigned char transpose_a = 0, transpose_b = 0, lower = 0;
};

// The lines of a matrix that are summed along: its rows, or its columns.
Lines lines_of(const Tensor& matrix, bool columns) {
  const auto shape = matrix.shape();
  return columns ? Lines{matrix.values<double>(), shape[1], 1, shape[1]} : Lines{matrix.values<double>(), shape[0], shape[1], 1};
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const auto& attributes = *static_cast<const Attributes*>(kernel);
  Call call(context);
  const Tensor a(call.input(0)), b(call.input(1));
  if (!call.ok()) return;
  const auto left = a.shape(), right = b.shape();
  if (!call.require(left.size() == 2 && right.size() == 2, "product: both must be matrices")) return;
  const int64_t length = left[attributes.transpose_a ? 0 : 1];
  if (!call.require(length == right[attributes.transpose_b ? 1 : 0], "product: the matrices must agree in what is summed over")) return;
  const Lines rows = lines_of(a, attributes.transpose_a), columns = lines_of(b, !attributes.transpose_b);
  const Tensor c(call.output(0, {rows.count, columns.count}, TF_DOUBLE));
  if (!call.ok()) return;
  multiply(rows, columns, length, attributes.lower, c.values<double>(), runnable_products().front());
}

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  Status status;
  const auto read = [&](const char* name, unsigned char* value) {
    if (status.ok()) TF_OpKernelConstruction_GetAttrBool(construction, name, value, status.get());
  };
  read("transpose_a", &attributes->transpose_a);
  read("transpose_b", &attributes->transpose_b);
  read("lower", &attributes->lower);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  return attributes;
}

void destroy(void* kernel) { delete static_cast<Attributes*>(kernel); }

// Of the shape, only the number of axes is said: the metrics run it at once and never as part of a graph.
void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

}  // namespace

bool register_product(napi_env env) {
  return register_operation(env, {"ConsistencyProduct",
                                  {"a: double", "b: double"},
                                  {"c: double"},
                                  {"transpose_a: bool", "transpose_b: bool", "lower: bool"},
                                  shapes,
                                  create,
                                  compute,
                                  destroy});
}

}  // namespace harness
