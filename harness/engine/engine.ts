/** @file Public interface of the engine: opens it, describes the machine, measures its speed. */
export { guarded, joinGroup, lostPeer, stopWatching, watchGroup, type Group } from './collective/group.ts';
export { measurePeaks } from './rate/calibrate.ts';
export { engineFacts, hardwareFormats, type HardwareFormats } from './facts/facts.ts';
export type { Engine } from './load.ts';
export { openEngine } from './open.ts';
export { isDriverNewEnough, oldestDriver } from './install/machine/gpu.ts';
export { askGpuState, kernelsFor, type GpuState } from './install/machine/gpu-state.ts';
export { tallied } from './operations/tally.ts';
