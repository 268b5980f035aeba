/** @file A benchmark from its request to its raw durations: prepare, compare, start every subject, take turns, ask for memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeJsonAtomically } from '../core/atomic-file.ts';
import type { Clock } from '../core/clock.ts';
import { Progress, type Output } from '../core/progress.ts';
import { formatDuration, significant } from '../core/units.ts';
import type { EngineFacts } from '../engine/facts.ts';
import { hardwareFormats } from '../engine/facts.ts';
import { costOf } from '../plan/cost.ts';
import { writePlan } from '../plan/plan-file.ts';
import type { EngineSettings, Plan } from '../plan/types.ts';
import type { Benchmark, BenchmarkSubject } from '../results/benchmark.ts';
import { collectMachine } from '../results/machine.ts';
import { collectProvenance } from '../results/provenance.ts';
import { requireAgreement, type CheckValues } from './agreement.ts';
import { extractorFacts } from './features-subject.ts';
import { checkFileName, inputsFileName } from './inputs.ts';
import { peerJob, type BenchTask, type OwnJob, type PeerJob } from './job.ts';
import { privateEnvironment } from './peers-environment.ts';
import { answers, type Run } from './protocol.ts';
import { interleavedRounds, iterationsPerRound } from './rounds.ts';
import { SubjectProcess, type SubjectCommand } from './subject-process.ts';
import { chooseSubjects, isPeer, type OwnSpec, type PeerSpec, type SubjectSpec } from './subjects.ts';

export interface BenchRequest {
  readonly task: BenchTask;
  /** Name of the network and batch; of the extractor where `workload` is null. */
  readonly size: string;
  /** Null for features. */
  readonly workload: Workload | null;
  /** The 2015 Inception graph, for features. */
  readonly graph?: string;
  readonly rounds: number;
  readonly threads: number;
  readonly device: 'cpu' | 'gpu';
  /** Ids of subjects; null: all. */
  readonly only: readonly string[] | null;
  /** Null where none are asked for. */
  readonly peers: { readonly python: string; readonly scripts: string } | null;
  /** Program and arguments of a measured process of this harness; the path of its job is added. */
  readonly ownProcess: readonly [string, ...string[]];
  /** Root of the checkout, for provenance. */
  readonly root: string;
  /** The command line that measures again. */
  readonly command: string;
}

export interface Workload {
  readonly planOf: (settings: Pick<EngineSettings, 'mode' | 'precision'>) => Plan;
  /** Images of an iteration of `sample`. */
  readonly sampleImages: number;
}

export interface BenchContext {
  readonly output: Output;
  readonly clock: Clock;
}

/**
 * @throws UsageError for subjects that are none, ResultError naming who disagrees, EngineError for a subject that does not run; children are
 *   ended and temporary files removed then too
 */
export async function runBenchmark(request: BenchRequest, context: BenchContext): Promise<Benchmark> {
  const folder = mkdtempSync(join(tmpdir(), 'consistency-bench-'));
  const run = new BenchRun(request, context, folder);
  try {
    return await run.measure();
  } finally {
    await run.end();
    rmSync(folder, { recursive: true, force: true });
  }
}

type MemoryFormat = PeerJob['memoryFormat'];

/** A subject whose process is warm. */
interface Started {
  readonly spec: SubjectSpec;
  readonly process: SubjectProcess;
  readonly version: string;
  readonly note: string | null;
  readonly firstCallMilliseconds: number;
  readonly iterations: number;
}

class BenchRun {
  private readonly request: BenchRequest;
  private readonly context: BenchContext;
  private readonly folder: string;
  private readonly running = new Set<SubjectProcess>();
  private jobs = 0;

  constructor(request: BenchRequest, context: BenchContext, folder: string) {
    this.request = request;
    this.context = context;
    this.folder = folder;
  }

