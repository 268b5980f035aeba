// Threads that share the items of one piece of work. TensorFlow lends its own threads only to kernels compiled against its C++ headers, whose
// binary interface changes with every release; the C interface has none.
#pragma once

#include <cstdint>
#include <functional>

namespace harness {

// Calls work(0) .. work(items - 1), each once, on as many threads as TensorFlow uses inside an operation (TF_NUM_INTRAOP_THREADS, else one
// per processor that this process may use). While another call is served, the caller does all of its own alone. Every thread takes denormal
// numbers as the caller does, and no item may depend on another: the results are then the same for any number of threads.
void share_out(int64_t items, const std::function<void(int64_t)>& work);

}  // namespace harness
