/** @file The 2015 Inception network: the reference cases, any batch, and graphs that are others. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findCases, readCase, tensorOf } from '../../../../harness/conformance/case.ts';
import { kinds } from '../../../../harness/conformance/kinds.ts';
import type { Engine } from '../../../../harness/engine/load.ts';
import { Inception2015, type InceptionOptions } from '../../../../harness/metrics/features/inception/inception-2015.ts';
import { engineForTests } from '../../../engine/engine-fixture.ts';

const golden = join(import.meta.dirname, '../../../golden/metrics/inception-graph');
const bytes = readFileSync(join(golden, 'div16-producer7/graph.pb'));
const images = tensorOf(readCase(join(golden, 'div16-producer7')), 'images_32').bytes;

let engine: Engine;
beforeAll(async () => {
  engine = await engineForTests();
});

let opened: Inception2015[] = [];
function open(options: Partial<InceptionOptions> = {}, graph: Uint8Array = bytes): Inception2015 {
  const extractor = new Inception2015('graph.pb', graph, { batchImages: 4, outputs: [], ...options });
  opened.push(extractor);
  return extractor;
}
afterEach(() => {
  for (const extractor of opened) extractor.close();
  opened = [];
});

/** Features of the four images in passes of `batchImages`. */
function features(batchImages: number): Float32Array {
  const extractor = open({ batchImages });
  const out = new Float32Array(4 * extractor.widths.pool);
  for (let first = 0; first < 4; first += batchImages) {
    const { pool } = extractor.extract(images.slice(first * 3072, (first + batchImages) * 3072), 32, 32);
    out.set(pool, first * extractor.widths.pool);
  }
  return out;
}

describe('the reference cases of kind inception-graph', () => {
  it.each(findCases([golden]).map((folder) => [readCase(folder).id, folder]))('pass: %s', async (_id, folder) => {
    const { judge } = await kinds['inception-graph']!();
    const verdict = await judge(readCase(folder));
    expect(verdict, verdict.worst).toMatchObject({ passed: true });
  });
});

describe('Inception2015', () => {
  it('says what it is', () => {
    const extractor = open({ outputs: ['logits'] });
    expect(extractor.identity).toEqual({
      extractor: 'inception-2015-width-128',
      extractorSha256: 'a6f8cb582e7d82560ade060d2ca25e890581bbd5c76bacbba6cb05bd441cf209',
      resize: 'legacy-bilinear-299',
      dtype: 'float32',
    });
    expect(extractor.widths).toEqual({ pool: 128, logits: 1008, spatial: 2023 });
    expect(extractor.producer).toBe(7);
  });

  it('gives the same features in any batch, to a millionth of the largest', () => {
    // On this project's machines the bits are the same; another processor's convolution library may block sums by the batch.
    const one = features(1);
    const largest = one.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    for (const batchImages of [2, 3, 4, 7]) {
      features(batchImages).forEach((value, i) => {
        expect(Math.abs(value - one[i]!)).toBeLessThan(1e-6 * largest);
      });
    }
  });

  it('computes only the outputs that are asked for', () => {
    const batch = images.slice(0, 3072);
    expect(Object.keys(open().extract(batch, 32, 32))).toEqual(['pool']);
    expect(Object.keys(open({ outputs: ['spatial', 'logits'] }).extract(batch, 32, 32)).sort()).toEqual([
      'logits',
      'pool',
      'spatial',
    ]);
  });

  it('takes images of any size and traces once per size', () => {
    const extractor = open();
    extractor.extract(images, 32, 32);
    const before = engine.binding.getNumOfTensors();
    for (let pass = 0; pass < 3; pass++) {
      expect(extractor.extract(images, 32, 32).pool).toHaveLength(4 * 128);
      expect(extractor.extract(images.slice(0, 48 * 16 * 3), 48, 16).pool).toHaveLength(128);
    }
    expect(engine.binding.getNumOfTensors()).toBe(before);
  });
});

describe('refusals', () => {
  /** The same bytes with another name of the same length. */
  function renamed(from: string, to: string): Uint8Array {
    const text = Buffer.from(bytes).toString('latin1').replaceAll(from, to);
    return Buffer.from(text, 'latin1');
  }

  it('name the nodes of the 2015 graph that are missing', () => {
    expect(() => open({}, renamed('mixed_9/join', 'mixed_9/glue'))).toThrow(
      'graph.pb: got a graph of 1004 nodes without mixed_9/join, expected the 2015 Inception graph. Use classify_image_graph_def.pb of inception-2015-12-05.tgz.',
    );
  });

  it('name a node whose shapes do not fit, and leave the engine as it was', () => {
    // A width of 299 read as 2 (varints of the same length) leaves nothing for the later pools.
    const size = Buffer.of(0x2b, 0x01, 0, 0, 0x2b, 0x01, 0, 0).toString('latin1');
    const small = Buffer.of(0x02, 0x00, 0, 0, 0x02, 0x00, 0, 0).toString('latin1');
    const extractor = open({}, renamed(size, small));
    expect(() => extractor.extract(images, 32, 32)).toThrow(
      /^graph\.pb: got a node "[^"]+" that cannot be computed: .*, expected shapes that fit together\. Use classify_image_graph_def\.pb of inception-2015-12-05\.tgz\.$/s,
    );
    expect(features(4)).toHaveLength(512);
  });

  it('name an operation that does not belong there', () => {
    expect(() => open({}, renamed('\x04Relu', '\x04Sqrt'))).toThrow(
      'graph.pb: got an operation Sqrt ("conv"), expected the operations of the 2015 Inception graph. Use classify_image_graph_def.pb of inception-2015-12-05.tgz.',
    );
  });
});
