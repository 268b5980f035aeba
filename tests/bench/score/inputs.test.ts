/** @file Weights and images of the benchmark of scoring: drawn by a seed, the same wherever they are drawn. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { randomInception, withHalfPixelInput } from '../../../harness/bench/score/random-inception.ts';
import { texture, writeTextures } from '../../../harness/bench/score/textures.ts';
import { decodePng } from '../../../harness/formats/png.ts';

describe('the random network', () => {
  const graph = randomInception(0, 16);

  it('follows its seed', () => {
    const kernel = (seed: number) => randomInception(seed, 16).nodes.get('mixed_2/conv/conv2d_params')!.constant;
    expect(kernel(0)).toEqual(graph.nodes.get('mixed_2/conv/conv2d_params')!.constant);
    expect(kernel(1)).not.toEqual(kernel(0));
  });

  it('has numbers of its own in every layer, and no normalisation that does nothing', () => {
    const constants = [...graph.nodes.values()].filter(({ name }) => /conv2d_params|batchnorm\//.test(name));
    expect(constants).toHaveLength(94 * 5);
    const firsts = constants.map(({ constant }) => (constant!.values as Float32Array)[0]!);
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(firsts.filter((value) => value === 0 || value === 1)).toEqual([]);
  });

  it('differs in three nodes where it takes images as PyTorch does', () => {
    const { nodes } = withHalfPixelInput(graph);
    const changed = [...nodes.values()].filter((node) => node !== graph.nodes.get(node.name));
    expect(changed.map(({ name }) => name).sort()).toEqual(['Mul/y', 'ResizeBilinear', 'Sub/y']);
    expect(nodes.get('ResizeBilinear')!.numbers).toEqual({ half_pixel_centers: 1 });
    // (x - 127.5) / 127.5 is 2 x / 255 - 1.
    expect([nodes.get('Sub/y'), nodes.get('Mul/y')].map((node) => node!.constant!.values)).toEqual([
      Float32Array.of(127.5),
      Float32Array.of(1 / 127.5),
    ]);
  });
});

describe('textures', () => {
  it('are the same on every machine', () => {
    const hash = createHash('sha256');
    for (let i = 0; i < 20; i++) hash.update(texture('images', 0, i, 32)).update(texture('reference', 0, i, 32));
    expect(hash.digest('hex')).toBe('33960eac097789e3351bc48a3a3aed82f417e20454f93cabdf5f7382eb1a8690');
  });

  it('are written as PNG in the order of their names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'textures-'));
    const done: number[] = [];
    writeTextures({ folder, set: 'reference', seed: 5, count: 3, side: 8 }, (n) => done.push(n));
    expect(readdirSync(folder).sort()).toEqual(['00000.png', '00001.png', '00002.png']);
    expect(done).toEqual([1, 2, 3]);
    const { data, width } = await decodePng('png', readFileSync(join(folder, '00002.png')), { alpha: 'refuse' });
    expect(width).toBe(8);
    expect(data).toEqual(texture('reference', 5, 2, 8));
    rmSync(folder, { recursive: true });
  });
});
