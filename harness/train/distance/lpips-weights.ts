/**
 * @file Loads the weights of LPIPS: torchvision's VGG16 and the five linear layers shipped here.
 *
 * VGG16 is downloaded once, or read from a file that the user names.
 */
import { createHash } from 'node:crypto';
import { exists } from '../../system/files/files.ts';
import { basename, join } from 'node:path';
import { torchAxes } from '../../network/adm/parameters.ts';
import { vgg16Groups } from '../../network/features/vgg16/modules.ts';
import { vgg16Parameters } from '../../network/features/vgg16/parameters.ts';
import { cacheFolder } from '../../system/cache-folder.ts';
import { systemClock, type Clock } from '../../core/clock.ts';
import { download, type RemoteFile } from '../../system/download/download.ts';
import { DataError, described } from '../../core/errors.ts';
import { sha256OfFile } from '../../system/files/file-hash.ts';
import type { Output } from '../../system/progress.ts';
import { readSafetensors, toFloat32, writeSafetensors, type StoredTensor } from '../../formats/safetensors.ts';
import { readTorchState } from '../../formats/torch-state.ts';
import { reorderAxes } from '../../network/weights/axis-order.ts';

/** Source: `VGG16_Weights.IMAGENET1K_V1` of pytorch/vision; the first digits of its sha256 are in its name. */
const vgg16Checkpoint = {
  name: 'vgg16-397923af.pth',
  url: 'https://download.pytorch.org/models/vgg16-397923af.pth',
  bytes: 553_433_881,
  sha256: '397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0',
  instead: 'Every iCT recipe and the data set shapes work without it: they do not use LPIPS',
} as const satisfies RemoteFile;

/** Where weights come from; the user's cache and the process's environment by default. */
export interface LpipsContext {
  readonly output: Output;
  readonly clock?: Clock;
  /** `CONSISTENCY_VGG16`: a checkpoint of torchvision's VGG16, or the file of its convolutions that this project keeps. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** A layer's values in our layout: kernels HWIO. */
export interface HostTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What is kept of the checkpoint: the convolutions, a ninth of it, in torchvision's names and layout. */
const featuresFile = 'vgg16-features.safetensors';
/** Below the cache folder. */
export const keptVgg16 = join('downloads', featuresFile);
const linearFile = join(import.meta.dirname, 'lpips-lin.safetensors');

/**
 * The weight of each feature channel of the five groups: float32[64], [128], [256], [512], [512].
 * Source: richzhang/PerceptualSimilarity `lpips/weights/v0.1/vgg.pth` (BSD-2-Clause: lpips-lin.LICENSE).
 */
export function lpipsLinear(): Float32Array[] {
  const { tensors } = readSafetensors(linearFile);
  return [...tensors.values()].map(toFloat32);
}

/**
 * The 26 tensors of VGG16's convolutions.
 *
 * Downloaded on first use, with progress and verified by sha256; a file named by `CONSISTENCY_VGG16` is used in its place, and said to be
 * another one where it is not the published checkpoint.
 * @throws DataError when they can be neither found nor downloaded (says which file, size, hash, and where to put it), or are not VGG16's
 */
export async function vgg16Weights(context: LpipsContext): Promise<HostTensor[]> {
  const { output, clock = systemClock, environment = process.env } = context;
  const named = environment.CONSISTENCY_VGG16;
  if (named) return named.endsWith('.safetensors') ? keptWeights(named, output) : namedCheckpoint(named, output);
  const folder = join(cacheFolder(environment), 'downloads');
  const kept = join(folder, featuresFile);
  if (!exists(kept)) {
    const { path } = await download(vgg16Checkpoint, { folder, output, clock, environment });
    keep(kept, readTorchState(path));
  }
  return keptWeights(kept, output);
}

async function namedCheckpoint(path: string, output: Output): Promise<HostTensor[]> {
  const state = readTorchState(path);
  const sha256 = await sha256OfFile(path);
  if (sha256 !== vgg16Checkpoint.sha256) announceOther(path, output);
  return adopt(path, state);
}

function keptWeights(path: string, output: Output): HostTensor[] {
  const { tensors, metadata } = readSafetensors(path);
  const { contentSha256, sourceSha256 } = metadata;
  if (contentSha256 !== undefined && contentSha256 !== contentHash(tensors)) {
    throw new DataError({
      where: path,
      got: described('content that was changed after it was written'),
      expected: `sha256 ${contentSha256} of its tensors`,
      remedy: 'Remove the file: it is made again from the checkpoint',
    });
  }
  if (sourceSha256 !== vgg16Checkpoint.sha256) announceOther(path, output);
  return adopt(path, tensors);
}

function announceOther(path: string, output: Output): void {
  output.write(`LPIPS: ${basename(path)} is not the published ${vgg16Checkpoint.name}: distances are not comparable\n`);
}

/** Writes the convolutions of the published checkpoint. */
function keep(path: string, state: ReadonlyMap<string, StoredTensor>): void {
  const tensors = new Map([...state].filter(([name]) => name.startsWith('features.')));
  adopt(path, tensors);
  writeSafetensors(path, tensors, { sourceSha256: vgg16Checkpoint.sha256, contentSha256: contentHash(tensors) });
}

function adopt(path: string, state: ReadonlyMap<string, StoredTensor>): HostTensor[] {
  return vgg16Parameters(vgg16Groups()).map((parameter) => {
    const { name, shape } = parameter;
    const axes = torchAxes(parameter);
    const wanted = axes ? shape.map((_, i) => shape[axes.indexOf(i)]!) : shape;
    const stored = state.get(name);
    const fits = stored?.shape.join() === wanted.join();
    if (!stored || !fits) {
      throw new DataError({
        where: path,
        got: described(stored ? `"${name}" of shape [${stored.shape.join(', ')}]` : `no tensor "${name}"`),
        expected: `"${name}" of shape [${wanted.join(', ')}], as in ${vgg16Checkpoint.name}`,
        remedy: "Name a checkpoint of torchvision's VGG16 by CONSISTENCY_VGG16, or unset it",
      });
    }
    const values = toFloat32(stored);
    return { name, shape, values: axes ? reorderAxes(values, stored.shape, axes) : values };
  });
}

function contentHash(tensors: ReadonlyMap<string, StoredTensor>): string {
  const hash = createHash('sha256');
  for (const [name, { shape, bytes }] of tensors) hash.update(`${name} ${shape.join(',')}\n`).update(bytes);
  return hash.digest('hex');
}
