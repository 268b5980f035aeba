// ConsistencyMapAxes(x, matrix) -> y
//   y[b][p][q][c] = sum over h and w of matrix[p][h] matrix[q][w] x[b][h][w][c]
//
// x float32[B,N,N,C], matrix float32[M,N]; y float32[B,M,M,C]. Threads share images and channels.
#include <algorithm>
#include <cstdint>
#include <vector>

#include "../kernel.h"
#include "../operations.h"
#include "../workers.h"
#include "map-axes.h"

namespace harness {
namespace {

// Of a pixel, so many channels are four lines of the cache; the image between both axes then stays in it.
constexpr int64_t channels_of_item = 64;

void compute(void*, TF_OpKernelContext* context) {
  Call call(context);
  const Tensor x(call.input(0)), matrix(call.input(1));
  if (!call.ok()) return;
  const auto image = x.shape(), sizes = matrix.shape();
  if (!call.require(image.size() == 4 && sizes.size() == 2, "map axes: x must have four axes and the matrix two") ||
      !call.require(image[1] == sizes[1] && image[2] == sizes[1], "map axes: height and width of x must be the columns of the matrix")) {
    return;
  }
  const int64_t channels = image[3], outputs = sizes[0], inputs = sizes[1];
  const Tensor y(call.output(0, {image[0], outputs, outputs, channels}));
  if (!call.ok()) return;
  const AxisMap map = bands_of(matrix.values(), outputs, inputs);
  const MapAxes map_axes = runnable_axis_maps().front().map;
  const int64_t items = (channels + channels_of_item - 1) / channels_of_item;
  share_out(image[0] * items, [&](int64_t item) {
    const int64_t b = item / items, begin = item % items * channels_of_item, end = std::min(channels, begin + channels_of_item);
    // Kept by its thread: an allocation of this size would be new pages each time.
    thread_local std::vector<float> between;
    between.resize(std::max<size_t>(between.size(), outputs * inputs * (end - begin)));
    map_axes(map, x.values() + b * inputs * inputs * channels, channels, begin, end, between.data(), y.values() + b * outputs * outputs * channels);
  });
}

void shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  const Shape x, matrix, images, rows, channels, sides, image, y;
  const auto ok = [status] { return TF_GetCode(status) == TF_OK; };
  TF_ShapeInferenceContextGetInput(context, 0, x.handle, status);
  if (ok()) TF_ShapeInferenceContextGetInput(context, 1, matrix.handle, status);
  if (ok()) TF_ShapeInferenceContextSubshape(context, x.handle, 0, 1, images.handle, status);
  if (ok()) TF_ShapeInferenceContextSubshape(context, x.handle, 3, 4, channels.handle, status);
  if (ok()) TF_ShapeInferenceContextSubshape(context, matrix.handle, 0, 1, rows.handle, status);
  if (ok()) TF_ShapeInferenceContextConcatenateShapes(context, rows.handle, rows.handle, sides.handle, status);
  if (ok()) TF_ShapeInferenceContextConcatenateShapes(context, images.handle, sides.handle, image.handle, status);
  if (ok()) TF_ShapeInferenceContextConcatenateShapes(context, image.handle, channels.handle, y.handle, status);
  if (ok()) TF_ShapeInferenceContextSetOutput(context, 0, y.handle, status);
}

}  // namespace

bool register_map_axes(napi_env env) {
  return register_operation(env, {"ConsistencyMapAxes", {"x: float", "matrix: float"}, {"y: float"}, {}, shapes, create_nothing, compute, destroy_nothing});
}

}  // namespace harness
