/** @file What is said of a difference on a GPU: which operations are not deterministic there, by the setting of the plan. */
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../harness/plan/types.ts';
import { determinismNote } from '../../harness/verify/gpu-determinism.ts';
import { explained, proofText, type Proof } from '../../harness/verify/proof.ts';
import { compareRuns, replayText, type RecordedRun } from '../../harness/verify/replay/replay.ts';
import { planOf } from '../plan/fixtures.ts';

const on = (device: 'cpu' | 'gpu', deterministic = true) => ({ device, deterministic });

/** A run of one step with this loss, as float32 bits. */
function ranOn(engine: ReturnType<typeof on>, loss: number): RecordedRun {
  const plan = planOf();
  return {
    circumstances: { plan: { ...plan, engine: { ...plan.engine, ...engine } } as Plan, machine: {}, provenance: {} },
    digests: { steps: new Map([[1, { loss, gradientNorm: 0 }]]), tensors: new Map() },
  } as unknown as RecordedRun;
}

const said = (one: RecordedRun, other: RecordedRun) =>
  replayText(compareRuns({ recorded: 'a', again: 'b' }, one, other));

describe('a difference on a GPU', () => {
  it('names operations that are not deterministic without op determinism', () => {
    expect(determinismNote(on('gpu', false))).toMatch(
      /^On a GPU these are not deterministic unless op determinism is on, which the plan turns off .*: Conv2DBackpropFilter \(gradient of convolution weights\), /,
    );
    expect(determinismNote(on('gpu'))).toMatch(/^Op determinism was on, .* Compare machine and versions first$/);
    expect(determinismNote(on('cpu', false))).toBeNull();
  });

  it('is explained in the text of a replay, and nowhere where runs are equal or on a CPU', () => {
    expect(said(ranOn(on('gpu', false), 1), ranOn(on('gpu', false), 2))).toMatch(
      /\nOn a GPU these .*Conv2DBackpropInput/,
    );
    expect(said(ranOn(on('cpu'), 1), ranOn(on('gpu'), 2))).toContain('\nOp determinism was on');
    expect(said(ranOn(on('gpu', false), 1), ranOn(on('gpu', false), 1))).not.toContain('On a GPU');
    expect(said(ranOn(on('cpu', false), 1), ranOn(on('cpu', false), 2))).not.toContain('On a GPU');
  });

  it('is explained in the text of a proof that does not hold', () => {
    const proof = (difference: string | null): Proof => ({
      proof: 'resume',
      subject: 'x',
      hashes: { weights: 'aa' },
      comparisons: [{ what: 'killed after step 4', difference }],
    });
    const text = (difference: string | null) => proofText(explained(proof(difference), { engine: on('gpu', false) }));
    expect(text('weights differ')).toMatch(/equal the undisturbed run\.\nOn a GPU these .*\)\.$/);
    expect(text(null)).toMatch(/All 1 equal the undisturbed run\.$/);
  });
});
