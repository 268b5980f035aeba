/** @file Frozen graphs as data: what TensorFlow wrote, and what is no such file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeGraphDef, parseGraphDef } from '../../../../harness/metrics/features/inception/graph-def.ts';

const golden = join(import.meta.dirname, '../../../golden/metrics/inception-graph');
const bytes = readFileSync(join(golden, 'div16-producer7/graph.pb'));

describe('parseGraphDef', () => {
  it('reads nodes, inputs without control edges, attributes and constants', () => {
    const { nodes, producer } = parseGraphDef('graph.pb', bytes);
    expect(producer).toBe(7);
    expect(nodes.size).toBe(1004);
    const operations = new Map<string, number>();
    for (const { op } of nodes.values()) operations.set(op, (operations.get(op) ?? 0) + 1);
    // The published summary of the real file.
    expect(Object.fromEntries(operations)).toMatchObject({ Const: 489, Conv2D: 94, CheckNumerics: 99, Concat: 11 });
    expect(nodes.get('conv/control_dependency')!.inputs).toEqual(['conv/batchnorm']);
    expect(nodes.get('conv/Conv2D')).toMatchObject({
      texts: { padding: 'VALID' },
      lists: { strides: [1, 2, 2, 1] },
    });
    const { numbers } = nodes.get('conv/batchnorm')!;
    expect(numbers.scale_after_normalization).toBe(1);
    expect(numbers.variance_epsilon).toBeCloseTo(0.001, 9);
    expect(nodes.get('ResizeBilinear/size')!.constant).toEqual({ shape: [2], values: Int32Array.of(299, 299) });
    expect(nodes.get('Sub/y')!.constant).toEqual({ shape: [], values: Float32Array.of(128) });
    expect(nodes.get('softmax/weights')!.constant!.shape).toEqual([128, 1008]);
  });

  it('says when a file does not tell its version', () => {
    const old = readFileSync(join(golden, 'div16-no-versions-field/graph.pb'));
    expect(parseGraphDef('graph.pb', old).producer).toBeNull();
  });

  it.each([
    ['half a graph', bytes.subarray(0, 500_000)],
    ['a text', new TextEncoder().encode('something')],
  ])('refuses %s', (_what, damaged) => {
    expect(() => parseGraphDef('graph.pb', damaged)).toThrow(
      'graph.pb: got bytes that are no TensorFlow graph, or not all of it, expected a whole frozen TensorFlow graph. Fetch the file again.',
    );
  });

  it.each([
    ['<html><body>404</body></html>', 'a web page', 'Fetch the file again'],
    [
      'version https://git-lfs.github.com/spec/v1\noid sha256:00\n',
      'a pointer of Git LFS in place of the file',
      'Fetch what it stands for (git lfs pull), or download the file itself',
    ],
  ])('says what it is instead: %j', (text, kind, remedy) => {
    expect(() => parseGraphDef('graph.pb', new TextEncoder().encode(text))).toThrow(
      `graph.pb: got ${kind}, expected a whole frozen TensorFlow graph. ${remedy}.`,
    );
  });

  it('refuses an empty file', () => {
    expect(() => parseGraphDef('graph.pb', new Uint8Array(0))).toThrow(
      'graph.pb: got a file without graph nodes, expected a whole frozen TensorFlow graph. Fetch the file again.',
    );
  });
});

describe('encodeGraphDef', () => {
  it.each(['div16-producer7', 'div16-no-versions-field'])('writes what is read as the same graph: %s', (name) => {
    const graph = parseGraphDef('graph.pb', readFileSync(join(golden, name, 'graph.pb')));
    expect(parseGraphDef('again.pb', encodeGraphDef(graph))).toEqual(graph);
  });
});
