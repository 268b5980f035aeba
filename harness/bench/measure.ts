/**
 * @file Runs a benchmark: prepares inputs, compares values, starts subjects, times them in turns.
 *
 * The result holds the raw durations and the peak memory of each subject.
 */
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { EngineError } from '../core/errors.ts';
import { Progress, type Output } from '../system/progress.ts';
import { formatDuration, significant } from '../core/units.ts';
import { hardwareFormats } from '../engine/engine.ts';
import { costOf } from '../plan/cost.ts';
import type { Plan } from '../plan/types.ts';
import type { Benchmark, BenchmarkSubject } from '../results/benchmark/benchmark.ts';
import { collectMachine } from '../results/origin/machine.ts';
import { collectProvenance } from '../results/origin/provenance.ts';
import { requireAgreement, type CheckValues } from './agreement.ts';
import { extractorFacts } from './subjects/features-subject.ts';
import { checkFileName, inputsFileName } from './inputs.ts';
import { pinnedVersion, versionIn } from './peers/pinned.ts';
import { foreignShare, processorTime } from './subjects/processor-time.ts';
import { answers, type Run } from './protocol.ts';
import { interleavedRounds, iterationsPerRound } from './rounds.ts';
import type { BenchRequest, NetworkWork } from './request.ts';
import { SubjectCommands, type MemoryFormat } from './subjects/subject-commands.ts';
import { SubjectProcess, type SubjectCommand } from './subjects/subject-process.ts';
import { withProcesses } from './subjects/with-processes.ts';
import { chooseSubjects, isPeer, ownBase, torchEager, type SubjectSpec } from './subjects/subjects.ts';

export interface BenchContext {
  readonly output: Output;
  readonly clock: Clock;
}

/**
 * @throws UsageError for subjects that are none, ResultError naming who disagrees, EngineError for a subject that does not run; children are
 *   ended and temporary files removed then too
 */
export function runBenchmark(request: BenchRequest, context: BenchContext): Promise<Benchmark> {
  return withProcesses((folder, running) => new BenchRun(request, context, folder, running).measure());
}

/** A subject that is not measured. */
type LeftOut = Benchmark['skipped'][number];

/** A subject whose process is warm. */
interface Started {
  readonly spec: SubjectSpec;
  readonly process: SubjectProcess;
  readonly version: string;
  readonly note: string | null;
  readonly firstCallMilliseconds: number;
  readonly compiledEarlier: boolean;
  readonly iterations: number;
}

class BenchRun {
  private readonly request: BenchRequest;
  private readonly context: BenchContext;
  private readonly folder: string;
  private readonly commands: SubjectCommands;
  private readonly running: Set<SubjectProcess>;

  constructor(request: BenchRequest, context: BenchContext, folder: string, running: Set<SubjectProcess>) {
    this.request = request;
    this.context = context;
    this.folder = folder;
    this.running = running;
    this.commands = new SubjectCommands(request, folder);
  }

  async measure(): Promise<Benchmark> {
    const { request } = this;
    const { task, only, peers } = request;
    const hardware = hardwareFormats(request.device);
    const choice = { task, device: request.device, hardware, peers: peers !== null, only };
    const { specs: all, skipped } = chooseSubjects(choice);
    for (const one of skipped) this.sayLeftOut(one);
    await this.prepare();
    const { checks, refused } = peers === null ? { checks: [], refused: [] } : await this.check(all);
    const specs = all.filter(({ name }) => !refused.some((one) => one.name === name));
    const layout = specs.some(({ id }) => id.startsWith('torch')) ? await this.betterLayout() : 'channels-last';
    const started: Started[] = [];
    for (const spec of specs) started.push(await this.start(spec, layout));
    const device = await this.open(this.commands.device());
    const pids = [process.pid, device.process.pid, ...started.map((one) => one.process.pid)];
    const idle = processorTime(pids);
    const { runs, peaks } = await this.takeTurns(started, device.process);
    const busy = processorTime(pids);
    await this.close(device.process);
    const subjects: BenchmarkSubject[] = [];
    for (const [i, one] of started.entries()) subjects.push(await this.finish(one, runs[i]!, checks));
    return {
      schema: 'consistency-harness/benchmark@1',
      what: task,
      size: request.size,
      parameters: request.workload && costOf(basePlan(request.workload)).network.parameters,
      device: request.device,
      threads: request.threads,
      convolutionFlopsPerSecond: peaks,
      foreignProcessorShare: idle && busy && foreignShare(idle, busy),
      subjects,
      skipped: [...skipped, ...refused],
      machine: collectMachine(device.ready.facts!),
      provenance: collectProvenance(request.root, [{ purpose: 'measure again', line: request.command }]),
    };
  }

