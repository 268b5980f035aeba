/** @file Exact rows of training and scoring: hashes of losses, states and scores from fixed seeds. */
import { fingerprint } from '../../../core/canonical-json.ts';
import { HostRandom } from '../../../core/random.ts';
import { toFloat32 } from '../../../formats/safetensors.ts';
import { momentsOf } from '../../../metrics/linalg/moments.ts';
import { featuresOf } from '../../../metrics/features/extractor.ts';
import { memoryRows } from '../../../metrics/features/rows.ts';
import { ShapesFeatureExtractor, shapesFeatureCount } from '../../../metrics/features/shapes-classifier.ts';
import { engineAlgebra } from '../../../metrics/linalg/engine.ts';
import { frechetDistance } from '../../../metrics/values/frechet.ts';
import { drawSubsets, kid, torchFidelityKid } from '../../../metrics/values/kid.ts';
import { openShapes } from '../../../data/shapes.ts';
import { digestParts, type NamedTensors } from '../../../verify/differences.ts';
import { proofPlan } from '../../../verify/proof-plan.ts';
import { trainProof } from '../../../verify/training.ts';
import type { ProbeValue } from '../protocol.ts';
import type { Group, GroupContext } from '../work.ts';

const batchImages = 4;

/** A few steps of each recipe, made tiny: every loss and every tensor of the state that they end with; and the scores of fixed features. */
export const trainingGroup: Group = async (context) => {
  const values: Record<string, ProbeValue> = {};
  for (const row of Object.keys(context.work.exact)) values[row] = await steps(context, row);
  values['exact-scores'] = await scores();
  return values;
};

async function steps({ work, engine }: GroupContext, row: string): Promise<ProbeValue> {
  const plan = proofPlan({
    recipe: work.exact[row]!,
    seed: 0,
    engine: { device: engine.device },
    steps: work.exactSteps,
    batchImages,
  });
  const { state, loss } = await trainProof(engine, plan, { scored: false });
  const parts = Object.fromEntries(digestParts(state));
  const norms = Object.fromEntries(Object.keys(parts).map((part) => [`${part} norm`, norm(state, part)]));
  return {
    kind: 'exact',
    sha256: fingerprint({ loss, parts }),
    numbers: { 'last loss': loss.at(-1)!.loss, ...norms },
  };
}

/** Euclidean norm of all tensors of a part of the state. */
function norm(state: NamedTensors, part: string): number {
  let sum = 0;
  for (const [name, tensor] of state)
    if (name.startsWith(`${part}/`)) for (const value of toFloat32(tensor)) sum += value * value;
  return Math.sqrt(sum);
}

const images = 1_000;

/** Fréchet distance and KID of seeded normal rows, and of the classifier's features of held-out against training shapes. */
async function scores(): Promise<ProbeValue> {
  const random = new HostRandom(0, 'metrics-subset', 0);
  const width = 64;
  const rows = (shift: number) =>
    memoryRows(
      Float64Array.from({ length: images * width }, () => shift + random.normal()),
      width,
    );
  const [a, b] = [rows(0), rows(0.1)];
  const extractor = await ShapesFeatureExtractor.open();
  const source = openShapes();
  const features = (read: typeof source.readTrain) => {
    const pixels = new Uint8Array(images * 16 * 16 * 3);
    for (let i = 0; i < images; i++) read(i, pixels.subarray(i * 768, (i + 1) * 768));
    return memoryRows(featuresOf(extractor, pixels, 16), shapesFeatureCount);
  };
  const [train, heldOut] = [
    features((i, into) => source.readTrain(i, into)),
    features((i, into) => source.readHeldOut(i, into)),
  ];
  const distance = (one: typeof a, other: typeof a) =>
    frechetDistance(momentsOf(one, engineAlgebra), momentsOf(other, engineAlgebra), engineAlgebra, 'clamp').value;
  const subsets = drawSubsets(images, images, { ...torchFidelityKid, subsets: 4, subsetSize: 500 });
  const numbers = {
    'frechet distance': distance(a, b),
    kid: kid(a, b, subsets, torchFidelityKid.kernel, engineAlgebra).mean,
    'fd-shapes': distance(train, heldOut),
  };
  return { kind: 'exact', sha256: fingerprint(numbers), numbers };
}
