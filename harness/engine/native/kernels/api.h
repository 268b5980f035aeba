// What is used of TensorFlow's C interface for kernels, as tensorflow/c/kernels.h declares it. That header includes parts of TensorFlow's C++
// that none of these functions needs, and whose headers the engine does not keep.
#pragma once

#include "tensorflow/c/c_api_macros.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

extern "C" {

typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;

TF_CAPI_EXPORT extern TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*),
                                                            void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
TF_CAPI_EXPORT extern void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* builder, TF_Status* status);

TF_CAPI_EXPORT extern void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction* construction, const char* name, float* value,
                                                                TF_Status* status);
TF_CAPI_EXPORT extern void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* construction, const char* name, unsigned char* value,
                                                               TF_Status* status);
TF_CAPI_EXPORT extern void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* construction, TF_Status* status);

TF_CAPI_EXPORT extern void TF_GetInput(TF_OpKernelContext* context, int index, TF_Tensor** tensor, TF_Status* status);
TF_CAPI_EXPORT extern TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType dtype, const int64_t* dims,
                                                   int dimensions, size_t bytes, TF_Status* status);
TF_CAPI_EXPORT extern TF_Tensor* TF_ForwardInputOrAllocateOutput(TF_OpKernelContext* context, const int* candidates, int candidate_count,
                                                                 int output, const int64_t* dims, int dimensions, int* forwarded,
                                                                 TF_Status* status);
TF_CAPI_EXPORT extern void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);

}  // extern "C"
