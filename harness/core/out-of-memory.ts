/** @file Recognises out-of-memory errors, of a device or of the process. */

/**
 * What TensorFlow says (its C API gives the reason as text alone), and what Node.js says where an array does not fit into the memory or is
 * larger than arrays can be.
 */
const said =
  /\bOOM when allocating|RESOURCE_EXHAUSTED|out of memory|Array buffer allocation failed|Invalid typed array length|Invalid array buffer length/i;

export function isOutOfMemory(thrown: unknown): boolean {
  return thrown instanceof Error && said.test(thrown.message);
}
