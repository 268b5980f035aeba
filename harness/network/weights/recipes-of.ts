/**
 * @file Converts the authors' checkpoints to this project's safetensors.
 *
 * Names are checked, kernels reordered, and half precision is widened.
 */
import { DataError, described } from '../../core/errors.ts';
import { float32Tensor, toFloat32, writeSafetensors } from '../../formats/safetensors.ts';
import type { Recipe } from '../../recipe/types.ts';
import { buildNetwork } from '../network.ts';
import { parameterLayout, unflattenHost, type ParameterLayout } from '../flat.ts';
import { adoptWeights, weightsMetadata, withNamesOf, type WeightsFile } from './read.ts';

export interface Imported {
  /** Recipes whose network the file holds, in the order in which they were given. */
  readonly recipes: readonly string[];
  readonly tensors: number;
  readonly parameters: number;
  /** What was passed over on the way to the tensors. */
  readonly remarks: readonly string[];
}

/**
 * Writes the weights of a file as this project's safetensors.
 * @param candidates recipes whose networks are tried; the one that shares most names and shapes decides
 * @param origin of the file, kept in the metadata: its name and sha256
 * @throws DataError naming the first tensor that does not fit the nearest network, or when no network is near
 */
export function importWeights(
  file: WeightsFile,
  candidates: readonly Recipe[],
  out: string,
  origin: Readonly<Record<string, string>>,
): Imported {
  const { recipe, layout, equal } = nearestNetwork(file, ofStatedRecipe(file, candidates));
  const flat = adoptWeights(file, layout, recipe.id);
  const values = unflattenHost(layout, flat);
  const tensors = layout.parameters.map(({ name, shape }) => [name, float32Tensor(values.get(name)!, shape)] as const);
  writeSafetensors(
    out,
    tensors,
    weightsMetadata({
      ...origin,
      ...(file.recipe === null ? {} : { recipe: file.recipe }),
      network: JSON.stringify(recipe.network),
    }),
  );
  const parameters = tensors.reduce((sum, [, tensor]) => sum + tensor.bytes.length / 4, 0);
  const { remarks } = withNamesOf(layout, file);
  return { recipes: equal.map(({ id }) => id), tensors: tensors.length, parameters, remarks };
}

/**
 * The recipes whose weights a file holds: the one that it names, else as far as its tensors tell.
 * @throws DataError when it names another recipe than the candidates, or holds no network of any of them
 */
export function recipesOfWeights(file: WeightsFile, candidates: readonly Recipe[]): readonly Recipe[] {
  return nearestNetwork(file, ofStatedRecipe(file, candidates)).equal;
}

function ofStatedRecipe(file: WeightsFile, candidates: readonly Recipe[]): readonly Recipe[] {
  if (file.recipe === null) return candidates;
  const stated = candidates.filter(({ id }) => id === file.recipe);
  if (stated.length > 0) return stated;
  const ids = candidates.map(({ id }) => id);
  throw new DataError({
    where: file.path,
    got: described(`weights of ${file.recipe}`),
    expected: `those of ${ids.slice(0, 3).join(' or ')}${ids.length > 3 ? ` or ${ids.length - 3} more` : ''}`,
    remedy: 'Name the data set and the recipe by which they were trained, or another file',
  });
}

interface NearestNetwork {
  readonly recipe: Recipe;
  readonly layout: ParameterLayout;
  /** All candidates of the same network. */
  readonly equal: readonly Recipe[];
}

function nearestNetwork(file: WeightsFile, candidates: readonly Recipe[]): NearestNetwork {
  let nearest: { recipe: Recipe; layout: ParameterLayout; shared: number } | undefined;
  for (const recipe of distinctNetworks(candidates)) {
    const layout = parameterLayout(buildNetwork(recipe).parameters);
    const shared = sharedTensors(file, layout);
    if (shared > (nearest?.shared ?? 0)) nearest = { recipe, layout, shared };
  }
  if (!nearest) {
    const [first] = file.tensors.keys();
    throw new DataError({
      where: file.path,
      got: described(first === undefined ? 'no tensor' : `tensors such as "${first}"`),
      expected: `the network of one of ${candidates.map(({ id }) => id).join(', ')}`,
      remedy: 'Check that this is the right file',
    });
  }
  const { recipe, layout } = nearest;
  const equal = candidates.filter(({ network }) => sameNetwork(network, recipe.network));
  return { recipe, layout, equal: ofSameFourierScale(withNamesOf(layout, file), equal) };
}

/**
 * Of recipes that differ in the scale of the Fourier embedding, those whose scale is that of the frozen frequencies in the file: 16 (CT) and
 * 0.02 (iCT) are three orders of magnitude apart, and 128 draws give their deviation to 6 %.
 */
function ofSameFourierScale({ tensors }: WeightsFile, recipes: readonly Recipe[]): readonly Recipe[] {
  const stored = tensors.get('GaussianFourierProjection_0/W');
  if (!stored) return recipes;
  const values = toFloat32(stored);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
  const distance = ({ tuning: { fourierScale } }: Recipe): number =>
    fourierScale === null ? Infinity : Math.abs(Math.log(deviation / fourierScale));
  const nearest = Math.min(...recipes.map(distance));
  return nearest < Infinity ? recipes.filter((recipe) => distance(recipe) === nearest) : recipes;
}

/** Tensors of the file that the network has, in their shape or not: shapes count double. */
function sharedTensors(file: WeightsFile, layout: ParameterLayout): number {
  const { tensors, axesOf } = withNamesOf(layout, file);
  const { parameters } = layout;
  let shared = 0;
  for (const parameter of parameters) {
    const stored = tensors.get(parameter.name);
    if (!stored) continue;
    const axes = axesOf(parameter);
    const shape = axes ? axes.map((axis) => stored.shape[axis]) : stored.shape;
    shared += shape.join() === parameter.shape.join() ? 2 : 1;
  }
  // Of two networks that both hold all of it, the smaller one leaves less missing.
  return shared - parameters.length / 1e6;
}

function distinctNetworks(candidates: readonly Recipe[]): Recipe[] {
  return candidates.filter(
    ({ network }, i) => candidates.findIndex((other) => sameNetwork(other.network, network)) === i,
  );
}

function sameNetwork(a: Recipe['network'], b: Recipe['network']): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
