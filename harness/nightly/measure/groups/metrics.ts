/** @file Speed of what surrounds training: features, Fréchet distance, KID and the preparation of batches. */
import { powerLawGaussian } from '../../../bench/subjects/frechet-problem.ts';
import { HostRandom } from '../../../core/random.ts';
import { TrainBatches } from '../../../data/batches.ts';
import { openShapes } from '../../../data/shapes.ts';
import { featuresOf } from '../../../metrics/features/extractor.ts';
import { memoryRows } from '../../../metrics/features/rows.ts';
import { ShapesFeatureExtractor } from '../../../metrics/features/shapes-classifier.ts';
import { smallFeatureBatch } from '../../../metrics/features/small-extractor.ts';
import { engineAlgebra } from '../../../metrics/linalg/engine.ts';
import { frechetDistance } from '../../../metrics/values/frechet.ts';
import { drawSubsets, kid, torchFidelityKid } from '../../../metrics/values/kid.ts';
import type { ProbeValue } from '../protocol.ts';
import type { Group } from '../work.ts';
import { medianOf } from './timed.ts';

/** Features of the Fréchet distance: a sixty-fourth of the work of Inception's 2048. */
const dimensions = 512;
const kidRows = 1_000;
const kidWidth = 256;
const batchImages = 256;
const iterations = { warm: 1, iterations: 3 };

export const metricsGroup: Group = async ({ clock }) => {
  const ms = (call: (k: number) => void): ProbeValue => ({ kind: 'paired', value: medianOf(clock, iterations, call) });
  const extractor = await ShapesFeatureExtractor.open();
  const pixels = Uint8Array.from({ length: 4 * smallFeatureBatch * 768 }, (_, i) => (i * 151) % 256);
  const [a, b] = [powerLawGaussian(dimensions, 0), powerLawGaussian(dimensions, 1)];
  const random = new HostRandom(0, 'metrics-subset', 0);
  const rows = () =>
    memoryRows(
      Float64Array.from({ length: kidRows * kidWidth }, () => random.normal()),
      kidWidth,
    );
  const [one, other] = [rows(), rows()];
  const subsets = drawSubsets(kidRows, kidRows, { ...torchFidelityKid, subsets: 2 });
  const batches = new TrainBatches(openShapes(), { seed: 0, batchImages, horizontalFlip: 0.5 });
  const into = batches.allocate();
  return {
    features: ms(() => void featuresOf(extractor, pixels, 16)),
    frechet: ms(() => void frechetDistance(a, b, engineAlgebra)),
    kid: ms(() => void kid(one, other, subsets, torchFidelityKid.kernel, engineAlgebra)),
    'data-batch': ms((k) => void batches.at(k, into)),
  };
};
