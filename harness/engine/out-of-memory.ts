/** @file Telling that the device had too little memory from every other failure of an operation. */

/** Whether an error of TensorFlow says that memory could not be had; its C API gives the reason as text alone. */
export function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && /\bOOM when allocating|RESOURCE_EXHAUSTED|out of memory/i.test(thrown.message);
}
