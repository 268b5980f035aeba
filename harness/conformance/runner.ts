/**
 * @file Runs reference cases one after another: one verdict per case, one exit code for all.
 *
 * The engine is loaded only when a kind needs it.
 */
import {
  DataError,
  DivergenceError,
  EngineError,
  HarnessError,
  described,
  exitCodes,
  type ExitCode,
} from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import { findCases, MalformedCaseError, readCase, type ConformanceCase } from './case.ts';
import { requireWholePack } from './whole-pack.ts';
import type { CaseVerdict } from './judge/judge-tensors.ts';
import type { JudgedKind } from './judge/judge-case.ts';

/**
 * What became of one case. `malformed`: the pack itself cannot be used or its kind is unknown; `crashed`: our code threw something that is
 * no message to a person.
 */
type CaseOutcome = 'passed' | 'failed' | 'malformed' | 'crashed';

export interface CaseReport {
  readonly folder: string;
  readonly kind: string;
  readonly id: string;
  readonly outcome: CaseOutcome;
  /** Largest error as a share of its tolerance; null where it is no finite number. */
  readonly share: number | null;
  /** The value with the largest share, or the whole message of what went wrong. */
  readonly worst: string;
}

/** Name of a kind -> how it is loaded. */
type Kinds = Readonly<Record<string, () => Promise<JudgedKind>>>;

export interface RunnerOptions {
  readonly kinds: Kinds;
  /** Called once, before the first case whose kind needs the engine. */
  readonly loadEngine: () => void | Promise<void>;
  /** Told of each case as soon as it is judged. */
  readonly onCase?: (report: CaseReport) => void;
  /** Told in one line what was left out of a folder: hidden names, dangling links. */
  readonly onRemark?: (line: string) => void;
}

/**
 * Every case at or below the folders, in path order; one bad case does not keep the others from being judged.
 * @throws DataError when a folder is missing or holds no case; EngineError when the engine is needed and cannot be loaded
 */
export async function runConformance(folders: readonly string[], options: RunnerOptions): Promise<CaseReport[]> {
  const cases = [...new Set(folders.flatMap((folder) => casesBelow(folder, options)))].sort();
  let engineLoaded = false;
  const reports: CaseReport[] = [];
  for (const folder of cases) {
    const report = await runCase(folder, options.kinds, async () => {
      if (engineLoaded) return;
      await options.loadEngine();
      engineLoaded = true;
    });
    reports.push(report);
    options.onCase?.(report);
  }
  return reports;
}

/** A folder without a case would count as one whose cases all passed. */
function casesBelow(folder: string, { onRemark }: RunnerOptions): string[] {
  const cases = findCases([folder], onRemark);
  if (cases.length > 0) return cases;
  throw new DataError({
    where: 'conformance',
    got: folder,
    expected: 'a folder with at least one case.json at or below it',
    remedy: 'Check the path',
  });
}

async function runCase(folder: string, kinds: Kinds, needEngine: () => Promise<void>): Promise<CaseReport> {
  let named = { kind: 'unknown', id: folder };
  let prepared;
  try {
    const reference = readCase(folder);
    named = { kind: reference.kind, id: reference.id };
    prepared = { reference, kind: await kindOf(kinds, folder, reference.kind)() };
    requireWholePack(reference);
  } catch (thrown) {
    return unusable(folder, named, thrown);
  }
  const { reference, kind } = prepared;
  if (kind.needsEngine(reference)) await needEngine();
  try {
    return judged(folder, named, requireComparison(reference, await kind.judge(reference)));
  } catch (thrown) {
    return unusable(folder, named, thrown);
  }
}

function kindOf(kinds: Kinds, folder: string, name: string): Kinds[string] {
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind) return kind;
  throw new DataError({
    where: folder,
    got: name,
    expected: 'a kind that this project supports',
    remedy: suggestion(name, Object.keys(kinds)),
  });
}

/** The last word on every kind: a case of which nothing was compared has not passed. */
function requireComparison(reference: ConformanceCase, verdict: CaseVerdict): CaseVerdict {
  if (verdict.compared > 0) return verdict;
  throw new MalformedCaseError({
    where: `${reference.folder}/case.json`,
    got: described('a case that compares nothing'),
    expected: 'at least one expected value, or a refusal',
    remedy: 'Fetch the pack again',
  });
}

function judged(folder: string, named: { kind: string; id: string }, verdict: CaseVerdict): CaseReport {
  return {
    folder,
    ...named,
    outcome: verdict.passed ? 'passed' : 'failed',
    share: Number.isFinite(verdict.share) ? verdict.share : null,
    worst: verdict.worst,
  };
}

function unusable(folder: string, named: { kind: string; id: string }, thrown: unknown): CaseReport {
  // A refusal of the engine, or a value that is not finite, is a fault of ours and not of the pack.
  const ours = thrown instanceof EngineError || thrown instanceof DivergenceError;
  const malformed = thrown instanceof HarnessError && !ours;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { folder, ...named, outcome: malformed ? 'malformed' : 'crashed', share: null, worst: message };
}

/** 0 when every case passed, 65 when a pack is malformed or of an unknown kind, otherwise 1. */
export function exitCodeOf(reports: readonly CaseReport[]): ExitCode {
  if (reports.some(({ outcome }) => outcome === 'malformed')) return exitCodes.badInput;
  return reports.every(({ outcome }) => outcome === 'passed') ? exitCodes.done : exitCodes.failed;
}
