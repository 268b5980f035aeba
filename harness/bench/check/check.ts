/** @file Checks a device: starts the processes that compute and measure, compares answers, makes one record. */
import { join } from 'node:path';
import { execa } from 'execa';
import type { Clock } from '../../core/clock.ts';
import { EngineError, described, exitCodes } from '../../core/errors.ts';
import { isOutOfMemory } from '../../core/out-of-memory.ts';
import { askGpuState, type GpuState } from '../../engine/engine.ts';
import { memoryFit, type MemoryFit } from '../../plan/devices/fit.ts';
import type { MeasuredDefaults } from '../../plan/engine-settings.ts';
import { writePlan } from '../../plan/plan-file.ts';
import type { EngineSettings, Plan } from '../../plan/types.ts';
import { makeTemporaryFolder, remove } from '../../system/files/files.ts';
import type { Output } from '../../system/progress.ts';
import { comparisons, stepNames, type Answers } from './comparisons.ts';
import { finding, type Finding } from './finding.ts';
import { machineFindings } from './machine-findings.ts';
import { largestPass, passFinding, type LargestPass, type PassSearch, type PassTaken } from './largest-pass.ts';
import type { InceptionJob } from './inception-speed.ts';
import {
  passTakenSchema,
  probeAnswerSchema,
  type PassJob,
  type ProbeAnswer,
  type ProbeJob,
  type Speed,
} from './probe.ts';
import type { Device } from '../../core/device.ts';

export interface CheckRequest {
  readonly device: Device;
  /** The plan whose first steps are compared, under other settings. */
  readonly stepPlan: (settings: Partial<EngineSettings>) => Plan;
  /** Plans of growing batches, recipe by recipe, as training would run them. */
  readonly speedPlans: readonly Plan[];
  /** One of the speed plans with XLA: whether it makes the step quicker. */
  readonly xlaPlan: Plan;
  readonly samplePlan: Plan;
  readonly sampleImages: number;
  readonly inception: InceptionJob;
  /** The pass whose largest size is searched, and for how long; on a CPU up to a limit of the memory of its process. */
  readonly pass: Pick<PassSearch, 'planOf' | 'tries'> & { readonly cpuBytes: number };
  /** The GPU's name as its driver says, or the processor's. */
  readonly hardware: string;
  /** Command line of a process that does one job, to which the job is added. */
  readonly ownProcess: readonly [string, ...string[]];
}

export interface DeviceCheck {
  readonly schema: 'consistency-harness/device-check@1';
  /** The GPU's name as its driver says, or `CPU`. */
  readonly device: string;
  readonly kind: Device;
  /** The GPU's name as its driver says, or the processor's. */
  readonly hardware: string;
  /** The version that was measured. */
  readonly tensorflow: string;
  readonly checked: string;
  readonly state: GpuState | null;
  readonly findings: readonly Finding[];
  readonly rates: ProbeAnswer['rates'];
  /** FLOP per second of the quickest step; from it plans take their rate. */
  readonly sustainedFlopsPerSecond: number | null;
  /** What plans for this device take from now on. */
  readonly defaults: MeasuredDefaults;
  readonly speeds: readonly (Speed & { readonly fit: MemoryFit | null })[];
  /** null: the memory of the GPU is unknown. */
  readonly largestPass: LargestPass | null;
}

/**
 * @throws EngineError (exit code 69) when the driver or the GPU's generation rules it out, before anything is run on it; when a process does
 *   not end as it should
 */
