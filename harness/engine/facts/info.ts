/**
 * @file Report of `npm run engine -- info`: state of the engine, its versions and its devices.
 *
 * It says whether the engine is complete and whether TensorFlow really uses the GPU.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../../system/cache-folder.ts';
import { systemClock } from '../../core/clock.ts';
import { Progress, type Output } from '../../system/progress.ts';
import { formatBytes } from '../../core/units.ts';
import { engineFacts, hardwareFormats, type EngineFacts, type HardwareFormats } from './facts.ts';
import { findGpu, requireDriver } from '../install/machine/gpu.ts';
import { installedEngine, type InstalledEngine } from '../install/install.ts';
import { checkContents, type RecordedFile } from '../install/recorded-file.ts';
import { bytesOf } from '../install/remove.ts';
import { openEngine } from '../open.ts';
import type { Device, DeviceChoice } from '../../core/device.ts';

export type EngineInfo =
  | {
      readonly installed: false;
      /** Where it will be installed. */
      readonly folder: string;
      /** What shows a GPU, or why none is used. */
      readonly gpu: string;
    }
  | ({
      readonly installed: true;
      readonly device: Device;
      readonly devices: readonly string[];
      readonly node: string;
      readonly hardware: HardwareFormats;
      readonly folder: string;
      readonly folderBytes: number;
      /** Files whose sha256 was read again just now and is that of the installation. */
      readonly verifiedFiles: number;
      readonly addon: string;
      readonly compiler: string;
      readonly compileCommands: readonly string[];
      /** The wheels it comes from; none for a TensorFlow of one's own. */
      readonly requirements: readonly string[];
      readonly installedOn: string;
    } & EngineFacts);

/**
 * Reads every file of the engine again, loads it, and asks it. Installs nothing.
 * @throws EngineError for a changed file, or a GPU that TensorFlow does not use (exit code 69, naming what is missing)
 */
export async function engineInfo(device: DeviceChoice, output: Output): Promise<EngineInfo> {
  const folder = join(cacheFolder(), 'engine');
  const gpu = findGpu(process.env);
  const installed = await installedEngine({ device, forElsewhere: true });
  if (!installed) {
    if (device !== 'cpu' && gpu.found) requireDriver(gpu.sign, process.env);
    return { installed: false, folder, gpu: gpu.found ? gpu.sign : gpu.why };
  }
  const verifiedFiles = await verify(installed, output);
  const engine = await openEngine({ device, output });
  const { library, addon } = installed.manifest;
  const facts = engineFacts(engine);
  return {
    installed: true,
    device: engine.device,
    devices: engine.devices,
    ...facts,
    threads: { ...facts.threads, intraOp: facts.threads.intraOp ?? threadsByEnvironment() },
    node: process.version,
    hardware: hardwareFormats(engine.device),
    folder: installed.folder,
    folderBytes: bytesOf(installed.folder),
    verifiedFiles,
    addon: installed.addon,
    compiler: addon.compiler,
    compileCommands: addon.commands,
    requirements: (library?.requirements ?? []).map(({ name, version }) => `${name}==${version}`),
    installedOn: addon.built,
  };
}

/** For a person; `--json` prints the value itself. */
export function infoLines(info: EngineInfo): string[] {
  if (!info.installed) {
    return [
      `not installed; the first command that needs it installs it into ${info.folder}`,
      `GPU           ${info.gpu}`,
    ];
  }
  const { gpu, hardware, threads } = info;
  const device = gpu
    ? `GPU, used: ${[gpu.model, gpu.memoryBytes && formatBytes(gpu.memoryBytes), gpu.driver && `driver ${gpu.driver}`].filter(Boolean).join(', ')}`
    : 'CPU';
  return [
    `TensorFlow    ${info.tensorflow}, TensorFlow.js ${info.tfjs}, Node ${info.node}`,
    `device        ${device}`,
    `devices       ${info.devices.join(', ')}`,
    `threads       ${threads.intraOp ?? 'one per core'} inside an operation, ${threads.interOp ?? 'one per core'} between operations`,
    `TensorFloat32 ${inHardware(hardware.tensorFloat32)}`,
    `bfloat16      ${inHardware(hardware.bfloat16)}`,
    `folder        ${info.folder}, ${formatBytes(info.folderBytes)}, ${info.verifiedFiles} files with the sha256 of the installation`,
    `addon         ${info.addon}, by ${info.compiler} on ${info.installedOn}`,
  ];
}

async function verify({ folder, addon, manifest }: InstalledEngine, output: Output): Promise<number> {
  const parts: (readonly [string, readonly RecordedFile[]])[] = [
    [folder, manifest.library?.files ?? []],
    [join(addon, '..'), manifest.addon.files],
  ];
  const files = parts.flatMap(([, list]) => list);
  const total = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const progress = new Progress(output, systemClock, {
    label: 'reading the engine',
    total,
    unit: '',
    format: formatBytes,
  });
  let done = 0;
  for (const [where, list] of parts) await checkContents(where, list, (bytes) => progress.update((done += bytes)));
  progress.finish();
  return files.length;
}

function threadsByEnvironment(): number {
  const named = Number(process.env.TF_NUM_INTRAOP_THREADS);
  return named > 0 ? named : availableParallelism();
}

function inHardware(there: boolean | null): string {
  return there === null ? 'unknown' : there ? 'in hardware' : 'not in hardware';
}
