/** @file Kinds of device that the engine computes on: data of the plan, stamped on every result. */

export const devices = ['cpu', 'gpu'] as const;
export type Device = (typeof devices)[number];

/** `auto`: the GPU where there is one, else the CPU. */
export const deviceChoices = ['auto', ...devices] as const;
export type DeviceChoice = (typeof deviceChoices)[number];
