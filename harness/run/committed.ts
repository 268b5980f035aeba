/** @file Samples and scores weights that the repository keeps, as a run inside the folder of another one. */
import { join } from 'node:path';
import type { Device } from '../core/device.ts';
import { engineSettings } from '../plan/engine-settings.ts';
import { lastGridLevels, resolvePlan } from '../plan/resolve.ts';
import type { Plan } from '../plan/types.ts';
import type { Recipe } from '../recipe/types.ts';
import {
  committedWeights,
  misfitOf,
  weightsFileName,
  type CommittedWeights,
} from '../results/origin/committed-weights.ts';
import { placeCommitted, sampledHereFolder, type CommittedNote } from '../results/origin/sampled-here.ts';
import { cellFolderName } from '../results/registration.ts';
import type { CellEnd, CellProcess } from './executors/contract.ts';
import { reproduce, type Reproduction } from './reproduce.ts';

/** What can be sampled of committed weights, and what cannot. */
export interface CommittedChoice extends CommittedNote {
  readonly chosen: readonly CommittedWeights[];
  /** One per weights, at the scale and seed that trained them. */
  readonly plans: readonly Plan[];
}

/**
 * The committed weights of recipes, with their plans on this device. Weights of a recipe whose version or numbers have changed since are refused by
 * name, never used.
 * @param folder where weights are committed
 * @throws ResultError when a committed file is missing or was edited
 */
export function chooseCommitted(folder: string, recipes: readonly Recipe[], device: Device): CommittedChoice {
  const all = committedWeights(folder);
  const fitting: [CommittedWeights, Recipe][] = [];
  const refused: string[] = [];
  const absent: string[] = [];
  for (const recipe of recipes) {
    const own = all.filter(({ result }) => result.recipe.id === recipe.id);
    if (own.length === 0) absent.push(recipe.id);
    for (const weights of own) {
      const misfit = misfitOf(weights, recipe);
      if (misfit === null) fitting.push([weights, recipe]);
      else refused.push(misfit);
    }
  }
  const plans = fitting.map(([weights, recipe]) => planOf(weights, recipe, device));
  return { absent, refused, chosen: fitting.map(([weights]) => weights), plans };
}

function planOf({ sha256, result }: CommittedWeights, recipe: Recipe, device: Device): Plan {
  const { scale, seed, asRun, engine } = result.plan;
  const { groupNorm = 'plain' } = engine;
  return resolvePlan({
    recipe,
    scale,
    seed,
    // As exact as the device is, and by the operations of the committed run where the device has them: what is compared is the machine.
    engine: engineSettings(asRun.batchImages, { device, tf32: false, groupNorm }, recipe),
    weights: { file: weightsFileName, sha256, part: 'sampling-ema', gridLevels: lastGridLevels(result.plan) },
  });
}

/** The run that it stands beside, with what starts its cells. */
export interface BesideRun extends Omit<Reproduction, 'plans' | 'execute' | 'cellProcess' | 'onRegistered' | 'amend'> {
  readonly cellProcess: (folder: string, weights: string) => CellProcess['command'];
  readonly execute: (
    cells: readonly CellProcess[],
    run: { readonly runFolder: string; readonly plans: readonly [Plan, ...Plan[]] },
  ) => Promise<readonly CellEnd[]>;
}

/**
 * Samples and scores what was chosen, in the folder `committed/` of a run.
 * @returns the exit code of the first cell that did not end well, else 0
 * @throws as `reproduce`
 */
export async function sampleCommitted(
  { absent, refused, chosen, plans }: CommittedChoice,
  { cellProcess, execute, ...beside }: BesideRun,
): Promise<number> {
  placeCommitted(beside.runFolder, chosen, { absent, refused });
  const [first, ...others] = plans;
  if (!first) return 0;
  const runFolder = sampledHereFolder(beside.runFolder);
  const paths = new Map(
    chosen.map(({ path, result }) => [join(runFolder, cellFolderName(result.recipe.id, result.seed)), path]),
  );
  const { exitCode } = await reproduce({
    ...beside,
    runFolder,
    plans: [first, ...others],
    cellProcess: (folder) => cellProcess(folder, paths.get(folder)!),
    execute: (cells) => execute(cells, { runFolder, plans: [first, ...others] }),
    onRegistered: () => undefined,
  });
  return exitCode;
}

/** What the command says of it: a line on what is absent, and one per refusal. */
export function committedLines({
  absent,
  refused,
  chosen,
}: Pick<CommittedChoice, 'absent' | 'refused' | 'chosen'>): string[] {
  const sampled =
    chosen.length === 0
      ? []
      : [
          `Beside it: the committed weights of ${chosen.map(({ folder }) => folder.split('/').at(-1)!).join(', ')}, sampled and scored here.`,
        ];
  const missing =
    absent.length === 0
      ? []
      : [`No weights of ${absent.join(', ')} are committed: the report shows of them what a few steps give.`];
  return [...sampled, ...missing, ...refused];
}
