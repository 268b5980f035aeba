// The functions that build TensorFlow functions from JavaScript.
#pragma once

#include <node_api.h>

#include <vector>

namespace harness {

std::vector<napi_property_descriptor> trace_exports();

}  // namespace harness