export async function checkDevice(
  request: CheckRequest,
  { output, clock }: { readonly output: Output; readonly clock: Clock },
): Promise<DeviceCheck> {
  const { device } = request;
  const state = device === 'gpu' ? askGpuState() : undefined;
  const before = machineFindings(device, state);
  refuseHopeless(before);
  const folder = makeTemporaryFolder('consistency-check-');
  try {
    const run = new Probes(request, folder, output);
    const answers = await run.answers();
    const speeds = await run.speeds();
    const [xla] = (await run.xla()).speeds;
    const pass = await run.largestPass(device === 'gpu' ? state?.memoryBytes : request.pass.cpuBytes);
    const rates = speeds.speeds.flatMap(({ flopsPerSecond }) => flopsPerSecond ?? []);
    return {
      schema: 'consistency-harness/device-check@1',
      device: state?.model ?? device.toUpperCase(),
      kind: device,
      hardware: request.hardware,
      tensorflow: speeds.tensorflow,
      checked: clock.date().toISOString(),
      state: state ?? null,
      findings: [...before, ...comparisons(answers), ...inputFindings(device, speeds.speeds), passFinding(pass)],
      rates: speeds.rates,
      sustainedFlopsPerSecond: rates.length > 0 ? Math.max(...rates) : null,
      defaults: measuredDefaults(speeds.speeds, xla),
      speeds: withFits(speeds.speeds, request.speedPlans, state?.memoryBytes),
      largestPass: pass,
    };
  } finally {
    remove(folder, 20);
  }
}

/** A pass counts as no quicker than a smaller one, and XLA as no quicker, within the noise of a measurement. */
const noise = 0.03;

/**
 * XLA where its step is quicker than the same one without; and of the last network, which is the largest, the smallest batch that is as
 * quick as the quickest.
 * @param xla the speed with XLA
 */
export function measuredDefaults(speeds: readonly Speed[], xla: Speed | undefined): MeasuredDefaults {
  const plain = speeds.find((speed) => speed.recipe === xla?.recipe && speed.batchImages === xla.batchImages);
  const isQuicker =
    xla !== undefined && xla.seconds !== null && typeof plain?.seconds === 'number'
      ? xla.seconds < (1 - noise) * plain.seconds
      : false;
  const largest = speeds.filter(({ recipe }) => recipe === speeds.at(-1)?.recipe);
  const rates = largest.map(({ flopsPerSecond }) => flopsPerSecond ?? 0);
  const quickest = Math.max(0, ...rates);
  const quick = largest.find(({ flopsPerSecond }) => (flopsPerSecond ?? 0) >= (1 - noise) * quickest);
  return { xla: isQuicker, passImages: quickest > 0 ? (quick?.batchImages ?? null) : null };
}

/** What a GPU may wait for its input, as a share of a step. */
const mostWaiting = 0.02;

/** Of the last network, which is the largest, at its largest batch. A CPU makes inputs itself and is held to nothing. */
export function inputFindings(device: Device, speeds: readonly Speed[]): Finding[] {
  const share = speeds.findLast(({ waitingShare }) => waitingShare !== null)?.waitingShare;
  if (device === 'cpu' || typeof share !== 'number') return [];
  const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;
  const detail = `the device waits for its input for ${percent(share)} of a step, at most ${percent(mostWaiting)}`;
  return [finding('input', share <= mostWaiting ? 'passed' : 'warned', detail)];
}

/** Each speed beside the estimate of its memory; batches after one that did not fit have no speed. */
export function withFits(
  speeds: readonly Speed[],
  plans: readonly Plan[],
  memoryBytes: number | undefined,
): DeviceCheck['speeds'] {
  return speeds.map((speed) => {
    const plan = plans.find(
      ({ recipe, asRun }) => recipe.id === speed.recipe && asRun.batchImages === speed.batchImages,
    );
    return { ...speed, fit: plan && memoryBytes !== undefined ? memoryFit(plan, memoryBytes) : null };
  });
}

/** Whether nothing failed. */
export function isSound({ findings }: DeviceCheck): boolean {
  return findings.every(({ outcome }) => outcome !== 'failed');
}

function refuseHopeless(findings: readonly Finding[]): void {
  const failed = findings.find(({ outcome }) => outcome === 'failed');
  if (!failed) return;
  throw new EngineError(
    {
      where: `GPU, ${failed.what}`,
      got: described(failed.detail),
      expected: 'a GPU that this TensorFlow can use',
      remedy: 'Mend what is named, or check the CPU with --cpu',
    },
    { exitCode: exitCodes.noDevice },
  );
}

/** Another device or setting of the library is another process. */
class Probes {
  private readonly request: CheckRequest;
  private readonly folder: string;
  private readonly output: Output;
  private plans = 0;

  constructor(request: CheckRequest, folder: string, output: Output) {
    this.request = request;
    this.folder = folder;
    this.output = output;
  }

