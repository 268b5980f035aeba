/**
 * @file Reads weights from safetensors, PyTorch state dicts and flax checkpoints.
 *
 * Safetensors are this project's own; state dicts have the names of openai/consistency_models, and flax checkpoints those of
 * openai/consistency_models_cifar10.
 */
import { torchAxes } from '../adm/parameters.ts';
import { sizeOf, type Parameter } from '../parameter.ts';
import { DataError, described } from '../../core/errors.ts';
import { headOfInput } from '../../system/files/input-file.ts';
import { nearestNames } from '../../core/suggest.ts';
import { flatten, readFlaxState, type FlaxTree } from '../../formats/flax-state.ts';
import { toFloat32, type StoredTensor } from '../../formats/safetensors.ts';
import { fileKind, strangeFile } from '../../formats/signature.ts';
import { readTorchState } from '../../formats/torch-state.ts';
import type { WeightsPart } from '../../recipe/weights-part.ts';
import { readOwnWeights } from './own-file.ts';
import { reorderAxes } from './axis-order.ts';
import { flattenHost, type ParameterLayout } from '../flat.ts';

export interface WeightsFile {
  readonly path: string;
  readonly format: 'safetensors' | 'torch' | 'flax';
  /** By the names of the checkpoint, in its layout. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The id of the recipe that trained them, where the file says so (those of this project do). */
  readonly recipe: string | null;
  /** Levels of the grid that they were last trained on, where the file says so. */
  readonly gridLevels?: number;
  /** What was passed over on the way to the tensors, for people: a wrapper, a common prefix of their names. */
  readonly remarks: readonly string[];
  /** The axes of a tensor of the file in the order of ours; null where they agree. */
  readonly axesOf: (parameter: Parameter) => readonly number[] | null;
}

const weightsSchema = 'consistency-harness/weights@1';

/**
 * Reads a file of weights, whatever of the three forms it has.
 * @param part which weights, where the file holds a whole training state
 * @throws DataError when the file is missing, damaged, of no known form, or names a function that builds no tensor
 */
export function readWeights(path: string, part: WeightsPart = 'sampling-ema'): WeightsFile {
  switch (formatOf(path)) {
    case 'torch': {
      const remarks: string[] = [];
      const tensors = readTorchState(path, (names) => {
        const chosen = stateOf(names, part);
        if (chosen !== undefined) remarks.push(`the state dict under "${chosen}"`);
        return chosen;
      });
      return { path, format: 'torch', tensors, recipe: null, remarks, axesOf: torchAxes };
    }
    case 'flax': {
      const tensors = flatten(partOf(path, readFlaxState(path), part));
      return { path, format: 'flax', tensors, recipe: null, remarks: [], axesOf: () => null };
    }
    case 'safetensors':
      return ownWeights(path, part);
  }
}

/**
 * The weights of a network as one flat array.
 * @param owner of the network, for messages: the id of a recipe
 * @throws DataError naming the first tensor that is missing (with the nearest name that is left), extra, of another shape, or not finite
 */
export function adoptWeights(given: WeightsFile, layout: ParameterLayout, owner: string): Float32Array {
  const file = withNamesOf(layout, given);
  const { path, tensors, axesOf } = file;
  const wanted = new Set(layout.parameters.map(({ name }) => name));
  const extra = [...tensors.keys()].filter((name) => !wanted.has(name));
  const missing = layout.parameters.find(({ name }) => !tensors.has(name));
  if (missing) throw missingTensor(file, missing, extra, owner);
  const [stranger] = extra;
  if (stranger !== undefined) throw extraTensor(file, stranger, [...wanted], owner);
  return flattenHost(layout, (parameter) => {
    const stored = tensors.get(parameter.name)!;
    const axes = axesOf(parameter);
    const shape = axes ? axes.map((axis) => stored.shape[axis]) : stored.shape;
    if (shape.length !== parameter.shape.length || shape.some((size, i) => size !== parameter.shape[i]))
      throw misshapen(path, parameter, axes, stored.shape, owner);
    const values = toFloat32(stored);
    const notFinite = values.reduce((count, value) => count + (Number.isFinite(value) ? 0 : 1), 0);
    if (notFinite > 0) throw brokenValues(path, parameter, notFinite);
    return axes ? reorderAxes(values, stored.shape, axes) : values;
  });
}

/**
 * The file with its names as the network has them: a prefix that all of them share is taken off, as far as more of them then fit.
 * `module.` (DistributedDataParallel), `_orig_mod.` (torch.compile), `model.` (Lightning) and any other, several in a row too.
 */
export function withNamesOf(layout: ParameterLayout, file: WeightsFile): WeightsFile {
  const wanted = new Set(layout.parameters.map(({ name }) => name));
  // AveragedModel of PyTorch counts its updates beside the weights.
  const counters = [...file.tensors].filter(([name, { shape }]) => name === 'n_averaged' && shape.length === 0);
  const names = [...file.tensors.keys()].filter((name) => counters.every(([counter]) => counter !== name));
  const fitting = (length: number): number => names.filter((name) => wanted.has(name.slice(length))).length;
  const prefixes = commonPrefixes(names).map((prefix) => ({ prefix, count: fitting(prefix.length) }));
  const [best] = prefixes.sort((a, b) => b.count - a.count || a.prefix.length - b.prefix.length);
  if (!best || best.prefix === '' || best.count === 0) return file;
  const tensors = new Map(names.map((name) => [name.slice(best.prefix.length), file.tensors.get(name)!]));
  const remarks = [...file.remarks, `names without "${best.prefix}", with which all of them begin`];
  return { ...file, tensors, remarks };
}