  /** Writes the common inputs, in a process of its own. */
  private async prepare(): Promise<void> {
    if (this.request.task === 'features') return;
    this.say('writing the common inputs');
    const { process } = await this.open(this.commands.device());
    await process.ask({ ask: 'prepare', folder: this.folder }, answers.prepared);
    await this.close(process);
  }

  /** Every subject computes the same values from the same inputs; bfloat16 is recorded, and not held to float32's tolerance. */
  private async check(specs: readonly SubjectSpec[]): Promise<{ checks: CheckValues[]; refused: LeftOut[] }> {
    const checks: CheckValues[] = [];
    const refused: LeftOut[] = [];
    for (const spec of specs) {
      this.say(`comparing ${spec.name}`);
      const opened = await this.openForComparison(spec);
      if ('why' in opened) {
        refused.push(opened);
        this.sayLeftOut(opened);
        continue;
      }
      const { process, compilation } = opened;
      const begun = this.context.clock.now();
      const { values } = await process.ask({ ask: 'check' }, answers.check);
      compilation?.noteFirstCall(this.context.clock.now() - begun);
      await this.close(process);
      checks.push({ name: spec.name, values });
      const text = Object.entries(values).map(([key, value]) => `${key} ${significant(value, 8)}`);
      this.say(`${spec.name}: ${text.join(', ')}`);
    }
    const rounded = specs.find(({ id }) => id === 'bfloat16')?.name;
    requireAgreement(checks.filter(({ name }) => name !== rounded));
    return { checks, refused };
  }

  /** A peer that does not start, or is of another version than the pinned one, is left out with the reason. */
  private async openForComparison(
    spec: SubjectSpec,
  ): Promise<(Pick<SubjectCommand, 'compilation'> & { readonly process: SubjectProcess }) | LeftOut> {
    const command = this.commands.of(spec, 'channels-last', checkFileName);
    if (!isPeer(spec)) return this.open(command);
    let opened: Awaited<ReturnType<BenchRun['open']>>;
    try {
      opened = await this.open(command);
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      return { name: spec.name, why: thrown.message };
    }
    const { process, ready } = opened;
    const pinned = pinnedVersion(join(this.request.peers!.scripts, 'requirements.txt'), spec.package);
    if (versionIn(ready.version) === pinned) return { ...command, process };
    await this.close(process);
    return { name: spec.name, why: `${ready.version}, and not the pinned ${pinned}` };
  }

  /** PyTorch is given the layout in which it is faster, by trial. */
  private async betterLayout(): Promise<MemoryFormat> {
    const trials: { layout: MemoryFormat; best: number }[] = [];
    for (const layout of ['channels-last', 'contiguous'] as const) {
      const { process } = await this.open(this.commands.of(torchEager, layout, inputsFileName));
      await process.ask({ ask: 'first', iterations: 1 }, answers.run);
      const { milliseconds } = await process.ask({ ask: 'run', iterations: 3 }, answers.run);
      await this.close(process);
      trials.push({ layout, best: Math.min(...milliseconds) });
      this.say(`PyTorch, ${layout}: ${significant(Math.min(...milliseconds), 4)} ms`);
    }
    return trials.reduce((a, b) => (b.best < a.best ? b : a)).layout;
  }

