/** @file Checkpoints: the newest of a folder, and never one of another plan or of other images. */
import { mkdtempSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
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
    const path = join(folder, 'step-000000004.safetensors');
    writeCheckpoint(folder, tensors, { ...run, step: 4, progress: null });
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
    const alone = newFolder();
    writeSafetensors(join(alone, 'step-000000005.safetensors'), tensors, { notes: '{}', contentSha256: 'e' });
    expect(() => newestCheckpoint(alone, run)).toThrow('got content that was changed after it was written');
  });

  const damages: Readonly<Record<string, (path: string) => void>> = {
    'a flipped bit in a tensor': (path) => flip(path, (bytes) => bytes.length - 1),
    'a flipped bit in what was noted': (path) => flip(path, (bytes) => bytes.indexOf('progress') + 12),
    'its end cut off': (path) => truncateSync(path, 100),
    'nothing in it': (path) => truncateSync(path, 0),
  };

  it.each(Object.keys(damages))('whose newest has %s gives the one before, and says so', (damage) => {
    const folder = newFolder();
    for (const step of [4, 8]) writeCheckpoint(folder, tensors, { ...run, step, progress: { seen: 100 + step } });
    const path = join(folder, 'step-000000008.safetensors');
    damages[damage]!(path);
    const said: string[] = [];
    const found = newestCheckpoint(folder, run, ({ message }, taken) => said.push(message, taken));
    expect(found).toMatchObject({ step: 4, progress: { seen: 104 } });
    expect(said).toEqual([expect.stringContaining(path), 'step-000000004.safetensors']);
    damages[damage]!(join(folder, 'step-000000004.safetensors'));
    expect(() => newestCheckpoint(folder, run)).toThrow(path);
  });
});

function flip(path: string, at: (bytes: Buffer) => number): void {
  const bytes = readFileSync(path);
  bytes[at(bytes)]! ^= 1;
  writeFileSync(path, bytes);
}