  async measure(): Promise<Benchmark> {
    const { request } = this;
    const { task, device, only, peers } = request;
    const hardware = hardwareFormats(device);
    const { specs, skipped } = chooseSubjects({ task, device, hardware, peers: peers !== null, only });
    for (const { name, why } of skipped) this.say(`${name} is not measured: ${why}`);
    const before = await this.askDevice(true);
    const checks = peers === null ? [] : await this.check(specs);
    const layout = specs.some(({ id }) => id.startsWith('torch')) ? await this.betterLayout() : 'channels-last';
    const started: Started[] = [];
    for (const spec of specs) started.push(await this.start(spec, layout));
    const runs = await this.takeTurns(started);
    const subjects: BenchmarkSubject[] = [];
    for (const [i, one] of started.entries()) subjects.push(await this.finish(one, runs[i]!, checks));
    const after = await this.askDevice(false);
    return {
      schema: 'consistency-harness/benchmark@1',
      what: task,
      size: request.size,
      parameters: request.workload && costOf(this.basePlan()).network.parameters,
      device,
      threads: request.threads,
      convolutionFlopsPerSecond: Math.max(before.flopsPerSecond, after.flopsPerSecond),
      subjects,
      skipped,
      machine: collectMachine(before.facts),
      provenance: collectProvenance(request.root, [{ purpose: 'measure again', line: request.command }]),
    };
  }

  /** Ends whatever still runs. */
  async end(): Promise<void> {
    await Promise.all([...this.running].map((process) => process.kill()));
  }

  /** The peak of the device, in a process of its own; the first time it also writes the common inputs. */
  private async askDevice(prepares: boolean): Promise<{ flopsPerSecond: number; facts: EngineFacts }> {
    const { task, workload } = this.request;
    const base: OwnSpec['settings'] = { mode: 'compiled', precision: 'float32' };
    const { process, ready } = await this.open(this.ownCommand('device', 'device', base, ''));
    if (prepares && workload && task !== 'features') {
      this.say('writing the common inputs');
      await process.ask({ ask: 'prepare', folder: this.folder, task }, answers.prepared);
    }
    const { flopsPerSecond } = await process.ask({ ask: 'peak' }, answers.peak);
    await this.close(process);
    this.say(`convolutions run at ${significant(flopsPerSecond / 1e9, 4)} GFLOP/s`);
    return { flopsPerSecond, facts: ready.facts! };
  }

  /** Every subject computes the same values from the same inputs; bfloat16 is recorded, and not held to float32's tolerance. */
  private async check(specs: readonly SubjectSpec[]): Promise<CheckValues[]> {
    const checks: CheckValues[] = [];
    for (const spec of specs) {
      const { process } = await this.open(this.commandOf(spec, 'channels-last', checkFileName));
      const { values } = await process.ask({ ask: 'check' }, answers.check);
      await this.close(process);
      checks.push({ name: spec.name, values });
      const text = Object.entries(values).map(([key, value]) => `${key} ${significant(value, 8)}`);
      this.say(`${spec.name}: ${text.join(', ')}`);
    }
    const rounded = specs.find(({ id }) => id === 'bfloat16')?.name;
    requireAgreement(checks.filter(({ name }) => name !== rounded));
    return checks;
  }

  /** PyTorch is given the layout in which it is faster, by trial. */
  private async betterLayout(): Promise<MemoryFormat> {
    const eager: PeerSpec = {
      id: 'torch-eager',
      name: 'PyTorch eager',
      framework: 'torch-eager',
      script: 'torch_peer.py',
    };
    const trials: { layout: MemoryFormat; best: number }[] = [];
    for (const layout of ['channels-last', 'contiguous'] as const) {
      const { process } = await this.open(this.commandOf(eager, layout, inputsFileName));
      await process.ask({ ask: 'first', iterations: 1 }, answers.run);
      const { milliseconds } = await process.ask({ ask: 'run', iterations: 3 }, answers.run);
      await this.close(process);
      trials.push({ layout, best: Math.min(...milliseconds) });
      this.say(`PyTorch, ${layout}: ${significant(Math.min(...milliseconds), 4)} ms`);
    }
    return trials.reduce((a, b) => (b.best < a.best ? b : a)).layout;
  }

  private async start(spec: SubjectSpec, layout: MemoryFormat): Promise<Started> {
    const { process, ready } = await this.open(this.commandOf(spec, layout, inputsFileName));
    const first = await process.ask({ ask: 'first', iterations: 1 }, answers.run);
    const warm = await process.ask({ ask: 'run', iterations: 1 }, answers.run);
    const [firstCallMilliseconds] = first.milliseconds;
    this.say(`${spec.name}: first call ${formatDuration(firstCallMilliseconds! / 1000)}`);
    return {
      spec,
      process,
      version: ready.version,
      note: spec.id.startsWith('torch') ? layout : null,
      firstCallMilliseconds: firstCallMilliseconds!,
      iterations: iterationsPerRound(warm.milliseconds[0]!),
    };
  }