  private async start(spec: SubjectSpec, layout: MemoryFormat): Promise<Started> {
    this.say(`starting ${spec.name}`);
    const command = this.commands.of(spec, layout, inputsFileName);
    const { process, ready } = await this.open(command);
    const first = await process.ask({ ask: 'first', iterations: 1 }, answers.run);
    const warm = await process.ask({ ask: 'run', iterations: 1 }, answers.run);
    const earlier = command.compilation?.firstCall ?? null;
    const firstCallMilliseconds = earlier ?? first.milliseconds[0]!;
    command.compilation?.noteFirstCall(firstCallMilliseconds);
    this.say(
      `${spec.name}: first call ${formatDuration(firstCallMilliseconds / 1000)}${earlier === null ? '' : ', in an earlier benchmark'}`,
    );
    return {
      spec,
      process,
      version: ready.version,
      note: spec.id.startsWith('torch') ? layout : null,
      firstCallMilliseconds,
      compiledEarlier: earlier !== null,
      iterations: iterationsPerRound(warm.milliseconds[0]!),
    };
  }

  /** The peak has a turn in every round: machines do not run at one speed. */
  private async takeTurns(
    started: readonly Started[],
    device: SubjectProcess,
  ): Promise<{ runs: Run[][]; peaks: number[] }> {
    const { output, clock } = this.context;
    const { rounds } = this.request;
    const label = `bench ${this.request.task} ${this.request.size}`;
    const peaks: number[] = [];
    const peak = async (): Promise<Run> => {
      const begun = clock.now();
      peaks.push((await device.ask({ ask: 'peak' }, answers.peak)).flopsPerSecond);
      return { milliseconds: [clock.now() - begun], handles: null };
    };
    const runners = started.map(({ spec, process }) => ({
      name: spec.name,
      run: (iterations: number) => process.ask({ ask: 'run', iterations }, answers.run),
    }));
    const all = [...runners, { name: 'peak', run: peak }];
    const iterations = [...started.map((one) => one.iterations), 1];
    const progress = new Progress(output, clock, { label, total: rounds * all.length, unit: 'turns' });
    const runs = await interleavedRounds(all, rounds, iterations, (done) => progress.update(done));
    progress.finish();
    return { runs: runs.slice(0, -1), peaks };
  }

  private async finish(
    started: Started,
    runs: readonly Run[],
    checks: readonly CheckValues[],
  ): Promise<BenchmarkSubject> {
    const { spec, process, version, note, firstCallMilliseconds, compiledEarlier } = started;
    const { residentBytes, deviceBytes } = await process.ask({ ask: 'memory' }, answers.memory);
    await this.close(process);
    return {
      name: spec.name,
      own: !isPeer(spec),
      version,
      note,
      ...this.workOfIteration(),
      firstCallMilliseconds,
      ...(compiledEarlier && { compiledEarlier }),
      rounds: runs.map(({ milliseconds }) => milliseconds),
      handlesPerIteration: runs.at(-1)!.handles,
      peakResidentBytes: residentBytes,
      peakDeviceBytes: deviceBytes,
      check: checks.find(({ name }) => name === spec.name)?.values ?? null,
    };
  }

  private workOfIteration(): { images: number; flopPerImage: number | null } {
    const { request } = this;
    if (request.task === 'features') {
      const { images, flopPerImage } = extractorFacts(request.graph);
      return { images, flopPerImage };
    }
    const plan = basePlan(request.workload);
    const { flopPerTrainImage, network } = costOf(plan);
    if (request.task === 'step') return { images: plan.asRun.batchImages, flopPerImage: flopPerTrainImage };
    return { images: request.workload.sampleImages, flopPerImage: 2 * network.macs };
  }

  private open(command: SubjectCommand) {
    return SubjectProcess.start(command, this.running);
  }

  private async close(process: SubjectProcess): Promise<void> {
    await process.close();
    this.running.delete(process);
  }

  private sayLeftOut({ name, why }: LeftOut): void {
    this.say(`${name} is not measured: ${why}`);
  }

  private say(text: string): void {
    this.context.output.write(`bench: ${text}\n`);
  }
}

function basePlan({ planOf }: NetworkWork['workload']): Plan {
  return planOf(ownBase.settings);
}
