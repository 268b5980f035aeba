/** @file Digests as they are read: bits by step, later attempts in place of earlier ones, the first difference of two runs. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../harness/system/event-log.ts';
import { Digests, tensorsDue } from '../../../harness/train/watch/digests.ts';
import type { TrainEvent } from '../../../harness/train/events.ts';
import { compareDigests, recordedDigests } from '../../../harness/verify/replay/recorded-digests.ts';

const newLog = () => new EventLog<TrainEvent>(join(mkdtempSync(join(tmpdir(), 'digests-')), 'events.jsonl'));
const hash = (digit: string) => digit.repeat(64);

describe('digests', () => {
  it('are the bits of float32, eight digits a step', () => {
    const log = newLog();
    const digests = new Digests(log);
    digests.note(1, 1, -2);
    digests.note(2, 0.1, 0);
    digests.tensors(2, new Map([['parameters/a', hash('a')]]));
    // IEEE 754: 1 is 3f800000, -2 is c0000000, and the float32 nearest to 0.1 is 3dcccccd.
    expect(recordedDigests(log.path)).toEqual({
      steps: new Map([
        [1, { loss: 0x3f800000, gradientNorm: 0xc0000000 }],
        [2, { loss: 0x3dcccccd, gradientNorm: 0 }],
      ]),
      tensors: new Map([[2, { 'parameters/a': 'a'.repeat(16) }]]),
    });
  });

  it('of steps that were taken again take the place of earlier ones, and a cut-off line is left out', () => {
    const log = newLog();
    writeFileSync(log.path, '{"event":"digest","step":1,"loss":"3f8000003f8');
    for (const loss of [1, 2]) {
      const digests = new Digests(new EventLog<TrainEvent>(log.path));
      digests.note(1, loss, loss);
      digests.write();
    }
    expect([...recordedDigests(log.path).steps]).toEqual([[1, { loss: 0x40000000, gradientNorm: 0x40000000 }]]);
  });

  it('of tensors are due at powers of two before the first checkpoint', () => {
    const due = Array.from({ length: 40 }, (_, k) => k).filter((k) => tensorsDue(k, { checkpointEverySteps: 20 }));
    expect(due).toEqual([1, 2, 4, 8, 16]);
  });
});

describe('two runs', () => {
  const run = (loss: number[], tensors: Record<number, Record<string, string>> = {}) => ({
    steps: new Map(loss.map((bits, i) => [i + 1, { loss: bits, gradientNorm: 7 }])),
    tensors: new Map(Object.entries(tensors).map(([step, hashes]) => [Number(step), hashes])),
  });

  it('differ first at a step, by units in the last place, and in a tensor', () => {
    const one = run([1, 2, 3], { 1: { a: 'x', b: 'y' }, 2: { a: 'x', b: 'y' } });
    const other = run([1, 2, 5], { 1: { a: 'x', b: 'y' }, 2: { a: 'x', b: 'z' } });
    const { step, tensor } = compareDigests(one, other);
    expect(step).toMatchObject({ step: 3, of: 'loss', ulp: 2 });
    expect(tensor).toEqual({ step: 2, tensor: 'b', differing: 1, tensors: 2 });
    expect(compareDigests(one, other, 1)).toMatchObject({ steps: 1, tensorSteps: [1], step: null, tensor: null });
  });

  it('that have no step in common were not compared', () => {
    expect(compareDigests(run([1]), run([]))).toMatchObject({ steps: 0, step: null });
  });
});
