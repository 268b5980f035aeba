/** @file Findings about a GPU before anything runs on it: driver, kernels, memory, other users, clocks. */
import { formatBytes } from '../../core/units.ts';
import { isDriverNewEnough, kernelsFor, oldestDriver, type GpuState } from '../../engine/engine.ts';
import { finding, type Finding } from './finding.ts';
import type { Device } from '../../core/device.ts';

/** @param state undefined: the device is the CPU, or the driver cannot be asked */
export function machineFindings(device: Device, state: GpuState | undefined): Finding[] {
  if (device === 'cpu') return [finding('GPU', 'skipped', 'the device is the CPU')];
  if (!state) return [finding('driver', 'warned', 'nvidia-smi is missing: memory, clocks and other users are unknown')];
  return [driver(state), kernels(state), memory(state), users(state), ecc(state), clocks(state)];
}

function driver({ driver: version }: GpuState): Finding {
  if (isDriverNewEnough(version)) return finding('driver', 'passed', version);
  return finding('driver', 'failed', `${version}, too old for CUDA 12: install ${oldestDriver} or newer`);
}

function kernels({ capability, model }: GpuState): Finding {
  const name = `${model}, compute capability ${capability.toFixed(1)}`;
  switch (kernelsFor(capability)) {
    case 'native':
      return finding('kernels', 'passed', `${name}: this TensorFlow has machine code for it`);
    case 'compiled by the driver':
      return finding(
        'kernels',
        'warned',
        `${name} is newer than this TensorFlow: the driver compiles every kernel at the first start, which takes tens of minutes. Set CUDA_CACHE_MAXSIZE=4294967296 so that it happens once, or name a newer TensorFlow with CONSISTENCY_TENSORFLOW`,
      );
    case 'none':
      return finding('kernels', 'failed', `${name}: older than every GPU that this TensorFlow has kernels for (6.0)`);
  }
}

/** A GPU of which others hold more than a tenth is not measured alone. */
const freeShare = 0.9;

function memory({ memoryBytes, freeBytes }: GpuState): Finding {
  const text = `${formatBytes(freeBytes)} of ${formatBytes(memoryBytes)} free`;
  return finding('memory', freeBytes >= freeShare * memoryBytes ? 'passed' : 'warned', text);
}

function users({ users: others }: GpuState): Finding {
  if (others.length === 0) return finding('other users', 'passed', 'none');
  const names = others.map(
    ({ pid, program, bytes }) => `${program} (process ${pid}${bytes === null ? '' : `, ${formatBytes(bytes)}`})`,
  );
  return finding('other users', 'warned', `${names.join(', ')}: speed and memory are shared with them`);
}

function ecc({ ecc: isOn }: GpuState): Finding {
  if (isOn === null) return finding('ECC', 'skipped', 'the driver does not say');
  return finding('ECC', isOn ? 'passed' : 'warned', isOn ? 'on' : 'off: a flipped bit of memory stays unseen');
}

function clocks({ megahertz, mostMegahertz }: GpuState): Finding {
  if (megahertz === null || mostMegahertz === null) return finding('clocks', 'skipped', 'the driver does not say');
  return finding('clocks', 'passed', `${megahertz} MHz before the work, ${mostMegahertz} MHz at most`);
}
