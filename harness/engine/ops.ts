/**
 * @file Operations that the engine adds to those of TensorFlow.js.
 *
 * A function made of both runs compiled and operation by operation.
 */
export { allGather, allReduce, allToAll } from './collective/operations.ts';
export { after } from './compile/barrier.ts';
export { within } from './compile/place.ts';
export { recomputed } from './compile/recompute.ts';
export { disposeTree } from './compile/tree.ts';
export { nativeDropout } from './operations/dropout.ts';
export { frozen, sigmoidGradient, stopGradient } from './operations/gradients.ts';
export { nativeGroupNorm, type GroupNorm } from './operations/group-norm.ts';
export { lookUp } from './operations/look-up.ts';
export { runsNativeOperations } from './operations/op.ts';
export { foldLane, randomKey, randomNormal, randomUniform, type RandomKey } from './operations/random.ts';
export { nativeBias, nativeSum } from './operations/sum.ts';
export { nativeAverage, nativeRadam } from './operations/update.ts';
export { freeingAll } from './scope.ts';
export { inStepPrecision } from './step-precision.ts';
