/** @file Scores of the same weights on two machines: equal on one kind, near on two, and never compared where another thing was measured. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agreementLine, agreementOf, kindDifferences } from '../../../harness/judge/studies/agreement.ts';
import { kindTolerance } from '../../../harness/results/judgement.ts';
import type { Result } from '../../../harness/results/schema.ts';
import { newFolder } from '../../report/fixture/committed.ts';
import { writeFixtureRun } from '../../report/fixture/run.ts';

const before = writeFixtureRun(join(newFolder(), 'run'), { seeds: [0], gridImages: 8 }).ledger[0]!.result!;
const scaled = (factor: number): Result => ({
  ...before,
  scores: before.scores.map((score) => ({ ...score, value: score.value * factor })),
});
const elsewhere = (result: Result): Result => ({ ...result, machine: { ...result.machine, cpuModel: 'another' } });
const outcomes = (here: Result) => agreementOf(before, here).map(({ outcome }) => outcome);

it('is equality on machines of one kind, whatever their memory and fingerprints', () => {
  const same = { ...before, machine: { ...before.machine, memoryBytes: 1, fingerprint: '0'.repeat(64) } };
  expect(kindDifferences(before, same)).toEqual([]);
  expect(outcomes(same)).toEqual(['equal', 'equal']);
  expect(outcomes(scaled(1 + kindTolerance / 1_000))).toEqual(['outside', 'outside']);
});

it('is nearness on machines of two kinds', () => {
  expect(kindDifferences(before, elsewhere(before))).toEqual([`processor ${before.machine.cpuModel} against another`]);
  expect(outcomes(elsewhere(before))).toEqual(['equal', 'equal']);
  expect(outcomes(elsewhere(scaled(1 + kindTolerance * 0.99)))).toEqual(['within', 'within']);
  expect(outcomes(elsewhere(scaled(1 - kindTolerance * 1.01)))).toEqual(['outside', 'outside']);
});

it('is none where another thing was measured, or nothing', () => {
  const [one, two] = before.scores;
  const other = { ...one!, identity: { ...one!.identity, samples: 7 } };
  const found = agreementOf(before, { ...before, scores: [other] });
  expect(found.map(({ outcome, why }) => [outcome, why])).toEqual([
    ['not comparable', `samples ${one!.identity.samples} against 7`],
    ['not comparable', 'not measured here'],
  ]);
  const level = agreementOf(before, { ...before, scores: [one!, { ...two!, sigmas: [80, 0.5] }] });
  expect(level[1]).toMatchObject({ outcome: 'not comparable', why: 'levels 80, 0.821 against 80, 0.5' });
});

it('compares what two devices computed', () => {
  const scores = before.scores.map((score) => ({ ...score, identity: { ...score.identity, device: 'gpu' as const } }));
  const plan = { ...before.plan, engine: { ...before.plan.engine, device: 'gpu' as const } };
  expect(outcomes({ ...before, scores, plan })).toEqual(['equal', 'equal']);
});

it('is a line for a terminal', () => {
  const values = before.scores.map(({ value }) => value);
  expect(agreementLine('shapes-ct-seed0', before, before)).toBe(
    `shapes-ct-seed0 as committed: fd-shapes/nfe1 ${values[0]!.toFixed(1)}, here ${values[0]!.toFixed(1)}: equal; fd-shapes/nfe2 ${values[1]!.toFixed(1)}, here ${values[1]!.toFixed(1)}: equal`,
  );
});
