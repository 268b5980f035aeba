/**
 * @file Runs one campaign: small real work on a disk that fails where the seed decides, then goes on.
 *
 * The work is a run (plan, loop, checkpoints, further draws, store, cells, report and its publication) or the preparation of data
 * (download, photographs, packed set). Its end is that of undisturbed work, or a refusal that names the file and the remedy.
 */
import { join } from 'node:path';
import { canonicalJson, fingerprint } from '../../core/canonical-json.ts';
import { CheckpointedExit, HarnessError, exitCodes } from '../../core/errors.ts';
import { HostRandom } from '../../core/random.ts';
import { openShapes } from '../../data/shapes.ts';
import { planFileName, readPlan } from '../../plan/plan-file.ts';
import { engineSettings } from '../../plan/engine-settings.ts';
import { resolvePlan } from '../../plan/resolve.ts';
import type { Plan } from '../../plan/types.ts';
import type { Network, Recipe } from '../../recipe/types.ts';
import { publishRun, reportPaths, writeReportFiles } from '../../report/report.ts';
import { resultsCsv } from '../../report/tables/csv.ts';
import { readRun, type Run } from '../../results/run.ts';
import { recordAttempt } from '../../run/cell/attempts.ts';
import { runCell } from '../../run/cell/cell.ts';
import { lockCell } from '../../run/cell/cell-lock.ts';
import { endOf } from '../../run/cell/ended-cell.ts';
import { HeartbeatWriter } from '../../run/cell/heartbeat.ts';
import type { CellEnd, CellProcess } from '../../run/executors/contract.ts';
import { reproduce } from '../../run/reproduce.ts';
import { interfere } from '../../system/disk.ts';
import { isTemporaryName, writeJsonAtomically } from '../../system/files/atomic-file.ts';
import { exists, filesBelow, inTemporaryFolder, makeFolder } from '../../system/files/files.ts';
import { requireOutputFile } from '../../system/files/output-file.ts';
import { silence } from '../../system/progress.ts';
import { cellOutcome } from '../cell-outcome.ts';
import { tinyRecipe } from '../proof-plan.ts';
import { FaultDisk, Killed, type PlannedFault } from './fault-disk.ts';
import { faultKinds, faults } from './faults.ts';
import { isUnfinished, placePhotographs, prepareData } from './prepared-data.ts';
import { noEngine, openPlainScorer, plainComputing } from './plain-computing.ts';

export type CampaignEnd = 'finished' | 'refused';

export interface Campaign {
  readonly seed: number;
  /** What was struck, in order. */
  readonly struck: readonly string[];
  readonly end: CampaignEnd | 'wrong';
  /** The refusal; or what is wrong: another hash, an error that is no refusal, a file that stayed. */
  readonly why: string | null;
}

/** What a campaign is compared with. */
export interface Undisturbed {
  readonly hashes: Readonly<Record<WorkName, readonly string[]>>;
  /** Operations that a fault of each kind can strike. */
  readonly points: ReadonlySet<string>;
}

/** Nothing is computed with it: it only gives the tensors of a state their names and shapes. */
const smallest: Network = {
  kind: 'ncsnpp',
  resolution: 16,
  baseChannels: 4,
  channelMultipliers: [1],
  blocksPerLevel: 1,
  attentionResolutions: [],
};

/** The plans of every campaign: both teachers, six steps, checkpoints every two. */
export function campaignPlans(recipes: readonly Recipe[]): Plan[] {
  const scale = {
    id: 'smoke',
    steps: 6,
    batchImages: 2,
    maxIntervals: 20,
    samplingEmaDecay: 0.9,
    sampleImages: 4,
    curveImages: 2,
    curvePoints: 2,
    checkpointEverySteps: 2,
  } as const;
  return recipes.map((recipe) => {
    const tiny = { ...tinyRecipe(recipe), network: smallest };
    const engine = engineSettings(scale.batchImages, { device: 'cpu' });
    return resolvePlan({ recipe: tiny, scale, seed: 0, engine });
  });
}

type WorkName = 'run' | 'data';

/** What a campaign does again and again until nothing is left to do. */
interface Work {
  /** What a person has placed beside it, before each process. */
  readonly place: (folder: string) => void;
  /** One process. @throws the first refusal */
  readonly once: (disk: FaultDisk, folder: string, plans: readonly Plan[]) => Promise<unknown>;
  /** Of what it made. */
  readonly hashes: (disk: FaultDisk, folder: string, plans: readonly Plan[]) => Promise<string[]>;
  /** Whether a file should be gone when the work is done. */
  readonly isLeft: (path: string, damaged: boolean) => boolean;
}

