/** @file Every kind: a case that has lost what it expects, or expects what is never computed, is malformed and does not pass. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { kinds } from '../../harness/conformance/kinds.ts';
import { runConformance } from '../../harness/conformance/runner.ts';
import { engineForTests } from '../engine/engine-fixture.ts';

const golden = join(import.meta.dirname, '../golden');

/** A small case of each kind that ends in values. */
const cases: readonly string[] = [
  'networks/schedule/ct-cifar10',
  'networks/param-count/full-configs',
  'networks/ncsnpp/base8-fourier16',
  'networks/adm/ct-scaleshift-mult11',
  'networks/ncsnpp-block/plain-160-16',
  'networks/ncsnpp-dropout/given-masks-03',
  'networks/ct-loss/ct-l2-toy',
  'networks/radam/default',
  'networks/ema/ct-short',
  'networks/sampler/one-step',
  'networks/sampler/quantise',
  'networks/lpips/avg-32-64',
  'networks/lpips-lin/vgg-v0.1',
  'networks/interpolation/half-pixel-32-224',
  'networks/preconditioning/common',
  'networks/trajectory/ict-a-24-steps',
  'metrics/frechet/commuting-d16',
  'metrics/streaming-moments/constant-column',
  'metrics/kid/full-subset',
  'metrics/inception-score/class-sorted',
  'metrics/precision-recall/all-rows-equal',
  'metrics/reference-stats/edm-stored',
  'metrics/inception-graph/div16-producer7',
  'metrics/fd-infinity/descending-5-points',
  'metrics/uint8/edges',
  'metrics/png-samples/valid',
  'metrics/cifar-binary/valid',
  'metrics/imagenet64-npz/val',
  'metrics/image-preprocess/exact-64x64-png',
];

type Json = Record<string, unknown>;

async function loadEngine(): Promise<void> {
  await engineForTests();
}

const folder = mkdtempSync(join(tmpdir(), 'nothing-compared-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a copy of a case that was changed. */
async function outcomeOf(name: string, change: (json: Json) => void) {
  const copy = join(folder, name);
  cpSync(join(golden, name), copy, { recursive: true });
  const path = join(copy, 'case.json');
  const json = JSON.parse(readFileSync(path, 'utf8')) as Json;
  change(json);
  writeFileSync(path, JSON.stringify(json));
  const [report] = await runConformance([copy], { kinds, loadEngine });
  rmSync(copy, { recursive: true });
  return report!;
}

it('every kind has a case here', () => {
  const here = new Set(cases.map((name) => name.split('/')[1]));
  // Its one network is large, and it is judged by the same rule as the others.
  expect(Object.keys(kinds).filter((kind) => !here.has(kind))).toEqual(['full-size']);
});

describe.each(cases)('%s', (name) => {
  it('passes as it is', async () => {
    expect(await outcomeOf(name, () => undefined)).toMatchObject({ outcome: 'passed' });
  });

  it.each([
    ['no "expected"', (json: Json) => delete json.expected],
    ['"expected": null', (json: Json) => (json.expected = null)],
    ['"expected": []', (json: Json) => (json.expected = [])],
    ['"expected": {}', (json: Json) => (json.expected = {})],
    ['only an outcome', (json: Json) => (json.expected = { outcome: 'value' })],
  ])('is malformed with %s', async (_, change) => {
    expect(await outcomeOf(name, change)).toMatchObject({ outcome: 'malformed' });
  });

  it('is malformed with a name under "expected" that is never computed, and says which', async () => {
    const report = await outcomeOf(name, (json) => {
      const { expected } = json;
      if (Array.isArray(expected)) expected.push('never-computed');
      else json.expected = { ...(expected as Json), 'never-computed': { tensor: 'never-computed' } };
    });
    expect(report).toMatchObject({ outcome: 'malformed' });
    expect(report.worst).toContain('"never-computed"');
  });
});
