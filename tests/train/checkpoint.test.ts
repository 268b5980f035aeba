/** @file Checkpoints: the newest of a folder, and never one of another plan or of other images. */
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError, PlanError } from '../../harness/core/errors.ts';
import { float32Tensor, writeSafetensors } from '../../harness/formats/safetensors.ts';
import { newestCheckpoint, writeCheckpoint, type RunIdentity } from '../../harness/train/checkpoint.ts';

const run: RunIdentity = { planFingerprint: 'a'.repeat(64), dataSha256: 'b'.repeat(64) };
const tensors = [['student', float32Tensor(Float32Array.of(1, 2), [2])]] as const;
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'checkpoints-'));

describe('a folder of checkpoints', () => {
  it('gives the newest, with all that was noted, and keeps two', () => {
    const folder = newFolder();
    expect(newestCheckpoint(folder, run)).toBeNull();
    for (const step of [4, 8, 12]) writeCheckpoint(folder, tensors, { ...run, step, progress: { seen: step } });
    expect(readdirSync(folder)).toEqual(['step-000000008.safetensors', 'step-000000012.safetensors']);
    const found = newestCheckpoint(folder, run);
    expect(found).toMatchObject({ ...run, step: 12, progress: { seen: 12 } });
    expect(Uint8Array.from(found!.tensors.get('student')!.bytes)).toEqual(Uint8Array.from(tensors[0][1].bytes));
  });

  it('is refused with other images than those that were trained on', () => {
    const folder = newFolder();
    const path = writeCheckpoint(folder, tensors, { ...run, step: 4, progress: null });
    const others = { ...run, dataSha256: 'c'.repeat(64) };
    const fault = `${path}: got training on images with sha256 ${'b'.repeat(64)}, expected sha256 ${'c'.repeat(64)}, that of the images at hand. Name the data that the run began with by --data, or give the run with these a name of its own with --name.`;
    expect(() => newestCheckpoint(folder, others)).toThrow(DataError);
    expect(() => newestCheckpoint(folder, others)).toThrow(fault);
  });

  it('is refused where it does not say which images were trained on', () => {
    const folder = newFolder();
    const { planFingerprint } = run;
    writeCheckpoint(folder, tensors, { planFingerprint, step: 4, progress: null } as never);
    expect(() => newestCheckpoint(folder, run)).toThrow(
      'got training on images with no known sha256, expected sha256 b',
    );
  });

  it('is refused with another plan, and where a file was changed', () => {
    const folder = newFolder();
    writeCheckpoint(folder, tensors, { ...run, step: 4, progress: null });
    expect(() => newestCheckpoint(folder, { ...run, planFingerprint: 'd'.repeat(64) })).toThrow(PlanError);
    writeSafetensors(join(folder, 'step-000000005.safetensors'), tensors, { notes: '{}', contentSha256: 'e' });
    expect(() => newestCheckpoint(folder, run)).toThrow('got content that was changed after it was written');
  });
});
