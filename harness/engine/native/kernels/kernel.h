// What operations of this project share: what a kernel is given, shapes while a graph is built, registration with TensorFlow.
#pragma once

#include <cstdint>
#include <vector>

#include "../napi-values.h"
#include "api.h"
#include "tensorflow/c/ops.h"

namespace harness {

// An input or output of a kernel; freed with the object.
class Tensor {
 public:
  explicit Tensor(TF_Tensor* tensor) : tensor_(tensor) {}
  ~Tensor() {
    if (tensor_ != nullptr) TF_DeleteTensor(tensor_);
  }
  Tensor(const Tensor&) = delete;
  Tensor& operator=(const Tensor&) = delete;
  template <class Number = float>
  Number* values() const {
    return static_cast<Number*>(TF_TensorData(tensor_));
  }
  std::vector<int64_t> shape() const {
    std::vector<int64_t> dims(TF_NumDims(tensor_));
    for (size_t i = 0; i < dims.size(); i++) dims[i] = TF_Dim(tensor_, static_cast<int>(i));
    return dims;
  }
  int64_t count() const { return TF_TensorElementCount(tensor_); }

 private:
  TF_Tensor* tensor_;
};

// What a kernel is given. After the first refusal every answer is empty and `ok` is false.
class Call {
 public:
  explicit Call(TF_OpKernelContext* context) : context_(context) {}
  ~Call() {
    if (!status_.ok()) TF_OpKernelContext_Failure(context_, status_.get());
  }
  bool ok() const { return status_.ok(); }
  TF_Tensor* input(int index) {
    TF_Tensor* tensor = nullptr;
    if (ok()) TF_GetInput(context_, index, &tensor, status_.get());
    return tensor;
  }
  TF_Tensor* output(int index, const std::vector<int64_t>& dims, TF_DataType dtype = TF_FLOAT) {
    if (!ok()) return nullptr;
    size_t bytes = TF_DataTypeSize(dtype);
    for (const int64_t size : dims) bytes *= static_cast<size_t>(size);
    return TF_AllocateOutput(context_, index, dtype, dims.data(), static_cast<int>(dims.size()), bytes, status_.get());
  }
  // An output of the shape of an input, and in its place where nothing else reads it: to be asked for before that input.
  TF_Tensor* output_in_place_of(int index, int output) {
    std::vector<int64_t> dims;
    {
      // Held any longer, it would itself be another reader.
      const Tensor shaped(input(index));
      if (ok()) dims = shaped.shape();
    }
    if (!ok()) return nullptr;
    int forwarded = 0;
    return TF_ForwardInputOrAllocateOutput(context_, &index, 1, output, dims.data(), static_cast<int>(dims.size()), &forwarded, status_.get());
  }
  bool require(bool holds, const char* message) {
    if (ok() && !holds) TF_SetStatus(status_.get(), TF_INVALID_ARGUMENT, message);
    return ok();
  }

 private:
  TF_OpKernelContext* context_;
  Status status_;
};

// A shape while the graph is built; freed with the object.
struct Shape {
  TF_ShapeHandle* handle = TF_NewShapeHandle();
  ~Shape() { TF_DeleteShapeHandle(handle); }
};

inline void copy_shape(TF_ShapeInferenceContext* context, int input, int output, TF_Status* status) {
  const Shape shape;
  TF_ShapeInferenceContextGetInput(context, input, shape.handle, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, output, shape.handle, status);
}

// An operation and its kernel for processors.
struct Operation {
  const char* name;
  std::vector<const char*> inputs, outputs, attributes;
  void (*shapes)(TF_ShapeInferenceContext*, TF_Status*);
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};

// Of operations without attributes.
inline void* create_nothing(TF_OpKernelConstruction*) { return nullptr; }
inline void destroy_nothing(void*) {}

// Throws into JavaScript what TensorFlow refuses.
inline bool register_operation(napi_env env, const Operation& operation) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(operation.name);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  for (const char* attribute : operation.attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, operation.shapes);
  Status status;
  TF_RegisterOpDefinition(definition, status.get());
  if (!status.ok_or_throw(env, operation.name)) return false;
  TF_KernelBuilder* kernel = TF_NewKernelBuilder(operation.name, "CPU", operation.create, operation.compute, operation.destroy);
  TF_RegisterKernelBuilder(operation.name, kernel, status.get());
  return status.ok_or_throw(env, operation.name);
}

}  // namespace harness
