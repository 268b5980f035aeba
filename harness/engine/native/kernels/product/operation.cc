// ConsistencyProduct(a, b; lower) -> c
//   c = a bᵀ
//
// a float64[m,k], b float64[n,k]; c float64[m,n]. With `lower` only what stands on the diagonal and below it is defined: of a product that is symmetric.
// Threads share blocks of c.
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "product.h"

namespace harness {
namespace {

void compute(void* kernel, TF_OpKernelContext* context) {
  const bool lower = *static_cast<const unsigned char*>(kernel) != 0;
  Call call(context);
  const Tensor a(call.input(0)), b(call.input(1));
  if (!call.ok()) return;
  const auto left = a.shape(), right = b.shape();
  if (!call.require(left.size() == 2 && right.size() == 2 && left[1] == right[1], "product: both must be matrices with rows of one length")) return;
  const Tensor c(call.output(0, {left[0], right[0]}, TF_DOUBLE));
  if (!call.ok()) return;
  multiply(a.values<double>(), left[0], b.values<double>(), right[0], left[1], lower, c.values<double>(), runnable_products().front());
}

void* create(TF_OpKernelConstruction* construction) {
  auto* lower = new unsigned char(0);
  Status status;
  TF_OpKernelConstruction_GetAttrBool(construction, "lower", lower, status.get());
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  return lower;
}

void destroy(void* kernel) { delete static_cast<unsigned char*>(kernel); }

// Nothing is said of the shape: the metrics run it at once and never as part of a graph.
void shapes(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

}  // namespace

bool register_product(napi_env env) {
  return register_operation(
      env, {"ConsistencyProduct", {"a: double", "b: double"}, {"c: double"}, {"lower: bool"}, shapes, create, compute, destroy});
}

}  // namespace harness