/** `''`, then each longer beginning of whole words that all names have, without the last word of any. */
function commonPrefixes([first = '', ...others]: readonly string[]): string[] {
  const ends = [...first.matchAll(/[./]/g)].map(({ index }) => first.slice(0, index + 1));
  return ['', ...ends.filter((prefix) => others.every((name) => name.startsWith(prefix)))];
}

/**
 * The weights of a file for a recipe's network.
 * @param recipe whose network they are for; `layout` is that of its parameters
 * @returns float32[totalRows * 16], the flat tensor of harness/network/flat.ts
 * @throws DataError as `readWeights` and `adoptWeights`
 */
export function loadWeights(
  path: string,
  recipe: { readonly id: string },
  layout: ParameterLayout,
  part?: WeightsPart,
): Float32Array {
  return adoptWeights(readWeights(path, part), layout, recipe.id);
}

/** Metadata of a file of weights that this project wrote: our layout, float32. */
export function weightsMetadata(notes: Readonly<Record<string, string>>): Record<string, string> {
  return { schema: weightsSchema, ...notes };
}

function formatOf(path: string): WeightsFile['format'] {
  const head = headOfInput(path, 'a file of weights');
  const kind = fileKind(head)?.name;
  if (kind === 'a ZIP archive' || kind === 'a Python pickle') return 'torch';
  if (kind === 'a safetensors file' || (kind === undefined && path.endsWith('.safetensors'))) return 'safetensors';
  const first = head[0] ?? 0;
  const beginsMap = (first >= 0x80 && first < 0x90) || first === 0xde || first === 0xdf;
  if (kind === 'a MessagePack tree, as flax writes it' || (kind === undefined && beginsMap)) return 'flax';
  throw strangeFile(path, head, 'weights: a PyTorch state dict, a flax checkpoint, or safetensors of this project', {
    got: 'a file of an unknown kind',
    remedy: 'Check that this is the right file',
  });
}

/** Of the state dicts of a training state, the one of a part; one alone is taken whatever its name. */
function stateOf(names: readonly string[], part: WeightsPart): string | undefined {
  const partOf = (name: string): WeightsPart => {
    if (/target|teacher/i.test(name)) return 'teacher';
    return /ema|averag|shadow/i.test(name) ? 'sampling-ema' : 'student';
  };
  const fitting = names.length === 1 ? names : names.filter((name) => partOf(name) === part);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** A training state of this project holds every part under its own prefix; a file of weights holds one, without. */
function ownWeights(path: string, part: WeightsPart): WeightsFile {
  const { tensors, metadata } = readOwnWeights(path);
  const prefix = { 'sampling-ema': 'samplingEma/', student: 'parameters/', teacher: 'teacher/' }[part];
  const below = [...tensors].filter(([name]) => name.startsWith(prefix));
  const levels = Number(metadata.gridLevels);
  return {
    path,
    format: 'safetensors',
    tensors: below.length > 0 ? new Map(below.map(([name, tensor]) => [name.slice(prefix.length), tensor])) : tensors,
    recipe: metadata.recipe ?? null,
    remarks: [],
    ...(Number.isSafeInteger(levels) && levels >= 2 && { gridLevels: levels }),
    axesOf: () => null,
  };
}

/** A training state of the authors' JAX code keeps its parts under these names; a tree of parameters alone is taken as it is. */
function partOf(path: string, tree: FlaxTree, part: WeightsPart): FlaxTree {
  const name = { 'sampling-ema': 'params_ema', student: 'params', teacher: 'target_params' }[part];
  const found = tree.get(name);
  if (found instanceof Map) return found;
  const parts = [...tree.keys()].filter((key) => /^(params|params_ema|target_params)$/.test(key));
  if (parts.length === 0) return tree;
  // {'params': ...} alone, as flax's `init` returns it: there is nothing to choose.
  const only = tree.get(parts[0]!);
  if (parts.length === 1 && tree.size === 1 && only instanceof Map) return only;
  throw new DataError({
    where: path,
    got: described(`a training state with ${parts.join(', ')}`),
    expected: name,
    remedy: 'Choose another part with --part',
  });
}

function missingTensor(
  file: WeightsFile,
  { name, shape }: Parameter,
  extra: readonly string[],
  owner: string,
): DataError {
  const [near] = nearestNames(name, extra, 1);
  return new DataError({
    where: file.path,
    got: described(`no tensor "${name}"`),
    expected: `its ${sizeOf(shape)} values for the network of ${owner}`,
    remedy:
      near === undefined
        ? 'Check that the file holds this network whole'
        : `The nearest name that the network does not have is "${near}"`,
  });
}

function extraTensor(file: WeightsFile, name: string, wanted: readonly string[], owner: string): DataError {
  const [near] = nearestNames(name, wanted, 1);
  return new DataError({
    where: file.path,
    got: described(`a tensor "${name}"`),
    expected: `only tensors of the network of ${owner}`,
    remedy:
      near === undefined
        ? 'Check that the file belongs to this network'
        : `The nearest name of the network is "${near}"`,
  });
}

function misshapen(
  path: string,
  parameter: Parameter,
  axes: readonly number[] | null,
  got: readonly number[],
  owner: string,
): DataError {
  const theirs = parameter.shape.map((size, i) => (axes ? parameter.shape[axes.indexOf(i)] : size));
  return new DataError({
    where: `${path}, tensor "${parameter.name}"`,
    got: described(`shape [${got.join(', ')}]`),
    expected: `[${theirs.join(', ')}] for the network of ${owner}`,
    remedy: 'Check that the file belongs to this network',
  });
}

function brokenValues(path: string, { name, shape }: Parameter, count: number): DataError {
  return new DataError({
    where: `${path}, tensor "${name}"`,
    got: described(`${count} of ${sizeOf(shape)} values that are not finite`),
    expected: 'finite weights',
    remedy: 'Use an earlier checkpoint: this training has diverged',
  });
}
