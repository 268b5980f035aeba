// TensorFlow's collective runtime: joining a group of processes, watching the others, ending a collective that would wait for ever.
#pragma once

#include <node_api.h>

#include <vector>

namespace harness {

// The functions of collective.cc as properties of the addon.
std::vector<napi_property_descriptor> collective_exports();

}  // namespace harness
