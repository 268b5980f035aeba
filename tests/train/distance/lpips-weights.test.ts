/** @file The weights of LPIPS: the layers this project carries, and clear words where VGG16 cannot be had. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError } from '../../../harness/core/errors.ts';
import { silence } from '../../../harness/system/progress.ts';
import { float32Tensor, writeSafetensors, type StoredTensor } from '../../../harness/formats/safetensors.ts';
import { vgg16Groups } from '../../../harness/network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../../harness/network/features/vgg16/parameters.ts';
import { torchAxes } from '../../../harness/network/adm/parameters.ts';
import { lpipsLinear, vgg16Weights } from '../../../harness/train/distance/lpips-weights.ts';

const temporary = (): string => mkdtempSync(join(tmpdir(), 'lpips-'));
const fixtures = join(import.meta.dirname, '../../fixtures/checkpoints');

async function refusal(environment: NodeJS.ProcessEnv): Promise<string> {
  try {
    await vgg16Weights({ output: silence, environment });
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DataError);
    return (thrown as DataError).message;
  }
  throw new Error('the weights were found');
}

/** VGG16's convolutions in torchvision's layout; value i of a tensor is i mod 7. */
function checkpoint(): Map<string, StoredTensor> {
  return new Map(
    vgg16Parameters(vgg16Groups()).map((parameter) => {
      const axes = torchAxes(parameter);
      const shape = parameter.shape.map((size, i) => (axes ? parameter.shape[axes.indexOf(i)]! : size));
      const size = shape.reduce((product, length) => product * length, 1);
      return [
        parameter.name,
        float32Tensor(
          Float32Array.from({ length: size }, (_, i) => i % 7),
          shape,
        ),
      ];
    }),
  );
}

describe('the linear layers', () => {
  // lpips/weights/v0.1/vgg.pth of richzhang/PerceptualSimilarity.
  test('are the published ones: 1,472 weights, none below zero', () => {
    const layers = lpipsLinear();
    expect(layers.map(({ length }) => length)).toEqual([64, 128, 256, 512, 512]);
    const sums = [6.925991700962186, 8.858334008604288, 17.5150060467422, 51.521323032677174, 47.03485375829041];
    layers.forEach((layer, l) => {
      expect(layer.every((weight) => weight >= 0)).toBe(true);
      expect(layer.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(sums[l]!, 9);
    });
  });

  test('stand beside their licence', () => {
    const licence = readFileSync(
      join(import.meta.dirname, '../../../harness/train/distance/lpips-lin.LICENSE'),
      'utf8',
    );
    expect(licence).toMatch(/^Copyright \(c\) 2018, Richard Zhang/);
  });
});

describe('VGG16', () => {
  test('named as a safetensors file is reordered to our kernels and said to be another one', async () => {
    const path = join(temporary(), 'own.safetensors');
    writeSafetensors(path, checkpoint());
    const lines: string[] = [];
    const output = { write: (text: string) => void lines.push(text), isTerminal: false };
    const weights = await vgg16Weights({ output, environment: { CONSISTENCY_VGG16: path } });
    expect(weights.map(({ name }) => name)).toEqual([...checkpoint().keys()]);
    const [kernel] = weights;
    expect(kernel!.shape).toEqual([3, 3, 3, 64]);
    // Ours [h, w, i, o] = [1, 2, 0, 5] is theirs [o, i, h, w] = [5, 0, 1, 2], number 5 * 27 + 0 * 9 + 1 * 3 + 2.
    expect(kernel!.values[((1 * 3 + 2) * 3 + 0) * 64 + 5]).toBe((5 * 27 + 1 * 3 + 2) % 7);
    expect(lines).toEqual([
      'LPIPS: own.safetensors is not the published vgg16-397923af.pth: distances are not comparable\n',
    ]);
  });

  test('named as something else is refused', async () => {
    const path = join(fixtures, 'layouts.pt');
    expect(await refusal({ CONSISTENCY_VGG16: path })).toBe(
      `${path}: got no tensor "features.0.weight", expected "features.0.weight" of shape [64, 3, 3, 3], as in vgg16-397923af.pth. ` +
        "Name a checkpoint of torchvision's VGG16 by CONSISTENCY_VGG16, or unset it.",
    );
  });

  test('changed on disk since it was kept is refused', async () => {
    const path = join(temporary(), 'kept.safetensors');
    const contentSha256 = '0'.repeat(64);
    writeSafetensors(path, checkpoint(), { contentSha256 });
    expect(await refusal({ CONSISTENCY_VGG16: path })).toBe(
      `${path}: got content that was changed after it was written, expected sha256 ${contentSha256} of its tensors. ` +
        'Remove the file: it is made again from the checkpoint.',
    );
  });

  test('that no server has says which file, size, hash, and where to put it', async () => {
    const server = createServer((_request, response) => response.writeHead(404).end());
    await new Promise<void>((resolve) => server.listen(0, resolve));
    const mirror = `http://localhost:${(server.address() as AddressInfo).port}`;
    const cache = temporary();
    try {
      expect(await refusal({ CONSISTENCY_CACHE: cache, CONSISTENCY_MIRROR: mirror })).toBe(
        `${mirror}/vgg16-397923af.pth: got status 404, expected the file vgg16-397923af.pth (553,433,881 bytes, ` +
          'sha256 397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0). ' +
          `Put vgg16-397923af.pth at ${join(cache, 'downloads', 'vgg16-397923af.pth')} by hand.`,
      );
    } finally {
      server.close();
    }
  });
});