  private async takeTurns(started: readonly Started[]): Promise<Run[][]> {
    const { output, clock } = this.context;
    const { rounds } = this.request;
    const label = `bench ${this.request.task} ${this.request.size}`;
    const progress = new Progress(output, clock, { label, total: rounds * started.length, unit: 'turns' });
    const runners = started.map(({ spec, process }) => ({
      name: spec.name,
      run: (iterations: number) => process.ask({ ask: 'run', iterations }, answers.run),
    }));
    const iterations = started.map((one) => one.iterations);
    const runs = await interleavedRounds(runners, rounds, iterations, (done) => progress.update(done));
    progress.finish();
    return runs;
  }

  private async finish(
    started: Started,
    runs: readonly Run[],
    checks: readonly CheckValues[],
  ): Promise<BenchmarkSubject> {
    const { spec, process, version, note, firstCallMilliseconds } = started;
    const { residentBytes, deviceBytes } = await process.ask({ ask: 'memory' }, answers.memory);
    await this.close(process);
    return {
      name: spec.name,
      own: !isPeer(spec),
      version,
      note,
      ...this.workOfIteration(),
      firstCallMilliseconds,
      rounds: runs.map(({ milliseconds }) => milliseconds),
      handlesPerIteration: runs.at(-1)!.handles,
      peakResidentBytes: residentBytes,
      peakDeviceBytes: deviceBytes,
      check: checks.find(({ name }) => name === spec.name)?.values ?? null,
    };
  }

  private workOfIteration(): { images: number; flopPerImage: number | null } {
    const { task, workload, graph } = this.request;
    if (!workload) {
      const { images, flopPerImage } = extractorFacts(graph);
      return { images, flopPerImage };
    }
    const { flopPerTrainImage, network } = costOf(this.basePlan());
    if (task === 'step') return { images: this.basePlan().asRun.batchImages, flopPerImage: flopPerTrainImage };
    return { images: workload.sampleImages, flopPerImage: 2 * network.macs };
  }

  private basePlan(): Plan {
    return this.request.workload!.planOf({ mode: 'compiled', precision: 'float32' });
  }

  private commandOf(spec: SubjectSpec, layout: MemoryFormat, inputs: string): SubjectCommand {
    if (isPeer(spec)) return this.peerCommand(spec, layout, inputs);
    return this.ownCommand(spec.name, this.request.task, spec.settings, inputs);
  }

  private ownCommand(
    name: string,
    task: OwnJob['task'],
    settings: OwnSpec['settings'],
    inputs: string,
  ): SubjectCommand {
    const { workload, device, threads, graph, ownProcess } = this.request;
    const path = this.jobPath();
    const plan = `${path}.plan.json`;
    if (workload) writePlan(plan, workload.planOf(settings));
    const job: OwnJob = {
      task,
      device,
      threads,
      ...(workload && { plan, inputs: join(this.folder, inputs), sampleImages: workload.sampleImages }),
      ...(graph !== undefined && { graph }),
    };
    writeJsonAtomically(path, job);
    const [program, ...args] = ownProcess;
    return { name, program, args: [...args, path], environment: process.env };
  }

  private peerCommand(
    { name, framework, script }: PeerSpec,
    memoryFormat: MemoryFormat,
    inputs: string,
  ): SubjectCommand {
    const { task, threads, peers } = this.request;
    const path = this.jobPath();
    const own = { framework, memoryFormat, threads, inputs: join(this.folder, inputs) };
    writeJsonAtomically(path, peerJob(this.basePlan(), { task: task === 'step' ? 'step' : 'sample', ...own }));
    // A cache that an earlier run filled would make the first call look short.
    const caches = Object.fromEntries(
      ['TORCHINDUCTOR_CACHE_DIR', 'TRITON_CACHE_DIR'].map((variable) => [variable, join(this.folder, variable)]),
    );
    return {
      name,
      program: peers!.python,
      args: [join(peers!.scripts, script), path],
      environment: { ...privateEnvironment(process.env), ...caches },
    };
  }

  private jobPath(): string {
    return join(this.folder, `job${this.jobs++}.json`);
  }

  private open(command: SubjectCommand) {
    return SubjectProcess.start(command, this.running);
  }

  private async close(process: SubjectProcess): Promise<void> {
    await process.close();
    this.running.delete(process);
  }

  private say(text: string): void {
    this.context.output.write(`bench: ${text}\n`);
  }
}
