/** @file The engine as the other rooms see it: opening it, what it says of the machine, what it can sustain. */
export { measurePeaks } from './calibrate.ts';
export { engineFacts, hardwareFormats, type HardwareFormats } from './facts.ts';
export type { Engine } from './load.ts';
export { openEngine } from './open.ts';
export { askGpuState, kernelsFor, type GpuState } from './install/machine/gpu-state.ts';
