/** @file Weights from the authors' checkpoints: read, checked tensor by tensor, reordered, and refused with the nearest name. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { admArchitecture } from '../../../harness/network/adm/modules.ts';
import { admParameters, torchAxes } from '../../../harness/network/adm/parameters.ts';
import { DataError } from '../../../harness/core/errors.ts';
import {
  float32Tensor,
  readSafetensors,
  writeSafetensors,
  type StoredTensor,
} from '../../../harness/formats/safetensors.ts';
import { importWeights } from '../../../harness/network/weights/recipes-of.ts';
import { reorderAxes } from '../../../harness/network/weights/axis-order.ts';
import { parameterLayout, unflattenHost } from '../../../harness/network/flat.ts';
import { loadWeights, readWeights } from '../../../harness/network/weights/read.ts';
import type { AdmNetwork, Recipe } from '../../../harness/recipe/types.ts';
import * as imagenet64 from '../../../recipes/imagenet64.ts';
import * as shapes from '../../../recipes/shapes.ts';

const folder = join(import.meta.dirname, '../../fixtures/checkpoints');
const fixture = (name: string): string => join(folder, name);
const temporary = (): string => mkdtempSync(join(tmpdir(), 'weights-'));

const network: AdmNetwork = {
  kind: 'adm',
  resolution: 8,
  baseChannels: 8,
  channelMultipliers: [1, 2],
  blocksPerLevel: 1,
  attentionResolutions: [4],
  headChannels: 8,
  scaleShiftNorm: true,
  qkvNorm: false,
  dropoutBy: 'feature-map',
  classes: 3,
};
const recipe: Recipe = { ...imagenet64.ct, id: 'narrow', network };
const layout = parameterLayout(admParameters(admArchitecture(network)));

type Checks = Record<string, { shape: number[]; checks: number[] }>;
const expected = JSON.parse(readFileSync(fixture('adm.json'), 'utf8')) as Checks;

/** [sum v, sum v cos(i), sum v^2] in the layout of the checkpoint. */
function checks(values: Float32Array): number[] {
  let [sum, wave, squares] = [0, 0, 0];
  values.forEach((v, i) => {
    sum += v;
    wave += v * Math.cos(i);
    squares += v * v;
  });
  return [sum, wave, squares];
}

function inCheckpointOrder(
  values: ReadonlyMap<string, Float32Array>,
): [string, { shape: number[]; values: Float32Array }][] {
  return layout.parameters.map((parameter) => {
    const own = values.get(parameter.name)!;
    const axes = torchAxes(parameter);
    if (!axes) return [parameter.name, { shape: [...parameter.shape], values: own }];
    const back = axes.map((_, i) => axes.indexOf(i));
    const shape = back.map((axis) => parameter.shape[axis]!);
    return [parameter.name, { shape, values: reorderAxes(own, parameter.shape, back) }];
  });
}

/** The fixture's tensors as a safetensors file of ours with one thing changed. */
function changed(change: (tensors: Map<string, StoredTensor>) => void): string {
  const path = join(temporary(), 'weights.safetensors');
  const values = unflattenHost(layout, loadWeights(fixture('adm.pt'), recipe, layout));
  const tensors = new Map(layout.parameters.map(({ name, shape }) => [name, float32Tensor(values.get(name)!, shape)]));
  change(tensors);
  writeSafetensors(path, tensors);
  return path;
}

function refusal(path: string): string {
  try {
    loadWeights(path, recipe, layout);
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DataError);
    return (thrown as DataError).message;
  }
  throw new Error(`${path} was read`);
}

