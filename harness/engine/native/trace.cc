// Building TensorFlow functions from JavaScript: operations are added to one TF_Graph, which becomes a function that
// the eager context runs like any other operation.
//
// C API used: TF_NewSession, TF_SessionRun (a graph with the times of its operations), TF_NewGraph, TF_NewOperation .. TF_FinishOperation (nodes), TF_GraphGetTensorShape (static shape inference),
// TF_GraphGetOpDef (the attributes an operation has), TF_ImportGraphDef (frozen graphs), TF_GraphToFunctionWithControlOutputs
// (graph to function), TFE_ContextAddFunction / TFE_ContextRemoveFunction (registration).
//
// Symbolic tensors have the ids -2, -3, ...: the binding's own ids are >= 0, and TensorFlow.js ignores negative ids when it
// disposes of tensors.
#include "trace.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "backend-access.h"
#include "napi-values.h"
#include "tensorflow/c/c_api.h"
#include "tensorflow/c/eager/c_api.h"

namespace harness {
namespace {

// One trace at a time: compiled functions do not nest.
struct Trace {
  TF_Graph* graph = nullptr;
  std::vector<TF_Output> outputs;
  int nodes = 0;
};
Trace trace;

bool is_symbolic(int64_t id) { return id <= -2 && static_cast<size_t>(-2 - id) < trace.outputs.size(); }
TF_Output output_of(int64_t id) { return trace.outputs[-2 - id]; }
int64_t remember(TF_Output output) {
  trace.outputs.push_back(output);
  return -1 - static_cast<int64_t>(trace.outputs.size());
}

bool tracing(napi_env env) { return trace.graph != nullptr || throw_error(env, "trace: no trace is active"); }

void drop_graph() {
  if (trace.graph != nullptr) TF_DeleteGraph(trace.graph);
  trace = Trace();
}

std::string unique_name(const std::string& op) { return op + "_" + std::to_string(trace.nodes++); }

uint64_t read_varint(const uint8_t*& at) {
  uint64_t value = 0;
  int shift = 0;
  while (*at & 0x80) {
    value |= static_cast<uint64_t>(*at++ & 0x7f) << shift;
    shift += 7;
  }
  return value | static_cast<uint64_t>(*at++) << shift;
}

// The attribute names of an operation, read from its OpDef (field 4 `attr`, whose field 1 is `name`). Eager execution ignores
// attributes that an operation does not have, a graph refuses them: TensorFlow.js passes some of those.
const std::set<std::string>* attributes_of(napi_env env, const std::string& op) {
  static std::map<std::string, std::set<std::string>> known;
  const auto found = known.find(op);
  if (found != known.end()) return &found->second;
  Status status;
  TF_Buffer* definition = TF_NewBuffer();
  TF_GraphGetOpDef(trace.graph, op.c_str(), definition, status.get());
  if (!status.ok_or_throw(env, op)) {
    TF_DeleteBuffer(definition);
    return nullptr;
  }
  std::set<std::string> names;
  const uint8_t* at = static_cast<const uint8_t*>(definition->data);
  const uint8_t* end = at + definition->length;
  while (at < end) {
    const uint64_t tag = read_varint(at);
    if ((tag & 7) == 0) {
      read_varint(at);
      continue;
    }
    const uint64_t length = read_varint(at);
    const uint8_t* field = at;
    at += length;
    if (tag >> 3 == 4 && field < at && *field == 0x0a) {
      field++;
      const uint64_t size = read_varint(field);
      names.emplace(reinterpret_cast<const char*>(field), size);
    }
  }
  TF_DeleteBuffer(definition);
  return &known.emplace(op, std::move(names)).first->second;
}

// Sets one attribute {name, type, value} of TensorFlow.js on a node; `value` is a scalar or a list.
bool set_attribute(napi_env env, TF_OperationDescription* node, napi_value attribute) {
  const std::string name = to_string(env, property(env, attribute, "name"));
  const int64_t type = to_int(env, property(env, attribute, "type"));
  napi_value value = property(env, attribute, "value");
  const bool list = is_array(env, value);
  switch (type) {
    case TF_ATTR_STRING:
      if (list) {
        const auto texts = to_vector(env, value, to_string);
        std::vector<const void*> starts;
        std::vector<size_t> lengths;
        for (const auto& text : texts) {
          starts.push_back(text.data());
          lengths.push_back(text.size());
        }
        TF_SetAttrStringList(node, name.c_str(), starts.data(), lengths.data(), texts.size());
      } else {
        const std::string text = to_string(env, value);
        TF_SetAttrString(node, name.c_str(), text.data(), text.size());
      }
      return true;
    case TF_ATTR_INT:
      if (list) {
        const auto numbers = to_vector(env, value, to_int);
        TF_SetAttrIntList(node, name.c_str(), numbers.data(), numbers.size());
      } else {
        TF_SetAttrInt(node, name.c_str(), to_int(env, value));
      }
      return true;
    case TF_ATTR_FLOAT:
      if (list) {
        const auto numbers = to_vector(env, value, to_double);
        const std::vector<float> narrow(numbers.begin(), numbers.end());
        TF_SetAttrFloatList(node, name.c_str(), narrow.data(), narrow.size());
      } else {
        TF_SetAttrFloat(node, name.c_str(), static_cast<float>(to_double(env, value)));
      }
      return true;
    case TF_ATTR_BOOL:
      TF_SetAttrBool(node, name.c_str(), to_bool(env, value));
      return true;
    case TF_ATTR_TYPE:
      if (list) {
        std::vector<TF_DataType> types;
        for (const int64_t number : to_vector(env, value, to_int)) types.push_back(static_cast<TF_DataType>(number));
        TF_SetAttrTypeList(node, name.c_str(), types.data(), types.size());
      } else {
        TF_SetAttrType(node, name.c_str(), static_cast<TF_DataType>(to_int(env, value)));
      }
      return true;
    case TF_ATTR_SHAPE: {
      const auto dims = to_vector(env, value, to_int);
      TF_SetAttrShape(node, name.c_str(), dims.data(), static_cast<int>(dims.size()));
      return true;
    }
    default:
      return throw_error(env, "trace: attribute \"" + name + "\" has a type that cannot be traced");
  }
}

// Describes a graph output with its inferred shape. Resources have none; everything else must have a fully static one.
napi_value describe_output(napi_env env, TF_Output output, const std::string& op) {
  Status status;
  const int rank = TF_GraphGetTensorNumDims(trace.graph, output, status.get());
  std::vector<int64_t> dims(std::max(rank, 0));
  if (rank > 0) TF_GraphGetTensorShape(trace.graph, output, dims.data(), rank, status.get());
  if (!status.ok_or_throw(env, op)) return nullptr;
  const TF_DataType dtype = TF_OperationOutputType(output);
  const bool unknown = rank < 0 || std::any_of(dims.begin(), dims.end(), [](int64_t size) { return size < 0; });
  if (unknown && dtype != TF_RESOURCE) {
    throw_error(env, "trace: the shape of the output of " + op + " depends on data, so it cannot be compiled");
    return nullptr;
  }
  return describe_tensor(env, remember(output), dims, dtype);
}

napi_value begin_trace(napi_env env, napi_callback_info) {
  if (trace.graph != nullptr) {
    throw_error(env, "trace: a trace is already active");
    return nullptr;
  }
  trace.graph = TF_NewGraph();
  return nullptr;
}

napi_value abort_trace(napi_env, napi_callback_info) {
  drop_graph();
  return nullptr;
}

// tracePlaceholder(dtype, shape)
napi_value trace_placeholder(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  if (!tracing(env)) return nullptr;
  const auto dims = to_vector(env, arguments[1], to_int);
  TF_OperationDescription* node = TF_NewOperation(trace.graph, "Placeholder", unique_name("argument").c_str());
  TF_SetAttrType(node, "dtype", static_cast<TF_DataType>(to_int(env, arguments[0])));
  TF_SetAttrShape(node, "shape", dims.data(), static_cast<int>(dims.size()));
  Status status;
  TF_Operation* operation = TF_FinishOperation(node, status.get());
  return status.ok_or_throw(env, "Placeholder") ? describe_output(env, {operation, 0}, "Placeholder") : nullptr;
}

// traceConst(id): a constant with the value of an ordinary tensor
napi_value trace_const(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  if (!tracing(env)) return nullptr;
  TFE_TensorHandle* handle = handle_of(env, to_int(env, arguments[0]));
  if (handle == nullptr) return nullptr;
  Status status;
  TF_Tensor* tensor = TFE_TensorHandleResolve(handle, status.get());
  if (!status.ok_or_throw(env, "Const")) return nullptr;
  TF_OperationDescription* node = TF_NewOperation(trace.graph, "Const", unique_name("constant").c_str());
  TF_SetAttrTensor(node, "value", tensor, status.get());
  TF_SetAttrType(node, "dtype", TFE_TensorHandleDataType(handle));
  TF_Operation* operation = TF_FinishOperation(node, status.get());
  TF_DeleteTensor(tensor);
  return status.ok_or_throw(env, "Const") ? describe_output(env, {operation, 0}, "Const") : nullptr;
}

// traceOp(name, attributes, inputs, {device?, control?, shape?, place?}) -> [{id, shape, dtype}]
// An input is an id, or an array of ids for a list input. `control`: ids whose nodes run first. `shape`: the static shape of the
// only output, where inference cannot know it (reading a resource). `place`: what the node's name begins with.
napi_value trace_op(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  if (!tracing(env)) return nullptr;
  const std::string op = to_string(env, arguments[0]);
  const std::set<std::string>* attributes = attributes_of(env, op);
  if (attributes == nullptr) return nullptr;

  // Everything is checked before the node is begun: the C API has no way to abandon a node.
  uint32_t input_count = 0;
  napi_get_array_length(env, arguments[2], &input_count);
  std::vector<std::vector<int64_t>> inputs;
  std::vector<bool> lists;
  for (uint32_t i = 0; i < input_count; i++) {
    napi_value input = nullptr;
    napi_get_element(env, arguments[2], i, &input);
    lists.push_back(is_array(env, input));
    inputs.push_back(lists.back() ? to_vector(env, input, to_int) : std::vector<int64_t>{to_int(env, input)});
    for (const int64_t id : inputs.back()) {
      if (!is_symbolic(id)) {
        throw_error(env, "trace: an input of " + op + " is not part of this trace");
        return nullptr;
      }
    }
  }

  napi_value options = is_absent(env, arguments[3]) ? nullptr : arguments[3];
  napi_value place = options == nullptr ? nullptr : property(env, options, "place");
  const std::string prefix = is_absent(env, place) ? "" : to_string(env, place) + "/";
  TF_OperationDescription* node = TF_NewOperation(trace.graph, op.c_str(), (prefix + unique_name(op)).c_str());
  for (size_t i = 0; i < inputs.size(); i++) {
    std::vector<TF_Output> sources;
    for (const int64_t id : inputs[i]) sources.push_back(output_of(id));
    if (lists[i]) {
      TF_AddInputList(node, sources.data(), static_cast<int>(sources.size()));
    } else {
      TF_AddInput(node, sources[0]);
    }
  }
  if (options != nullptr) {
    napi_value device = property(env, options, "device");
    if (!is_absent(env, device)) TF_SetDevice(node, to_string(env, device).c_str());
    napi_value control = property(env, options, "control");
    if (!is_absent(env, control)) {
      for (const int64_t id : to_vector(env, control, to_int)) TF_AddControlInput(node, output_of(id).oper);
    }
  }
  uint32_t attribute_count = 0;
  napi_get_array_length(env, arguments[1], &attribute_count);
  for (uint32_t i = 0; i < attribute_count; i++) {
    napi_value attribute = nullptr;
    napi_get_element(env, arguments[1], i, &attribute);
    if (attributes->count(to_string(env, property(env, attribute, "name"))) > 0) set_attribute(env, node, attribute);
  }
  Status status;
  TF_Operation* operation = TF_FinishOperation(node, status.get());
  if (exception_pending(env) || !status.ok_or_throw(env, op)) return nullptr;

  napi_value result = nullptr;
  napi_create_array(env, &result);
  const int output_count = TF_OperationNumOutputs(operation);
  if (output_count == 0) {
    // Nothing to read, but others can be made to wait for it.
    napi_set_element(env, result, 0, describe_tensor(env, remember({operation, 0}), {}, 0));
    return result;
  }
  if (options != nullptr && output_count == 1) {
    napi_value shape = property(env, options, "shape");
    if (!is_absent(env, shape)) {
      const auto dims = to_vector(env, shape, to_int);
      TF_GraphSetTensorShape(trace.graph, {operation, 0}, dims.data(), static_cast<int>(dims.size()), status.get());
      if (!status.ok_or_throw(env, op)) return nullptr;
    }
  }
  for (int i = 0; i < output_count; i++) {
    napi_value output = describe_output(env, {operation, i}, op);
    if (output == nullptr) return nullptr;
    napi_set_element(env, result, i, output);
  }
  return result;
}

// traceGraphDef(bytes, replaced, ids, wanted) -> [{id, shape, dtype}]
// Imports a frozen graph, with the tensors named in `replaced` ("node:0") taken from the trace, and returns the tensors named in
// `wanted`. The graph keeps the semantics of its own producer version while it is imported.
napi_value trace_graph_def(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  if (!tracing(env)) return nullptr;
  const uint8_t* bytes = nullptr;
  size_t length = 0;
  if (!to_bytes(env, arguments[0], &bytes, &length)) return nullptr;
  const auto split = [](const std::string& name) {
    const size_t colon = name.rfind(':');
    return std::make_pair(name.substr(0, colon), colon == std::string::npos ? 0 : std::stoi(name.substr(colon + 1)));
  };
  const auto replaced = to_vector(env, arguments[1], to_string);
  const auto ids = to_vector(env, arguments[2], to_int);
  const auto wanted = to_vector(env, arguments[3], to_string);
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_ImportGraphDefOptionsSetPrefix(options, unique_name("imported").c_str());
  for (size_t i = 0; i < replaced.size(); i++) {
    const auto [node, index] = split(replaced[i]);
    TF_ImportGraphDefOptionsAddInputMapping(options, node.c_str(), index, output_of(ids[i]));
  }
  for (const auto& name : wanted) {
    const auto [node, index] = split(name);
    TF_ImportGraphDefOptionsAddReturnOutput(options, node.c_str(), index);
  }
  Status status;
  TF_Buffer* graph = TF_NewBufferFromString(bytes, length);
  TF_ImportGraphDefResults* results = TF_GraphImportGraphDefWithResults(trace.graph, graph, options, status.get());
  TF_DeleteBuffer(graph);
  TF_DeleteImportGraphDefOptions(options);
  if (!status.ok_or_throw(env, "the imported graph")) return nullptr;
  int count = 0;
  TF_Output* outputs = nullptr;
  TF_ImportGraphDefResultsReturnOutputs(results, &count, &outputs);
  napi_value result = nullptr;
  napi_create_array(env, &result);
  for (int i = 0; i < count; i++) {
    napi_value output = describe_output(env, outputs[i], wanted[i]);
    if (output == nullptr) break;
    napi_set_element(env, result, i, output);
  }
  TF_DeleteImportGraphDefResults(results);
  return exception_pending(env) ? nullptr : result;
}

// endTrace(name, inputs, outputs, control) -> number of nodes; the function can then be run by executeOp(name, ...).
napi_value end_trace(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  if (!tracing(env)) return nullptr;
  const std::string name = to_string(env, arguments[0]);
  std::vector<TF_Output> inputs;
  std::vector<TF_Output> outputs;
  std::vector<const TF_Operation*> control;
  for (const int64_t id : to_vector(env, arguments[1], to_int)) inputs.push_back(output_of(id));
  for (const int64_t id : to_vector(env, arguments[2], to_int)) outputs.push_back(output_of(id));
  for (const int64_t id : to_vector(env, arguments[3], to_int)) control.push_back(output_of(id).oper);
  Status status;
  TF_Function* function = TF_GraphToFunctionWithControlOutputs(
      trace.graph, name.c_str(), 0, -1, nullptr, static_cast<int>(inputs.size()), inputs.data(), static_cast<int>(outputs.size()),
      outputs.data(), nullptr, static_cast<int>(control.size()), control.data(), nullptr, nullptr, nullptr, status.get());
  if (status.ok_or_throw(env, name)) {
    TFE_ContextAddFunction(context_of(env), function, status.get());
    status.ok_or_throw(env, name);
  }
  if (function != nullptr) TF_DeleteFunction(function);
  const int nodes = trace.nodes;
  drop_graph();
  return exception_pending(env) ? nullptr : from_int(env, nodes);
}

// The bytes of a ConfigProto: intra_op_parallelism_threads (2), inter_op_parallelism_threads (5), and, as functions have it, no Grappler:
// graph_options (10), rewrite_options (10), disable_meta_optimizer (19).
std::vector<uint8_t> session_config(int64_t threads) {
  const auto narrow = static_cast<uint8_t>(std::min<int64_t>(threads, 127));
  return {0x10, narrow, 0x28, narrow, 0x52, 0x05, 0x52, 0x03, 0x98, 0x01, 0x01};
}

// runTrace(inputs, handles, outputs, threads, runs) -> [Uint8Array]
// Ends the trace: its graph runs in a session of its own, with the values of `handles` for `inputs`. Returns TensorFlow's RunMetadata of
// each run, in which every operation has its times. No function is made.
napi_value run_trace(napi_env env, napi_callback_info info) {
  const Arguments<5> arguments(env, info);
  if (!tracing(env)) return nullptr;
  std::vector<TF_Output> inputs;
  std::vector<TF_Output> outputs;
  std::vector<TF_Tensor*> values;
  for (const int64_t id : to_vector(env, arguments[0], to_int)) inputs.push_back(output_of(id));
  for (const int64_t id : to_vector(env, arguments[2], to_int)) outputs.push_back(output_of(id));
  Status status;
  for (const int64_t id : to_vector(env, arguments[1], to_int)) {
    TFE_TensorHandle* handle = handle_of(env, id);
    if (handle == nullptr) break;
    values.push_back(TFE_TensorHandleResolve(handle, status.get()));
    if (!status.ok_or_throw(env, "runTrace")) break;
  }
  napi_value result = nullptr;
  napi_create_array(env, &result);
  TF_Session* session = nullptr;
  if (!exception_pending(env)) {
    TF_SessionOptions* options = TF_NewSessionOptions();
    const std::vector<uint8_t> config = session_config(to_int(env, arguments[3]));
    TF_SetConfig(options, config.data(), config.size(), status.get());
    session = TF_NewSession(trace.graph, options, status.get());
    TF_DeleteSessionOptions(options);
    status.ok_or_throw(env, "runTrace");
  }
  // RunOptions: trace_level (1) is FULL_TRACE (3).
  const uint8_t full_trace[] = {0x08, 0x03};
  TF_Buffer* wanted = TF_NewBufferFromString(full_trace, sizeof(full_trace));
  const int64_t runs = to_int(env, arguments[4]);
  for (int64_t run = 0; run < runs && !exception_pending(env); run++) {
    TF_Buffer* metadata = TF_NewBuffer();
    std::vector<TF_Tensor*> results(outputs.size(), nullptr);
    TF_SessionRun(session, wanted, inputs.data(), values.data(), static_cast<int>(inputs.size()), outputs.data(), results.data(),
                  static_cast<int>(outputs.size()), nullptr, 0, metadata, status.get());
    if (status.ok_or_throw(env, "runTrace")) {
      napi_set_element(env, result, static_cast<uint32_t>(run), from_bytes(env, metadata->data, metadata->length));
    }
    for (TF_Tensor* tensor : results) TF_DeleteTensor(tensor);
    TF_DeleteBuffer(metadata);
  }
  TF_DeleteBuffer(wanted);
  if (session != nullptr) {
    Status closing;
    TF_CloseSession(session, closing.get());
    TF_DeleteSession(session, closing.get());
  }
  for (TF_Tensor* tensor : values) TF_DeleteTensor(tensor);
  drop_graph();
  return exception_pending(env) ? nullptr : result;
}

// removeFunction(name)
napi_value remove_function(napi_env env, napi_callback_info info) {
  const Arguments<1> arguments(env, info);
  const std::string name = to_string(env, arguments[0]);
  Status status;
  TFE_ContextRemoveFunction(context_of(env), name.c_str(), status.get());
  status.ok_or_throw(env, name);
  return nullptr;
}

}  // namespace

std::vector<napi_property_descriptor> trace_exports() {
  const auto method = [](const char* name, napi_callback callback) {
    return napi_property_descriptor{name, nullptr, callback, nullptr, nullptr, nullptr, napi_default, nullptr};
  };
  return {
      method("beginTrace", begin_trace),
      method("abortTrace", abort_trace),
      method("tracePlaceholder", trace_placeholder),
      method("traceConst", trace_const),
      method("traceOp", trace_op),
      method("traceGraphDef", trace_graph_def),
      method("endTrace", end_trace),
      method("runTrace", run_trace),
      method("removeFunction", remove_function),
  };
}

}  // namespace harness
