// ConsistencyRadam(parameters, gradient, first, second, scalars; decay1, share1, decay2, share2, epsilon) -> (parameters, first, second)
//   first <- decay1 first + share1 g, second <- decay2 second + share2 g^2, parameters <- parameters - first (a / (sqrt(second) q + epsilon) + b)
//   with scalars [a, q, b]; Liu et al. 2020 (RAdam), algorithm 2, as harness/train/update/optimizer.ts has it.
// ConsistencyAverage(average, parameters, share) -> average + (parameters - average) share
//
// float32, all of one shape but scalars [3] and share, which has one number. Threads share stretches of numbers; no number depends on another.
#include <cstdint>

#include "../kernel.h"
#include "../operations.h"
#include "../workers.h"
#include "update.h"

namespace harness {
namespace {

// Numbers that a thread takes at a time: some hundred kilobytes of every array.
constexpr int64_t stretch = 1 << 15;

void compute_radam(void* kernel, TF_OpKernelContext* context) {
  RadamNumbers numbers = *static_cast<const RadamNumbers*>(kernel);
  Call call(context);
  const Tensor parameters(call.input(0)), gradient(call.input(1)), first(call.input(2)), second(call.input(3)), scalars(call.input(4));
  if (!call.ok()) return;
  const auto shape = parameters.shape();
  if (!call.require(gradient.shape() == shape && first.shape() == shape && second.shape() == shape && scalars.count() == 3,
                    "RAdam: gradient and moments must have the shape of the parameters, and there are three scalars")) {
    return;
  }
  const Tensor new_parameters(call.output(0, shape)), new_first(call.output(1, shape)), new_second(call.output(2, shape));
  if (!call.ok()) return;
  numbers.adapted = scalars.values()[0];
  numbers.root = scalars.values()[1];
  numbers.plain = scalars.values()[2];
  const RadamArrays arrays{parameters.values(),     gradient.values(),  first.values(),     second.values(),
                           new_parameters.values(), new_first.values(), new_second.values()};
  const Radam radam = runnable_updates().front().radam;
  share_out_range(parameters.count(), stretch, [&](int64_t begin, int64_t end) { radam(numbers, arrays, begin, end); });
}

void compute_average(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Tensor before(call.input(0)), parameters(call.input(1)), share(call.input(2));
  if (!call.ok()) return;
  if (!call.require(parameters.shape() == before.shape() && share.count() == 1,
                    "moving average: parameters must have the shape of the average, and the share is one number")) {
    return;
  }
  const Tensor result(call.output(0, before.shape()));
  if (!call.ok()) return;
  const Average average = runnable_updates().front().average;
  share_out_range(before.count(), stretch, [&](int64_t begin, int64_t end) {
    average(before.values(), parameters.values(), share.values()[0], result.values(), begin, end);
  });
}

void* create_radam(TF_OpKernelConstruction* construction) {
  auto* numbers = new RadamNumbers();
  Status status;
  const auto read = [&](const char* name, float* value) {
    if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, name, value, status.get());
  };
  read("decay1", &numbers->decay1);
  read("share1", &numbers->share1);
  read("decay2", &numbers->decay2);
  read("share2", &numbers->share2);
  read("epsilon", &numbers->epsilon);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.get());
  return numbers;
}

void destroy_radam(void* kernel) { delete static_cast<RadamNumbers*>(kernel); }

void radam_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  for (const int output : {0, 1, 2}) {
    if (TF_GetCode(status) == TF_OK) copy_shape(context, 0, output, status);
  }
}

void average_shapes(TF_ShapeInferenceContext* context, TF_Status* status) { copy_shape(context, 0, 0, status); }

}  // namespace

bool register_update(napi_env env) {
  const Operation radam{"ConsistencyRadam",
                        {"parameters: float", "gradient: float", "first: float", "second: float", "scalars: float"},
                        {"new_parameters: float", "new_first: float", "new_second: float"},
                        {"decay1: float", "share1: float", "decay2: float", "share2: float", "epsilon: float"},
                        radam_shapes,
                        create_radam,
                        compute_radam,
                        destroy_radam};
  const Operation average{"ConsistencyAverage",
                          {"average: float", "parameters: float", "share: float"},
                          {"result: float"},
                          {},
                          average_shapes,
                          create_nothing,
                          compute_average,
                          destroy_nothing};
  return register_operation(env, radam) && register_operation(env, average);
}

}  // namespace harness