describe('a PyTorch checkpoint of ADM', () => {
  test('gives every tensor, half precision widened, kernels in our order', () => {
    const values = unflattenHost(layout, loadWeights(fixture('adm.pt'), recipe, layout));
    for (const [name, tensor] of inCheckpointOrder(values)) {
      expect(tensor.shape).toEqual(expected[name]!.shape);
      checks(tensor.values).forEach((value, i) => expect(value).toBeCloseTo(expected[name]!.checks[i]!, 6));
    }
  });

  test('whose names all begin with the words of wrappers is read without them, and says so', () => {
    const path = fixture('adm-prefixed.pt');
    expect(loadWeights(path, recipe, layout)).toEqual(loadWeights(fixture('adm.pt'), recipe, layout));
    const out = join(temporary(), 'out.safetensors');
    const imported = importWeights(readWeights(path), [imagenet64.ict, shapes.ct, recipe], out, {});
    expect(imported.recipes).toEqual(['narrow']);
    expect(imported.remarks).toEqual(['names without "module._orig_mod.", with which all of them begin']);
  });

  test.each(['module.', '_orig_mod.', 'model.', 'ema_model.', 'net/', 'model.diffusion_model.'])(
    'is read without the prefix %j, whatever the file',
    (prefix) => {
      const path = changed((tensors) => {
        for (const [name, tensor] of [...tensors]) {
          tensors.delete(name);
          tensors.set(prefix + name, tensor);
        }
        if (prefix === 'module.') tensors.set('n_averaged', { dtype: 'I64', shape: [], bytes: new Uint8Array(8) });
      });
      expect(loadWeights(path, recipe, layout)).toEqual(loadWeights(fixture('adm.pt'), recipe, layout));
    },
  );

  test('of which one name has another prefix is refused by its names as they are', () => {
    const path = changed((tensors) => {
      for (const [name, tensor] of [...tensors]) {
        tensors.delete(name);
        tensors.set(`${name === 'out.2.bias' ? 'other' : 'module'}.${name}`, tensor);
      }
    });
    expect(refusal(path)).toContain('got no tensor "time_embed.0.weight"');
  });

  test('becomes safetensors that read back as the same weights, with their origin', () => {
    const out = join(temporary(), 'out.safetensors');
    const imported = importWeights(readWeights(fixture('adm.pt')), [imagenet64.ict, shapes.ct, recipe], out, {
      source: 'adm.pt',
    });
    expect(imported).toEqual({
      recipes: ['narrow'],
      tensors: layout.parameters.length,
      parameters: Object.values(expected).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
      remarks: [],
    });
    expect(readSafetensors(out).metadata).toEqual({
      schema: 'consistency-harness/weights@1',
      source: 'adm.pt',
      network: JSON.stringify(network),
    });
    expect(loadWeights(out, recipe, layout)).toEqual(loadWeights(fixture('adm.pt'), recipe, layout));
  });

  test('of another network is refused by the first tensor that differs', () => {
    const other = { ...network, scaleShiftNorm: false };
    const otherLayout = parameterLayout(admParameters(admArchitecture(other)));
    expect(() => loadWeights(fixture('adm.pt'), { id: 'other' }, otherLayout)).toThrow(
      `${fixture('adm.pt')}, tensor "input_blocks.1.0.emb_layers.1.weight": got shape [16, 32], expected [8, 32] for the network of other. ` +
        'Check that the file belongs to this network.',
    );
  });
});

describe('a training state of this project', () => {
  test('gives the part that is asked for', () => {
    const values = unflattenHost(layout, loadWeights(fixture('adm.pt'), recipe, layout));
    const path = join(temporary(), 'step-1.safetensors');
    const part = (prefix: string, factor: number) =>
      layout.parameters.map(
        ({ name, shape }) =>
          [
            `${prefix}/${name}`,
            float32Tensor(
              values.get(name)!.map((v) => factor * v),
              shape,
            ),
          ] as const,
      );
    writeSafetensors(path, [...part('parameters', 2), ...part('samplingEma', 1), ...part('firstMoment', 0)]);
    const average = loadWeights(path, recipe, layout);
    expect(average).toEqual(loadWeights(fixture('adm.pt'), recipe, layout));
    expect(loadWeights(path, recipe, layout, 'student')).toEqual(average.map((v) => 2 * v));
  });
});