const works: Readonly<Record<WorkName, Work>> = {
  run: {
    place: () => undefined,
    once: runOnce,
    hashes: (_, folder, plans) => hashesOf(folder, plans),
    // In the folder of the run others may be writing; what is in a cell belongs to the process that holds its lock.
    isLeft: (path) => path.includes('-seed') && isTemporaryName(path),
  },
  data: {
    place: placePhotographs,
    once: ({ clock }, folder) => prepareData(folder, clock),
    hashes: ({ clock }, folder) => prepareData(folder, clock),
    // A set of damaged photographs stays begun: they may come back.
    isLeft: (path, damaged) => !damaged && isUnfinished(path),
  },
};

/** A run takes some times as long as its data. */
function workOf(seed: number): WorkName {
  return seed % 3 === 0 ? 'data' : 'run';
}

/** The work that nothing disturbs. @throws what it throws: there is nothing to compare with */
export async function undisturbed(plans: readonly Plan[]): Promise<Undisturbed> {
  const points = new Set<string>();
  const straight = (name: WorkName): Promise<string[]> =>
    onDisk(0, async (disk, folder) => {
      disk.begin(null);
      await processOf(works[name], disk, folder, plans);
      disk.reached.forEach((point) => points.add(point));
      return works[name].hashes(disk, folder, plans);
    });
  return { hashes: { run: await straight('run'), data: await straight('data') }, points };
}

/** One process on the disk. @throws its refusal */
async function processOf(work: Work, disk: FaultDisk, folder: string, plans: readonly Plan[]): Promise<void> {
  // A person's own folders: no run makes them, and "folder gone" may have taken them.
  makeFolder(join(folder, 'temporary'));
  work.place(folder);
  const before = interfere(disk.interference);
  try {
    await work.once(disk, folder, plans);
  } finally {
    interfere(before);
  }
}

/** At most so many faults one after another, each in a process of its own. */
const mostFaults = 3;
/** Operations after which a fault strikes, at most: about as many as an undisturbed run has. */
const latest = 700;

/** Runs the campaign of a seed. @param onPoints told the points that it passed */
export function runCampaign(
  seed: number,
  plans: readonly Plan[],
  straight: Undisturbed,
  onPoints: (reached: ReadonlySet<string>) => void = () => undefined,
): Promise<Campaign> {
  const name = workOf(seed);
  const work = works[name];
  return onDisk(seed, async (disk, folder, random) => {
    const struck: string[] = [];
    let damaged = false;
    let refusal: string | null = null;
    const ended = (end: Campaign['end'], why: string | null = null): Campaign => {
      onPoints(disk.reached);
      return { seed, struck, end, why };
    };
    const planned = Array.from({ length: 1 + random.below(mostFaults) }, () => plannedFault(random));
    // Two processes without a fault at the end: the first may still find what an earlier one left half done.
    for (const fault of [...planned, null, null]) {
      disk.begin(fault);
      try {
        await processOf(work, disk, folder, plans);
        refusal = null;
      } catch (thrown) {
        const wrong = wrongIn(thrown, folder);
        if (wrong !== null) return ended('wrong', wrong);
        refusal = thrown instanceof HarnessError ? thrown.message : refusal;
      } finally {
        if (disk.struck !== null) struck.push(disk.struck);
        damaged ||= disk.struck !== null && fault !== null && faults[fault.kind].damages;
      }
    }
    if (refusal !== null) return damaged ? ended('refused', refusal) : ended('wrong', `refused for ever: ${refusal}`);
    const hashes = await work.hashes(disk, folder, plans).catch((thrown: unknown) => thrown);
    if (!isList(hashes)) {
      // What a finished run left was damaged after its last use: whoever reads it is told.
      const wrong = wrongIn(hashes, folder);
      return wrong === null && damaged
        ? ended('refused', endOf(hashes).message)
        : ended('wrong', wrong ?? endOf(hashes).message);
    }
    const other = hashes.findIndex((hash, i) => hash !== straight.hashes[name][i]);
    if (other >= 0) return ended('wrong', `${hashes[other]!} in place of ${straight.hashes[name][other]!}`);
    const left = filesBelow(folder).find((path) => work.isLeft(path, damaged));
    return left === undefined ? ended('finished') : ended('wrong', `${left.replace(folder, '.')} stayed`);
  });
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}

function plannedFault(random: HostRandom): PlannedFault {
  const kind = faultKinds[random.below(faultKinds.length)]!;
  // Half of them early: what strikes late strikes no process that stops before.
  return { kind, after: random.below(random.below(2) === 0 ? latest : latest / 8) };
}

