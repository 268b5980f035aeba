/** @file The write-once store: sealed, checked on reading, free of personal paths. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readOutcome, readResult, writeResult, type ResultDraft } from '../../harness/results/store.ts';
import type { Result } from '../../harness/results/schema.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let folder: string;
let cell: string;
let path: string;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'store-')), 'shapes-twin');
  writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
  cell = join(folder, 'shapes-ct-seed0');
  path = join(cell, 'result.json');
});

describe('writeResult', () => {
  it('gives back what readResult reads', () => {
    const written = readResult(cell)!;
    rmSync(path);
    expect(writeResult(cell, draftOf(written))).toEqual(written);
    expect(readResult(cell)).toEqual(written);
  });

  it('refuses a second result of a cell and leaves the first', () => {
    const before = readFileSync(path);
    expect(() => writeResult(cell, draftOf(readResult(cell)!))).toThrow(
      `${path}: got a result that exists already, expected a cell without one: results are written once. Give the new run another name, or move the whole cell folder away first.`,
    );
    expect(readFileSync(path)).toEqual(before);
  });

  it('refuses a result of another plan than the one in the folder', () => {
    const other = draftOf(readResult(join(folder, 'shapes-ict-seed0'))!);
    rmSync(path);
    const [found, expected] = [other.plan, readPlan(cell)].map(({ fingerprint }) => fingerprint.slice(0, 12));
    expect(() => writeResult(cell, other)).toThrow(
      `${path}: got a result of plan ${found!}, expected the plan of this cell, ${expected!}. Keep the results of different plans in different folders.`,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a plan whose numbers were changed', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    const plan = { ...draft.plan, asRun: { ...draft.plan.asRun, s1: 81 } };
    expect(() => writeResult(cell, { ...draft, plan })).toThrow('is not the fingerprint of the plan');
  });

  it('refuses a value that is not finite', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    const [first, ...rest] = draft.scores;
    expect(() => writeResult(cell, { ...draft, scores: [{ ...first!, value: Number.NaN }, ...rest] })).toThrow(
      `${path}: got scores.0.value: Invalid input: expected number, received NaN, expected a result of schema consistency-harness/result@1. Complete the draft of the cell.`,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('refuses a metric whose name promises other numbers of images', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    const scores = draft.scores.map((score) => ({ ...score, metric: 'fid50k' }));
    expect(() => writeResult(cell, { ...draft, scores })).toThrow(
      'scores.0.identity.samples: must be the 50000 that the name fid50k promises',
    );
  });

  it('refuses a finished cell that stopped early, and a diverged one without a failure', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    expect(() => writeResult(cell, { ...draft, progress: { steps: 3999, images: 255_936 } })).toThrow(
      'must reach the planned 4000 steps when the status is "done"',
    );
    expect(() => writeResult(cell, { ...draft, status: 'diverged' })).toThrow(
      'must be null exactly when the status is "done"',
    );
  });

  it('refuses a file outside the folder of the cell, and one that is not there', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    const [file] = draft.files;
    expect(() => writeResult(cell, { ...draft, files: [{ ...file!, path: 'gone.png' }] })).toThrow(
      `${join(cell, 'gone.png')}: got no file, expected the file named in ${path}. Restore it, or move the cell folder away and run the cell again.`,
    );
    expect(() =>
      writeResult(cell, { ...draft, files: [{ ...file!, path: '../shapes-ict-seed0/result.json' }] }),
    ).toThrow('files.0.path: must be a relative path inside the folder of the cell');
  });

  it('writes failures without paths of this machine', () => {
    const draft = draftOf(readResult(cell)!);
    rmSync(path);
    const message = `Replay it from ${cell} with ${homedir()}/data and ${process.cwd()}/scripts/replay.ts`;
    const failure = { step: 7, message, exitCode: 70 };
    const result = writeResult(cell, { ...draft, status: 'diverged', failure, scores: [] });
    expect(result.failure?.message).toBe('Replay it from shapes-ct-seed0 with ~/data and ./scripts/replay.ts');
  });
});

describe('a failure', () => {
  const failed = (message: string) => {
    const draft = draftOf(readResult(join(folder, 'shapes-ct-seed0'))!);
    return { ...draft, status: 'failed', failure: { step: 3, message, exitCode: 1 }, scores: [] } as const;
  };

  it('is kept beside the place of a result, replaced by the next one, and removed by a result', () => {
    const [first, second] = [failed('out of memory'), failed('a lost device')];
    const done = draftOf(readResult(cell)!);
    rmSync(path);
    writeResult(cell, first);
    writeResult(cell, second);
    expect(readResult(cell)).toBeNull();
    expect(readOutcome(cell)).toMatchObject({ status: 'failed', failure: { message: 'a lost device' } });
    expect(existsSync(path)).toBe(false);
    const written = writeResult(cell, done);
    expect(readOutcome(cell)).toEqual(written);
    expect(existsSync(join(cell, 'failure.json'))).toBe(false);
  });

  it('never stands beside a result', () => {
    expect(() => writeResult(cell, failed('late'))).toThrow(`${path}: got a result that exists already`);
    expect(existsSync(join(cell, 'failure.json'))).toBe(false);
  });
});

describe('readResult', () => {
  it('finds nothing in a cell without a result', () => {
    expect(readResult(folder)).toBeNull();
  });

  it('finds out an edited value', () => {
    const hash = readResult(cell)!.contentSha256;
    writeFileSync(path, readFileSync(path, 'utf8').replace('"value": 595', '"value": 295'));
    expect(() => readResult(cell)).toThrow(
      `${path}: got content that was changed after it was written, expected the content with sha256 ${hash} that was written. Restore the file, or move the cell folder away and run the cell again.`,
    );
  });

  it('does not take a result whose seal was removed', () => {
    writeFileSync(path, readFileSync(path, 'utf8').replace(/,\s*"contentSha256": "[0-9a-f]{64}"/, ''));
    expect(() => readResult(cell)).toThrow('contentSha256');
  });

  it('does not mind how the same content is laid out', () => {
    const before = readResult(cell);
    writeFileSync(path, JSON.stringify(JSON.parse(readFileSync(path, 'utf8'))));
    expect(readResult(cell)).toEqual(before);
  });

  it('names a sample grid that was changed', () => {
    const grid = join(cell, 'samples', 'one-step.png');
    writeFileSync(grid, 'x');
    expect(() => readResult(cell)).toThrow(
      `${grid}: got content that was changed after it was written, expected sha256 `,
    );
  });

  it('says what is wrong with a file that is cut off or of another version', () => {
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.slice(0, 100));
    expect(() => readResult(cell)).toThrow(`${path}: got `);
    writeFileSync(path, text.replace('result@1', 'result@2'));
    expect(() => readResult(cell)).toThrow('expected a result of schema consistency-harness/result@1');
    writeFileSync(path, text.replace('"seed": 0,', '"seed": 0, "extra": 1,'));
    expect(() => readResult(cell)).toThrow('Unrecognized key');
  });
});

function draftOf(result: Result): ResultDraft {
  const files = result.files.map((file) => without(file, 'sha256', 'bytes'));
  return { ...without(result, 'schema', 'recipe', 'seed', 'contentSha256'), files };
}

function without<T extends object, K extends keyof T>(value: T, ...keys: readonly K[]): Omit<T, K> {
  const entries = Object.entries(value).filter(([key]) => !(keys as readonly string[]).includes(key));
  return Object.fromEntries(entries) as Omit<T, K>;
}

function readPlan(of: string): { readonly fingerprint: string } {
  return JSON.parse(readFileSync(join(of, 'plan.json'), 'utf8')) as { readonly fingerprint: string };
}
