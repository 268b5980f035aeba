/** @file Table of GPUs for plans: memory, rates, bandwidth and power of each by its data sheet. */

/** Where a row's figures were read: in a copy of the data sheet's figures that was looked up, or from memory. */
type Evidence = 'looked up' | 'recalled';

export interface DeviceModel {
  readonly name: string;
  /** What nvidia-smi calls it. */
  readonly reported: RegExp;
  /** As the driver counts it: GiB. */
  readonly memoryGiB: number;
  /** TB/s (1e12). */
  readonly bandwidth: number;
  /**
   * TFLOP/s without sparsity, at the boost clock, in the number format in which this project multiplies: TensorFloat-32, or float32
   * where the GPU has no TensorFloat-32.
   */
  readonly peak: number;
  /** Most watts that the board draws. */
  readonly watts: number;
  /** CUDA compute capability. */
  readonly capability: number;
  /** The data sheet or white paper that all figures of the row come from. */
  readonly source: string;
  readonly evidence: Evidence;
}

/**
 * Figures are exact to the digits shown. Peaks hold at the boost clock, which a GPU at its power limit does not keep; two makes of one
 * model (SXM and PCIe) differ by up to two thirds and are two rows.
 */
export const deviceModels = {
  a100: {
    name: 'A100 SXM 80 GB',
    reported: /A100-SXM\S*-80GB/,
    memoryGiB: 80,
    bandwidth: 2.039,
    peak: 156,
    watts: 400,
    capability: 8.0,
    source: 'NVIDIA A100 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  'a100-40gb': {
    name: 'A100 SXM 40 GB',
    reported: /A100-SXM\S*-40GB/,
    memoryGiB: 40,
    bandwidth: 1.555,
    peak: 156,
    watts: 400,
    capability: 8.0,
    source: 'NVIDIA A100 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  'a100-pcie': {
    name: 'A100 PCIe 80 GB',
    reported: /A100 80GB PCIe/,
    memoryGiB: 80,
    bandwidth: 1.935,
    peak: 156,
    watts: 300,
    capability: 8.0,
    source: 'NVIDIA A100 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  h100: {
    name: 'H100 SXM 80 GB',
    reported: /H100 80GB HBM3/,
    memoryGiB: 80,
    bandwidth: 3.35,
    peak: 494.7,
    watts: 700,
    capability: 9.0,
    source: 'NVIDIA H100 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  'h100-pcie': {
    name: 'H100 PCIe 80 GB',
    reported: /H100 PCIe/,
    memoryGiB: 80,
    bandwidth: 2.0,
    peak: 378,
    watts: 350,
    capability: 9.0,
    source: 'NVIDIA H100 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  h200: {
    name: 'H200 SXM 141 GB',
    reported: /H200/,
    memoryGiB: 140,
    bandwidth: 4.8,
    peak: 494.7,
    watts: 700,
    capability: 9.0,
    source: 'NVIDIA H200 Tensor Core GPU data sheet',
    evidence: 'looked up',
  },
  b200: {
    name: 'B200 SXM 180 GB',
    reported: /B200/,
    memoryGiB: 179,
    bandwidth: 8.0,
    peak: 1_100,
    watts: 1_000,
    capability: 10.0,
    source: 'NVIDIA DGX B200 data sheet',
    evidence: 'recalled',
  },
  l40s: {
    name: 'L40S 48 GB',
    reported: /L40S/,
    memoryGiB: 45,
    bandwidth: 0.864,
    peak: 183,
    watts: 350,
    capability: 8.9,
    source: 'NVIDIA L40S data sheet',
    evidence: 'looked up',
  },
  l4: {
    name: 'L4 24 GB',
    reported: /\bL4$/,
    memoryGiB: 22.5,
    bandwidth: 0.3,
    peak: 60,
    watts: 72,
    capability: 8.9,
    source: 'NVIDIA L4 data sheet',
    evidence: 'looked up',
  },
  a10: {
    name: 'A10 24 GB',
    reported: /\bA10G?$/,
    memoryGiB: 22.5,
    bandwidth: 0.6,
    peak: 62.5,
    watts: 150,
    capability: 8.6,
    source: 'NVIDIA A10 data sheet',
    evidence: 'recalled',
  },
  a40: {
    name: 'A40 48 GB',
    reported: /\bA40$/,
    memoryGiB: 45,
    bandwidth: 0.696,
    peak: 74.8,
    watts: 300,
    capability: 8.6,
    source: 'NVIDIA A40 data sheet',
    evidence: 'looked up',
  },
  v100: {
    name: 'V100 SXM2 16 GB',
    reported: /V100/,
    memoryGiB: 16,
    bandwidth: 0.9,
    peak: 15.7,
    watts: 300,
    capability: 7.0,
    source: 'NVIDIA V100 Tensor Core GPU data sheet',
    evidence: 'recalled',
  },
  t4: {
    name: 'T4 16 GB',
    reported: /\bT4$/,
    memoryGiB: 15,
    bandwidth: 0.32,
    peak: 8.1,
    watts: 70,
    capability: 7.5,
    source: 'NVIDIA T4 data sheet',
    evidence: 'recalled',
  },
  rtx5090: {
    name: 'GeForce RTX 5090 32 GB',
    reported: /RTX 5090/,
    memoryGiB: 31.8,
    bandwidth: 1.792,
    peak: 104.8,
    watts: 575,
    capability: 12.0,
    source: 'NVIDIA RTX Blackwell white paper',
    evidence: 'looked up',
  },
  rtx4090: {
    name: 'GeForce RTX 4090 24 GB',
    reported: /RTX 4090/,
    memoryGiB: 24,
    bandwidth: 1.008,
    peak: 82.6,
    watts: 450,
    capability: 8.9,
    source: 'NVIDIA Ada GPU architecture white paper',
    evidence: 'looked up',
  },
  rtx3090: {
    name: 'GeForce RTX 3090 24 GB',
    reported: /RTX 3090/,
    memoryGiB: 24,
    bandwidth: 0.936,
    peak: 35.6,
    watts: 350,
    capability: 8.6,
    source: 'NVIDIA Ampere GA102 white paper',
    evidence: 'recalled',
  },
} as const satisfies Readonly<Record<string, DeviceModel>>;

export type DeviceModelId = keyof typeof deviceModels;

/** The row of a GPU by the name that its driver reports; undefined where no row is meant. */
export function modelReported(name: string): DeviceModelId | undefined {
  return (Object.keys(deviceModels) as DeviceModelId[]).find((id) => deviceModels[id].reported.test(name));
}
