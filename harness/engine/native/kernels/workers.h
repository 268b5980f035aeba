// Threads that share the items of one piece of work. TensorFlow lends its own threads only to kernels compiled against its C++ headers, whose
// binary interface changes with every release; the C interface has none.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace harness {

// Calls work(0) .. work(items - 1), each once, on as many threads as TensorFlow uses inside an operation (TF_NUM_INTRAOP_THREADS, else one
// per processor that this process may use). While another call is served, the caller does all of its own alone. Every thread takes denormal
// numbers as the caller does, and no item may depend on another: the results are then the same for any number of threads.
void share_out(int64_t items, const std::function<void(int64_t)>& work);

// The same for the range 0 .. count, of which a thread takes `at_a_time`: calls work(begin, end).
template <class Work>
void share_out_range(int64_t count, int64_t at_a_time, const Work& work) {
  share_out((count + at_a_time - 1) / at_a_time, [&](int64_t item) {
    const int64_t begin = item * at_a_time;
    work(begin, std::min(count, begin + at_a_time));
  });
}

}  // namespace harness
