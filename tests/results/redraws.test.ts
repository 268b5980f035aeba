/** @file Draws added to a finished cell: sealed, in order, of the quantity that the result measured. */
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sha256 } from '../../harness/core/hash.ts';
import { readRedraws, writeRedraw, type RedrawDraft } from '../../harness/results/redraws.ts';
import { readRun } from '../../harness/results/run.ts';
import type { Result } from '../../harness/results/schema.ts';
import { readResult } from '../../harness/results/store.ts';
import { writeFixtureRun } from '../report/fixture/run.ts';

let folder: string;
let cell: string;
let result: Result;

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'redraws-')), 'shapes-twin');
  writeFixtureRun(folder, { seeds: [0], gridImages: 8 });
  cell = join(folder, 'shapes-ct-seed0');
  result = readResult(cell)!;
});

const draft = (draw: number, change: Partial<RedrawDraft['scores'][number]> = {}): RedrawDraft => ({
  draw,
  weightsSha256: sha256('weights'),
  scores: result.scores.map(({ metric, nfe, sigmas, value, identity }) => ({
    ...{ metric, nfe, sigmas, identity },
    value: value + draw,
    ...change,
  })),
  warnings: [{ kind: 'clamped-eigenvalues', metric: 'fd-shapes', clamped: draw }],
  machine: result.machine,
  provenance: result.provenance,
  streams: [],
});

describe('draws that were added', () => {
  it('stand behind the value of the result, in order, and leave the result as it was', () => {
    const before = readFileSync(join(cell, 'result.json'));
    writeRedraw(cell, result, draft(1));
    writeRedraw(cell, result, draft(2));
    const read = readRun(folder).ledger[0]!.result!;
    for (const [i, { value, redraws }] of read.scores.entries()) {
      expect([value, ...redraws]).toEqual([0, 1, 2].map((draw) => result.scores[i]!.value + draw));
    }
    expect(read.warnings).toEqual([...result.warnings, ...draft(1).warnings, ...draft(2).warnings]);
    expect(readFileSync(join(cell, 'result.json'))).toEqual(before);
  });

  it('are written once', () => {
    writeRedraw(cell, result, draft(1));
    expect(() => writeRedraw(cell, result, draft(1))).toThrow(
      `${join(cell, 'redraws', 'draw-1.json')}: got a draw that exists already, expected a cell without it: draws are written once.`,
    );
  });

  it('are refused where they measured something else', () => {
    const identity = { ...result.scores[0]!.identity, extractorSha256: sha256('other') };
    expect(() => writeRedraw(cell, result, draft(1, { identity }))).toThrow(
      /fd-shapes\/nfe1 with extractorSha256 \w+ against \w+, expected what the result was measured with\. Name the reference/,
    );
    expect(() => writeRedraw(cell, result, draft(1, { nfe: 2, sigmas: [80, 0.5] }))).toThrow(
      'levels 80,0.5 against 80,0.821',
    );
  });

  it('are found out when edited, left out or taken from another cell', () => {
    writeRedraw(cell, result, draft(1));
    writeRedraw(cell, result, draft(2));
    const [first, second] = [1, 2].map((draw) => join(cell, 'redraws', `draw-${draw}.json`));
    const text = readFileSync(first!, 'utf8');
    writeFileSync(first!, text.replace(/"value": 5(\d+)/, '"value": 4$1'));
    expect(() => readRedraws(cell, result)).toThrow(`${first!}: got content that was changed after it was written`);
    rmSync(first!);
    expect(() => readRedraws(cell, result)).toThrow(
      `${first!}: got no file, expected every draw from the first that was added on.`,
    );
    renameSync(second!, first!);
    expect(() => readRedraws(cell, result)).toThrow(`${first!}: got draw 2, expected draw 1, as its name says.`);
    writeFileSync(first!, text);
    const other = readResult(join(folder, 'shapes-ict-seed0'))!;
    expect(() => readRedraws(cell, other)).toThrow(
      /got a draw of result \w{12}, expected result \w{12}\. Restore the file/,
    );
  });
});
