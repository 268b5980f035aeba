/**
 * @file Runs the benchmark of scoring: inputs, comparison of values, then each tool in turn.
 *
 * Every run is a process of its own that does nothing else.
 */
import { basename, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';
import { EngineError, HarnessError, UsageError } from '../../core/errors.ts';
import { formatCount, formatDuration, significant } from '../../core/units.ts';
import { float32Tensor, writeSafetensors } from '../../formats/safetensors.ts';
import { encodeGraphDef, parseGraphDef, type FrozenGraph } from '../../metrics/features/inception/graph-def.ts';
import { publishedWidths } from '../../metrics/features/inception/inception-2015.ts';
import { readGraph } from '../../metrics/features/inception/weights.ts';
import { usualPassImages } from '../../metrics/named-score.ts';
import { torchFidelityKid } from '../../metrics/values/kid.ts';
import { collectMachine } from '../../results/origin/machine.ts';
import { collectProvenance } from '../../results/origin/provenance.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { Progress, type Output } from '../../system/progress.ts';
import { peersEnvironment, privateEnvironment } from '../peers/peers-environment.ts';
import { pinnedVersion, versionIn } from '../peers/pinned.ts';
import { foreignShare, processorTime } from '../subjects/processor-time.ts';
import { answers, type Ready, type ScoreRun } from '../protocol.ts';
import type { OwnJob } from '../subjects/job.ts';
import { SubjectProcess } from '../subjects/subject-process.ts';
import { withProcesses } from '../subjects/with-processes.ts';
import { bounds, requireSameFeatures, requireSameValues, type SaidFeatures, type SaidValues } from './agreement.ts';
import { randomInception, withHalfPixelInput } from './random-inception.ts';
import type { ScoreBenchmark, ScoredSubject } from '../../results/benchmark/score-benchmark.ts';
import { stateDict } from './state-dict.ts';
import { chosenSubjects, type ScoreSubject } from './subjects.ts';
import { writeTextures, type TextureSet } from './textures.ts';

export interface ScoreBenchRequest {
  readonly images: number;
  readonly references: number;
  readonly rounds: number;
  readonly threads: number;
  /** Ids of subjects; null: all. */
  readonly only: readonly string[] | null;
  /** The 2015 Inception graph in place of random weights. */
  readonly graph: string | null;
  /** The pinned list of packages. */
  readonly requirements: string;
  /** The folder with the scripts of the peers. */
  readonly scripts: string;
  readonly ownProcess: readonly [string, ...string[]];
  readonly root: string;
  readonly command: string;
}

export interface ScoreBenchContext {
  readonly output: Output;
  readonly clock: Clock;
}

/** Side of the images, as in CIFAR-10; of those that need no resizing; how many of the latter. */
const side = 32;
const square = { side: 299, count: 4 } as const;
/** Images of each set that values are compared on before anything is timed. */
const mostCompared = 128;
/** Below, neighbour metrics and splits have too few images. */
const fewestImages = 16;
const seed = 0;

/**
 * @throws UsageError for subjects that are none or too few images, DataError for a graph of another topology, ResultError naming who disagrees,
 *   EngineError for a subject that does not run
 */
export function runScoreBenchmark(request: ScoreBenchRequest, context: ScoreBenchContext): Promise<ScoreBenchmark> {
  for (const [option, count] of [
    ['--images', request.images],
    ['--references', request.references],
  ] as const) {
    if (count >= fewestImages) continue;
    const expected = `at least ${fewestImages}: neighbours and splits need so many`;
    throw new UsageError({ where: option, got: count, expected, remedy: 'Ask for more' });
  }
  const chosen = chosenSubjects(request.only);
  return withProcesses((folder, running) => new ScoreBench(request, context, folder, running).measure(chosen));
}

/** What a process scores. */
type Sets = 'compared' | 'whole';

class ScoreBench {
  private readonly request: ScoreBenchRequest;
  private readonly context: ScoreBenchContext;
  private readonly folder: string;
  private readonly running: Set<SubjectProcess>;
  private readonly skipped: { name: string; why: string }[] = [];
  private readonly compared: number;
  private python = '';
  private jobs = 0;

  constructor(request: ScoreBenchRequest, context: ScoreBenchContext, folder: string, running: Set<SubjectProcess>) {
    this.request = request;
    this.context = context;
    this.folder = folder;
    this.running = running;
    this.compared = Math.min(mostCompared, request.images, request.references);
  }

  async measure(chosen: readonly ScoreSubject[]): Promise<ScoreBenchmark> {
    const { request } = this;
    const { images, references, rounds, threads } = request;
    const present = this.withEnvironment(chosen);
    this.tellSingular();
    this.writeImages();
    await this.writeWeights();
    const { subjects, compared, ownHalfPixel, facts } = await this.compare(present);
    if (subjects.some(({ package: name }) => name === null)) {
      this.say(`statistics of ${formatCount(references)} reference images, once and untimed`);
      await this.prepareOwn('whole', 'graph');
    }
    const pids = [process.pid];
    const idle = processorTime(pids);
    const runs = await this.takeTurns(subjects, compared, rounds);
    const busy = processorTime(pids);
    return {
      schema: 'consistency-harness/score-benchmark@1',
      images,
      references,
      side,
      weights: request.graph === null ? 'random' : basename(request.graph),
      device: 'cpu',
      threads,
      batchImages: usualPassImages,
      kid: this.kid('whole'),
      bounds,
      comparedImages: this.compared,
      ownHalfPixel,
      foreignProcessorShare: idle && busy && foreignShare(idle, busy),
      subjects: subjects.map((subject, i) => ({
        id: subject.id,
        name: subject.name,
        own: subject.package === null,
        version: subject.version,
        way: subject.way,
        compared: subject.compared,
        runs: runs[i]!,
      })),
      skipped: this.skipped,
      machine: collectMachine(facts),
      provenance: collectProvenance(request.root, [{ purpose: 'measure again', line: request.command }]),
    };
  }

  /** Without the environment all peers are left out, with the command that makes it. */
  private withEnvironment(chosen: readonly ScoreSubject[]): readonly ScoreSubject[] {
    const peers = chosen.filter(({ package: name }) => name !== null);
    if (peers.length === 0) return chosen;
    try {
      this.python = peersEnvironment(this.request.requirements).python;
      return chosen;
    } catch (thrown) {
      if (!(thrown instanceof EngineError)) throw thrown;
      const why =
        'there is no Python environment of the peers: make it with `npm run bench -- peers install` (about 6 GB)';
      for (const { name } of peers) this.skip(name, why);
    }
    return this.requireSome(chosen.filter(({ package: name }) => name === null));
  }

  private requireSome<T>(subjects: readonly T[]): readonly T[] {
    if (subjects.length > 0) return subjects;
    throw new UsageError({
      where: '--only',
      got: (this.request.only ?? []).join(','),
      expected: 'a subject that can be measured here',
      remedy: this.skipped.map(({ name, why }) => `${name}: ${why}`).join('; '),
    });
  }

  private tellSingular(): void {
    const fewest = Math.min(this.request.images, this.request.references);
    const { features } = publishedWidths;
    if (fewest > features) return;
    this.say(
      `${formatCount(fewest)} images span ${formatCount(fewest - 1)} of ${formatCount(features)} dimensions: a covariance has lost rank, and the distance is ` +
        `compared as it is, with eigenvalues of zero. From ${formatCount(features + 1)} images on it has full rank`,
    );
  }

  /** The same weights for everyone: as a graph, and under PyTorch's names. */
  private async writeWeights(): Promise<void> {
    const graph = await this.graph();
    const tensors = stateDict(graph, this.request.graph ?? 'random graph');
    writeFileAtomically(this.at('graph.pb'), encodeGraphDef(graph));
    writeFileAtomically(this.at('half-pixel.pb'), encodeGraphDef(withHalfPixelInput(graph)));
    writeSafetensors(
      this.at('weights.safetensors'),
      tensors.map(({ name, shape, values }) => [name, float32Tensor(values, shape)]),
    );
  }

  private async graph(): Promise<FrozenGraph> {
    const { graph, threads } = this.request;
    if (graph !== null) {
      const { where, bytes } = await readGraph(graph);
      return parseGraphDef(where, bytes);
    }
    this.say('drawing the weights of the network');
    const path = this.at('drawn.pb');
    writeFileAtomically(path, encodeGraphDef(randomInception(seed)));
    const images = this.at('compared-images');
    const { process } = await this.openOwn('calibrate', {
      task: 'calibrate',
      device: 'cpu',
      threads,
      graph: path,
      images,
    });
    await process.ask({ ask: 'prepare', folder: this.folder }, answers.prepared);
    await this.close(process);
    const { where, bytes } = await readGraph(path);
    return parseGraphDef(where, bytes);
  }

  private writeImages(): void {
    const { images, references } = this.request;
    const { output, clock } = this.context;
    const total = images + references;
    const progress = new Progress(output, clock, { label: 'score: drawing', total, unit: 'images' });
    const write = (set: TextureSet, name: string, count: number, before: number) => {
      writeTextures({ folder: this.at(name), set, seed, count, side }, (done) => progress.update(before + done));
    };
    write('images', 'whole-images', images, 0);
    write('reference', 'whole-reference', references, images);
    write('images', 'compared-images', this.compared, total);
    write('reference', 'compared-reference', this.compared, total);
    progress.update(total);
    progress.finish();
    writeTextures({ folder: this.at('squares'), set: 'images', seed: seed + 1, ...square });
  }

  /** Features and values of every subject on few images; whoever cannot be used is left out with the reason. */
  private async compare(present: readonly ScoreSubject[]) {
    const subjects: (ScoreSubject & Pick<ScoredSubject, 'version' | 'compared'>)[] = [];
    const features: SaidFeatures[] = [];
    const values: SaidValues[] = [];
    const runs: ScoreRun[] = [];
    let facts: NonNullable<Ready['facts']> | undefined;
    for (const subject of present) {
      const { name, way } = subject;
      this.say(`comparing ${name}`);
      const opened = await this.openForComparison(subject);
      if (opened === undefined) continue;
      const { process, ready } = opened;
      facts ??= ready.facts;
      await process.ask({ ask: 'prepare', folder: this.folder }, answers.prepared);
      features.push({ name, ...(await process.ask({ ask: 'features' }, answers.features)) });
      const run = await process.ask({ ask: 'score' }, answers.score);
      await this.close(process);
      values.push({ name, way, values: run.values });
      runs.push(run);
      subjects.push({ ...subject, version: ready.version, compared: run.values });
      this.say(`${name}: ${valuesText(run)}`);
    }
    this.requireSome(subjects);
    facts ??= await this.ownFacts();
    requireSameFeatures(features);
    const asksHalfPixel =
      subjects.some(({ package: name }) => name === null) && values.some(({ way }) => way === 'half-pixel');
    const ownHalfPixel = asksHalfPixel ? await this.ownHalfPixel() : null;
    if (ownHalfPixel) values.push(ownHalfPixel);
    requireSameValues(
      values,
      this.compared,
      'Nothing was timed: find the difference first, or leave the subject out with --only',
    );
    return { subjects, compared: runs, ownHalfPixel: ownHalfPixel?.values ?? null, facts };
  }

  /** Undefined, with the reason told, where a peer is not there or is another than the pinned one. */
  private async openForComparison(subject: ScoreSubject) {
    const { package: name } = subject;
    if (name === null) return this.open(subject, 'compared');
    let opened;
    try {
      opened = await this.open(subject, 'compared');
    } catch (thrown) {
      if (!(thrown instanceof HarnessError)) throw thrown;
      this.skip(subject.name, thrown.message);
      return undefined;
    }
    const pinned = pinnedVersion(this.request.requirements, name);
    const found = versionIn(opened.ready.version);
    if (found === pinned) return opened;
    await this.close(opened.process);
    this.skip(subject.name, `version ${found ?? 'unknown'} is installed, and ${pinned ?? 'none'} is pinned`);
    return undefined;
  }

  private skip(name: string, why: string): void {
    this.skipped.push({ name, why });
    this.say(`${name} is left out: ${why}`);
  }

  /** The value that pytorch-fid computes, by this harness. */
  private async ownHalfPixel(): Promise<SaidValues> {
    const name = 'this harness with half-pixel centres';
    this.say(`comparing ${name}`);
    const [own] = chosenSubjects(['harness']);
    await this.prepareOwn('compared', 'half-pixel');
    const { process } = await this.open(own!, 'compared', 'half-pixel');
    const run = await process.ask({ ask: 'score' }, answers.score);
    await this.close(process);
    this.say(`${name}: ${valuesText(run)}`);
    return { name, way: 'half-pixel', values: run.values };
  }

  private async prepareOwn(sets: Sets, graph: 'graph' | 'half-pixel'): Promise<void> {
    const [own] = chosenSubjects(['harness']);
    const { process } = await this.open(own!, sets, graph);
    await process.ask({ ask: 'prepare', folder: this.folder }, answers.prepared);
    await this.close(process);
  }

  private async ownFacts(): Promise<NonNullable<Ready['facts']>> {
    const [own] = chosenSubjects(['harness']);
    const { process, ready } = await this.open(own!, 'compared');
    await this.close(process);
    return ready.facts!;
  }

  /** @param compared each subject's run on few images, from which the time left is known before the first turn has ended */
  private async takeTurns(
    subjects: readonly (ScoreSubject & Pick<ScoredSubject, 'version'>)[],
    compared: readonly ScoreRun[],
    rounds: number,
  ): Promise<ScoredSubject['runs'][]> {
    const { output, clock } = this.context;
    const { images, references } = this.request;
    const perTurn = images + references;
    const total = rounds * subjects.length * perTurn;
    const progress = new Progress(output, clock, { label: 'bench score', total, unit: 'images' });
    const runs = subjects.map((): (ScoreRun & { startMilliseconds: number })[] => []);
    let done = 0;
    for (let round = 1; round <= rounds; round++) {
      for (const [i, subject] of subjects.entries()) {
        const expected = expectedSeconds(compared[i]!, perTurn / (2 * this.compared));
        const rate = perTurn / expected;
        this.say(`${subject.name}, round ${round} of ${rounds}: about ${formatDuration(expected)}`);
        const begun = clock.now();
        const ticking = setInterval(() => {
          const guessed = Math.min(0.99 * perTurn, ((clock.now() - begun) / 1000) * rate);
          progress.update(done + Math.floor(guessed), subject.name);
        }, 1000);
        try {
          runs[i]!.push(await this.turn(subject));
        } finally {
          clearInterval(ticking);
        }
        done += perTurn;
        progress.update(done, subject.name);
      }
      if (round > 1) continue;
      requireSameValues(
        subjects.map(({ name, way }, i) => ({ name, way, values: runs[i]![0]!.values })),
        Math.min(images, references),
        'No times are kept: find the difference first, or leave the subject out with --only',
      );
    }
    progress.finish();
    return runs;
  }

  private async turn(subject: ScoreSubject): Promise<ScoreRun & { startMilliseconds: number }> {
    const { clock } = this.context;
    const begun = clock.now();
    const { process } = await this.open(subject, 'whole');
    const startMilliseconds = clock.now() - begun;
    const run = await process.ask({ ask: 'score' }, answers.score);
    await this.close(process);
    return { ...run, startMilliseconds };
  }

  private open(subject: ScoreSubject, sets: Sets, graph: 'graph' | 'half-pixel' = 'graph') {
    const { threads, scripts } = this.request;
    const work = {
      device: 'cpu',
      threads,
      images: this.at(`${sets}-images`),
      reference: this.at(`${sets}-reference`),
      squares: this.at('squares'),
      kid: this.kid(sets),
    } as const;
    const { name } = subject;
    if (subject.package === null) {
      const statistics = this.at(`${sets}-${graph}.npz`);
      return this.openOwn(name, { ...work, task: 'score', graph: this.at(`${graph}.pb`), statistics });
    }
    const { package: tool, mode } = subject;
    const weights = this.at('weights.safetensors');
    const folder = this.at('tools');
    const path = this.job({ ...work, package: tool, mode, folder, weights, batchImages: usualPassImages });
    const args = [join(scripts, 'score_peer.py'), path];
    const environment = privateEnvironment(process.env);
    return SubjectProcess.start({ name, program: this.python, args, environment }, this.running);
  }

  private openOwn(name: string, job: OwnJob) {
    const [program, ...args] = this.request.ownProcess;
    const command = { name, program, args: [...args, this.job(job)], environment: process.env };
    return SubjectProcess.start(command, this.running);
  }

  /** @returns the path of its file */
  private job(job: object): string {
    const path = this.at(`job${this.jobs++}.json`);
    writeJsonAtomically(path, job);
    return path;
  }

  private async close(process: SubjectProcess): Promise<void> {
    await process.close();
    this.running.delete(process);
  }

  /** Subsets as large as the sets allow. */
  private kid(sets: Sets): ScoreBenchmark['kid'] {
    const { images, references } = this.request;
    const { subsets, subsetSize, seed } = torchFidelityKid;
    const fewest = sets === 'whole' ? Math.min(images, references) : this.compared;
    return { subsets, subsetSize: Math.min(subsetSize, fewest), seed };
  }

  private at(name: string): string {
    return join(this.folder, name);
  }

  private say(text: string): void {
    this.context.output.write(`bench: ${text}\n`);
  }
}

/** What goes by images grows with them; of the statistics of many images nothing is known yet. */
function expectedSeconds({ parts }: ScoreRun, growth: number): number {
  const { decode = 0, resize = 0, network = 0, ...fixed } = parts;
  const rest = Object.values(fixed).reduce((sum, part) => sum + part, 0);
  return (growth * (decode + resize + network) + rest) / 1000;
}

function valuesText({ values }: ScoreRun): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${significant(value, 7)}`)
    .join(', ');
}