  async answers(): Promise<Answers> {
    const { device, stepPlan } = this.request;
    const on = (settings: Partial<EngineSettings>): string => this.write(stepPlan(settings));
    const exact = { tf32: false } as const;
    const reference = await this.ask('the CPU as reference', {
      ...quiet('cpu'),
      steps: { base: this.write(stepPlan({ ...exact, device: 'cpu' })) },
    });
    const variants: Readonly<Record<(typeof stepNames)[number], Partial<EngineSettings>>> = {
      base: exact,
      again: exact,
      eager: { ...exact, mode: 'eager' },
      bfloat16: { ...exact, precision: 'bfloat16' },
      xla: { ...exact, xla: true },
    };
    const steps = Object.fromEntries(Object.entries(variants).map(([name, settings]) => [name, on(settings)]));
    const answers = { reference, exact: await this.ask(`${device}, float32`, { ...quiet(device), steps }) };
    if (device === 'cpu') return answers;
    const base = { base: on({}) };
    return {
      ...answers,
      tf32: await this.ask('TF32', { ...quiet(device), tf32: true, steps: base }),
      free: await this.ask('without determinism', { ...quiet(device), tf32: true, deterministic: false, steps: base }),
    };
  }

  speeds(): Promise<ProbeAnswer> {
    const { device, speedPlans, samplePlan, sampleImages, inception } = this.request;
    return this.ask('speed', {
      ...quiet(device),
      tf32: device === 'gpu',
      speeds: speedPlans.map((plan) => this.write(plan)),
      sampling: { plan: this.write(samplePlan), images: sampleImages, inception },
    });
  }

  xla(): Promise<ProbeAnswer> {
    const { device, xlaPlan } = this.request;
    return this.ask('XLA', { ...quiet(device), tf32: device === 'gpu', speeds: [this.write(xlaPlan)] });
  }

  /** @param memoryBytes undefined: unknown */
  async largestPass(memoryBytes: number | undefined): Promise<LargestPass | null> {
    if (memoryBytes === undefined) return null;
    const { device, pass, ownProcess } = this.request;
    return largestPass({ ...pass, device, memoryBytes }, (plan) => {
      this.output.write(`check: a pass of ${plan.asRun.batchImages} images\n`);
      const job: PassJob = { device, tf32: device === 'gpu', deterministic: true, pass: this.write(plan) };
      return askPass(ownProcess, job);
    });
  }

  private write(plan: Plan): string {
    const path = join(this.folder, `plan-${(this.plans += 1)}.json`);
    writePlan(path, plan);
    return path;
  }

  private async ask(what: string, job: ProbeJob): Promise<ProbeAnswer> {
    this.output.write(`check: ${what}\n`);
    return probeAnswerSchema.parse(answerOf(what, await ended(this.request.ownProcess, job)));
  }
}

/**
 * One step in a process of its own, which may lack the memory in any way.
 * @throws EngineError when it ends otherwise than by an answer or for lack of memory
 */
export async function askPass(ownProcess: CheckRequest['ownProcess'], job: PassJob): Promise<PassTaken> {
  const end = await ended(ownProcess, job);
  // CUDA's libraries end a process where they are refused memory, and the kernel kills one that has taken all.
  const lacked = end.exitCode !== 0 && (end.signal === 'SIGKILL' || isOutOfMemory(new Error(end.stderr)));
  return lacked ? { taken: false, residentBytes: null } : passTakenSchema.parse(answerOf('a pass', end));
}

interface Ended {
  readonly exitCode?: number;
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
}

function ended([program, ...args]: CheckRequest['ownProcess'], job: ProbeJob | PassJob): Promise<Ended> {
  return execa(program, [...args, JSON.stringify(job)], { reject: false });
}

function answerOf(what: string, { exitCode, signal, stdout, stderr }: Ended): unknown {
  if (exitCode === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  throw new EngineError({
    where: `check, ${what}`,
    got: described(
      `a process that ended with ${signal ?? `exit code ${exitCode}`}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
    ),
    expected: 'its answers',
    remedy: 'Run it again with CONSISTENCY_VERBOSE=1, and report what it prints',
  });
}

function quiet(device: Device): ProbeJob {
  return { device, tf32: false, deterministic: true, steps: {}, speeds: [] };
}