/** An error that no user's disk may lead to; null for a killed process and for a refusal that names a file and a remedy. */
function wrongIn(thrown: unknown, folder: string): string | null {
  if (thrown instanceof Killed || thrown instanceof CheckpointedExit) return null;
  if (!(thrown instanceof HarnessError))
    return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const { message, fault } = thrown;
  if (!message.includes(folder)) return `a refusal that names no file: ${message}`;
  return fault.remedy === '' ? `a refusal without a remedy: ${message}` : null;
}

/** The run from its plan to its report, as `reproduce` has it, and its publication, in this process. @throws the first refusal of a cell */
async function runOnce(disk: FaultDisk, folder: string, plans: readonly Plan[]): Promise<void> {
  const refusals: unknown[] = [];
  const runFolder = join(folder, 'run');
  const { html, csv } = reportPaths(runFolder);
  for (const path of [html, csv]) requireOutputFile(path);
  const { run } = await reproduce({
    runFolder,
    plans,
    files: {},
    command: 'npm run reproduce shapes',
    cellProcess: () => ['none'],
    provide: () => Promise.resolve({}),
    where: 'here',
    execute: async (cells) => {
      const ends: CellEnd[] = [];
      for (const cell of cells) {
        const thrown = await runCellHere(disk, cell).catch((error: unknown) => error ?? 'nothing');
        if (thrown instanceof Killed) throw thrown;
        if (thrown !== undefined) refusals.push(thrown);
        ends.push({ name: cell.name, exitCode: thrown === undefined ? exitCodes.done : exitCodes.failed });
      }
      return ends;
    },
    onRegistered: () => undefined,
    output: silence,
    clock: disk.clock,
  });
  if (refusals.length > 0) throw refusals[0];
  // The page is a pure function of the results; its values alone are written in its place.
  writeReportFiles(runFolder, { 'report.html': canonicalJson(scoresOf(run)), 'results.csv': resultsCsv(run) });
  publishRun(run, join(folder, 'reports', 'run'));
}

function scoresOf({ ledger }: Run): unknown {
  return ledger.map(({ cell, result }) => ({ cell, scores: result?.scores }));
}

/** A cell as its process has it, in this one. @returns nothing @throws what ended it */
async function runCellHere({ clock, code }: FaultDisk, { folder }: CellProcess): Promise<void> {
  readPlan(join(folder, planFileName));
  const lock = lockCell(folder, { clock, output: silence });
  const heartbeat = new HeartbeatWriter(folder, clock);
  try {
    const about = { folder, root: code, command: 'npm run reproduce shapes', output: silence };
    await recordAttempt(about, clock, () =>
      runCell({
        ...about,
        engine: noEngine,
        computing: plainComputing,
        openSource: () => Promise.resolve(shapes),
        openScorer: openPlainScorer,
        redraws: 1,
        clock,
        stopRequested: () => {
          heartbeat.beat();
          lock.lost.throwIfAborted();
          return false;
        },
      }),
    );
  } finally {
    lock.release();
  }
}

/** Opened once: it draws and hashes two thousand images. */
const shapes = openShapes();

async function hashesOf(folder: string, plans: readonly Plan[]): Promise<string[]> {
  const run = join(folder, 'run');
  const hashes: string[] = [];
  for (const { recipe, seed } of plans) {
    const cell = join(run, `${recipe.id}-seed${seed}`);
    const outcome = exists(cell) ? await cellOutcome(cell) : null;
    if (!outcome) hashes.push(`${recipe.id}: no result`);
    else for (const [what, sha] of outcome.hashes) hashes.push(`${recipe.id}: ${what} ${sha}`);
  }
  const published = exists(run) ? readRun(join(folder, 'reports', 'run')) : null;
  hashes.push(`published scores ${published ? fingerprint(scoresOf(published)) : 'none'}`);
  return hashes;
}

function onDisk<T>(
  seed: number,
  work: (disk: FaultDisk, folder: string, random: HostRandom) => Promise<T>,
): Promise<T> {
  return inTemporaryFolder('verify-faults-', async (parent) => {
    const random = new HostRandom(seed, 'data-order', 0);
    const [folder, code] = [join(parent, 'disk'), join(parent, 'code')];
    // No git checkout, which would be asked at the cost of a process.
    writeJsonAtomically(join(code, 'package.json'), { version: '0.0.0' });
    const kept = process.env.TMPDIR;
    process.env.TMPDIR = join(folder, 'temporary');
    try {
      return await work(new FaultDisk(folder, code, random), folder, random);
    } finally {
      if (kept === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = kept;
    }
  });
}