describe('weights are refused', () => {
  test('with a tensor missing, naming the nearest that is left', () => {
    const path = changed((tensors) => {
      tensors.set('midle_block.1.qkv.bias', tensors.get('middle_block.1.qkv.bias')!);
      tensors.delete('middle_block.1.qkv.bias');
    });
    expect(refusal(path)).toBe(
      `${path}: got no tensor "middle_block.1.qkv.bias", expected its 48 values for the network of narrow. ` +
        'The nearest name that the network does not have is "midle_block.1.qkv.bias".',
    );
  });

  test('with a tensor missing and nothing near', () => {
    const path = changed((tensors) => tensors.delete('out.2.bias'));
    expect(refusal(path)).toBe(
      `${path}: got no tensor "out.2.bias", expected its 3 values for the network of narrow. Check that the file holds this network whole.`,
    );
  });

  test('with a tensor too many, naming the nearest of the network', () => {
    const path = changed((tensors) => tensors.set('out.3.bias', tensors.get('out.2.bias')!));
    expect(refusal(path)).toBe(
      `${path}: got a tensor "out.3.bias", expected only tensors of the network of narrow. The nearest name of the network is "out.0.bias".`,
    );
  });

  test('with a tensor of another shape', () => {
    const path = changed((tensors) => tensors.set('out.2.bias', float32Tensor(new Float32Array(4), [4])));
    expect(refusal(path)).toBe(
      `${path}, tensor "out.2.bias": got shape [4], expected [3] for the network of narrow. Check that the file belongs to this network.`,
    );
  });

  test('with values that are not finite, counted', () => {
    const path = changed((tensors) =>
      tensors.set('out.2.bias', float32Tensor(Float32Array.of(NaN, 1, -Infinity), [3])),
    );
    expect(refusal(path)).toBe(
      `${path}, tensor "out.2.bias": got 2 of 3 values that are not finite, expected finite weights. ` +
        'Use an earlier checkpoint: this training has diverged.',
    );
  });

  test('when the file is cut short', () => {
    const whole = changed(() => undefined);
    const path = join(temporary(), 'cut.safetensors');
    writeFileSync(path, readFileSync(whole).subarray(0, 100_000));
    expect(refusal(path)).toMatch(
      /ending at byte \d+ of \d+, expected all of its bytes in the file \(it is truncated\)/,
    );
  });

  test('when the header is larger than the file', () => {
    const path = join(temporary(), 'header.safetensors');
    const bytes = Buffer.alloc(16, ' ');
    bytes.writeBigUInt64LE(1_000_000n);
    bytes.write('{}', 8);
    writeFileSync(path, bytes);
    expect(refusal(path)).toBe(
      `${path}: got a header of 1000000 bytes in a file of 16 bytes, expected a header that fits into the file. Fetch or write the file again.`,
    );
  });

  test('when the file is of another kind', () => {
    const path = join(temporary(), 'page.bin');
    writeFileSync(path, '<!doctype html><title>404</title>');
    expect(refusal(path)).toBe(
      `${path}: got a web page, expected weights: a PyTorch state dict, a flax checkpoint, or safetensors of this project. ` +
        'Check that this is the right file.',
    );
  });

  test('when no network is near', () => {
    expect(() => importWeights(readWeights(fixture('layouts.pt')), [recipe], join(temporary(), 'out'), {})).toThrow(
      `${fixture('layouts.pt')}: got tensors such as "plain", expected the network of one of narrow. Check that this is the right file.`,
    );
  });
});

describe('a flax checkpoint', () => {
  test('gives each part of a training state, and the only one of parameters alone', () => {
    const parts = (['sampling-ema', 'student', 'teacher'] as const).map((part) => {
      const { tensors } = readWeights(fixture('checkpoint_74'), part);
      return Buffer.from(tensors.get('Conv_0/kernel')!.bytes).toString('hex');
    });
    expect(new Set(parts).size).toBe(3);
    const alone = readWeights(fixture('params-alone'), 'teacher').tensors.get('Conv_0/kernel')!;
    expect(Buffer.from(alone.bytes).toString('hex')).toBe(parts[0]);
  });
});
