/** @file Searches the most images of a pass that fit into the memory, beside the estimate. */
import { formatBytes } from '../../core/units.ts';
import type { Device } from '../../core/device.ts';
import { costOf } from '../../plan/cost.ts';
import { tensorBytes } from '../../plan/engine-settings.ts';
import type { Plan } from '../../plan/types.ts';
import { finding, type Finding } from './finding.ts';

export interface LargestPass {
  readonly recipe: string;
  /** The most images whose step was taken; 0: none was. */
  readonly images: number;
  /** The fewest images whose step did not fit; null where the search ended before one did not. */
  readonly tooMany: number | null;
  /** The most images that plans let through, by estimate. */
  readonly estimatedImages: number;
  /** What a pass had to fit into: the memory of the GPU, or the limit that the check set to its process on a CPU. */
  readonly memoryBytes: number;
}

/** One step of a pass, taken in a process of its own. */
export interface PassTaken {
  /** False: the device or the process had not the memory. */
  readonly taken: boolean;
  /** The most that the process held; null where it did not live to say so. */
  readonly residentBytes: number | null;
}

export interface PassSearch {
  readonly device: Device;
  /** A plan whose batch is one pass of so many images. */
  readonly planOf: (images: number) => Plan;
  /** The memory of the GPU, or the limit of a process on a CPU. */
  readonly memoryBytes: number;
  readonly tries: number;
}

/** No pass is tried or estimated beyond it: steps become no quicker. */
const mostImages = 4096;

/** Tries of a pass begin at the estimate and end where the first that does not fit is so near. */
const closeness = 1 / 8;

/** @param take takes one step of a plan in a process of its own */
export async function largestPass(
  { device, planOf, memoryBytes, tries }: PassSearch,
  take: (plan: Plan) => Promise<PassTaken>,
): Promise<LargestPass> {
  const room = device === 'gpu' ? tensorBytes(memoryBytes) : memoryBytes;
  const estimate = await search((images) => costOf(planOf(images)).bytes.peak <= room, { from: 1 });
  const fits = async (images: number): Promise<boolean> => {
    const { taken, residentBytes } = await take(planOf(images));
    return taken && (device === 'gpu' || (residentBytes ?? Infinity) <= memoryBytes);
  };
  const found = await search(fits, { from: Math.max(1, estimate.images), tries, closeness });
  return { recipe: planOf(1).recipe.id, ...found, estimatedImages: estimate.images, memoryBytes };
}

interface SearchLimits {
  readonly from: number;
  readonly tries?: number;
  readonly closeness?: number;
}

/** The most images that fit, where all fewer do: steps by half until one that fits and one that does not are known, then halves. */
async function search(
  fits: (images: number) => boolean | Promise<boolean>,
  { from, tries = Infinity, closeness: near = 0 }: SearchLimits,
): Promise<Pick<LargestPass, 'images' | 'tooMany'>> {
  let images = 0;
  let tooMany: number | null = null;
  for (let left = tries, next = Math.min(from, mostImages); left > 0; left--) {
    if (await fits(next)) images = next;
    else tooMany = next;
    if (tooMany === null) {
      if (images === mostImages) break;
      next = Math.min(mostImages, Math.ceil(1.5 * images));
    } else if (tooMany - images <= Math.max(1, near * images)) break;
    else next = images === 0 ? Math.floor(tooMany / 1.5) : Math.floor((images + tooMany) / 2);
  }
  return { images, tooMany };
}

/** The estimate may promise less than fits, and not more. */
export function passFinding(pass: LargestPass | null): Finding {
  if (pass === null) return finding('largest pass', 'skipped', 'the memory is unknown without nvidia-smi');
  const { recipe, images, tooMany, estimatedImages, memoryBytes } = pass;
  const found = tooMany === null ? `${images} and more fit` : `${images} fit, ${tooMany} do not`;
  const isPromised = estimatedImages <= images;
  return finding(
    'largest pass',
    isPromised ? 'passed' : 'warned',
    `images of ${recipe} in ${formatBytes(memoryBytes)}: ${found}; the estimate lets ${estimatedImages} through${isPromised ? '' : ', so take fewer with --micro-batch'}`,
  );
}
