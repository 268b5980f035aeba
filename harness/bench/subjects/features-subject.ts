/**
 * @file Benchmark subject for feature extraction: the fd-shapes classifier or the 2015 Inception graph.
 *
 * The graph is read from a file.
 */
import { Inception2015 } from '../../metrics/features/inception/inception-2015.ts';
import { readGraph } from '../../metrics/features/inception/weights.ts';
import { ShapesFeatureExtractor, shapesKernels } from '../../metrics/features/shapes-classifier.ts';
import { smallFeatureBatch } from '../../metrics/features/small-extractor.ts';
import type { TimedSubject } from './serve.ts';

/** What can be said of an extractor without loading it. */
export interface ExtractorFacts {
  readonly name: string;
  readonly images: number;
  readonly flopPerImage: number | null;
}

const shapesSide = 16;
/** Images per pass of Inception, as in `npm run metrics`. */
const inceptionImages = 32;
const inceptionSide = 32;

export function extractorFacts(graph: string | null): ExtractorFacts {
  if (graph !== null) return { name: 'inception-2015', images: inceptionImages, flopPerImage: null };
  let side = shapesSide;
  let macs = 0;
  for (const { shape, pool } of shapesKernels) {
    macs += shape.reduce((product, size) => product * size, side * side);
    if (pool) side /= 2;
  }
  return { name: 'shapes-classifier', images: smallFeatureBatch, flopPerImage: 2 * macs };
}

/** @throws DataError when the weights or the graph are not what they should be */
export async function featuresSubject(graph: string | null): Promise<TimedSubject> {
  if (graph === null) {
    const extractor = await ShapesFeatureExtractor.open();
    const images = bytes(smallFeatureBatch, shapesSide);
    return { iteration: () => void extractor.extract(images, shapesSide, shapesSide) };
  }
  const { where, bytes: contents } = await readGraph(graph);
  const extractor = new Inception2015(where, contents, { batchImages: inceptionImages, outputs: ['logits'] });
  const images = bytes(inceptionImages, inceptionSide);
  return { iteration: () => void extractor.extract(images, inceptionSide, inceptionSide) };
}

/** uint8[images, side, side, 3] that show nothing. */
function bytes(images: number, side: number): Uint8Array {
  return Uint8Array.from({ length: images * side * side * 3 }, (_, i) => (i * 151) % 256);
}
