/**
 * @file Opens the resources of a cell: images, scorer, network and sampler.
 *
 * Everything is closed with the cell.
 */
import { Closing } from '../../system/closing.ts';
import { DataError, PlanError, described, exitCodes } from '../../core/errors.ts';
import type { Warning } from '../../core/warnings.ts';
import type { ImageSource } from '../../data/source.ts';
import type { Engine } from '../../engine/engine.ts';
import type { CurveValue } from '../../evaluate/curve.ts';
import { cellSampler } from '../../evaluate/draw.ts';
import type { Scored } from '../../evaluate/final.ts';
import { samplerWarnings } from '../../evaluate/samplers.ts';
import type { Scoring } from '../../evaluate/scorer.ts';
import { comparesWithImages } from '../../evaluate/train-features.ts';
import { parameterLayout, type ParameterLayout } from '../../network/flat.ts';
import { buildNetwork, type BuiltNetwork } from '../../network/network.ts';
import { isScoredBy } from '../../recipe/dataset.ts';
import { folderBytes } from '../../plan/cost.ts';
import type { Plan } from '../../plan/types.ts';
import { requireWorkFolder } from '../../system/files/writable-folder.ts';
import { newProgress, type TrainProgress } from '../../train/progress.ts';
import type { CellOptions } from './cell-options.ts';
import { spreadOver } from './ranks/shared-features.ts';
import { sharedSampler } from './ranks/shared-sampling.ts';

export interface Cell extends Scored, Disposable {
  readonly options: CellOptions;
  /** Clock reading when the cell was opened. */
  readonly began: number;
  /** Null where weights are given and nothing is measured against images of the data set. */
  readonly source: ImageSource | null;
  readonly network: BuiltNetwork['network'];
  readonly layout: ParameterLayout;
  /** What is known before the first step and qualifies every number. */
  readonly warnings: readonly Warning[];
  /** Training so far; empty where the weights are given. */
  progress: TrainProgress<CurveValue[]>;
  /** What is opened later is closed with the rest. */
  readonly closing: Closing;
}

/** @throws PlanError when the plan is for another device; DataError when images, scorer or their files are not what they should be */
export async function openCell(options: CellOptions, plan: Plan): Promise<Cell> {
  const { folder, engine, clock, output } = options;
  requireDevice(plan, engine);
  requireWorkFolder(folder, folderBytes(plan));
  const began = clock.now();
  const closing = new Closing();
  try {
    const { source, warnings: ofImages } = await openImages(options, plan, closing);
    const scoring = await options.openScorer({
      plan,
      engine,
      source,
      ...(options.ranks && { spread: spreadOver(options.ranks) }),
      output,
      clock,
    });
    const scorer = scoring.kind === 'open' ? closing.add(scoring.scorer, (opened) => opened.close()) : null;
    const { network, parameters } = buildNetwork(plan.recipe, plan.engine);
    const layout = parameterLayout(parameters);
    const own = closing.add((options.computing?.openSampler ?? cellSampler)(plan, layout, network), (opened) =>
      opened.dispose(),
    );
    const imageNumbers = 3 * plan.recipe.network.resolution ** 2;
    const sampler = options.ranks ? sharedSampler(own, options.ranks, imageNumbers) : own;
    const warnings = [...missing(scoring), ...ofImages, ...samplerWarnings(plan, scorer)];
    const parts = { options, plan, folder, output, clock, began, source, scorer, network, layout, sampler, warnings };
    return { ...parts, progress: newProgress(), closing, [Symbol.dispose]: () => closing[Symbol.dispose]() };
  } catch (thrown) {
    closing[Symbol.dispose]();
    throw thrown;
  }
}

function requireDevice(plan: Plan, engine: Engine): void {
  if (plan.engine.device === engine.device) return;
  throw new PlanError({
    where: 'cell',
    got: described(`an engine on the ${engine.device}`),
    expected: `the ${plan.engine.device}, as planned`,
    remedy: 'Make the plan again on this machine',
  });
}

/** Training and the metric of the twin need the images of the data set; given weights of photographs are measured without them if need be. */
async function openImages(options: CellOptions, plan: Plan, closing: Closing): Promise<OpenedImages> {
  const needed = !plan.weights || isScoredBy(plan.recipe.data.dataset, 'shapes-classifier');
  if (!needed && !comparesWithImages(plan)) return { source: null, warnings: [] };
  try {
    const source = closing.add(await options.openSource(plan), (opened) => opened.close());
    return { source, warnings: dataWarnings(source) };
  } catch (thrown) {
    if (needed || !(thrown instanceof DataError) || thrown.exitCode !== exitCodes.transient) throw thrown;
    const metric = 'all that is compared with training images, and the floor of real ones';
    return { source: null, warnings: [{ kind: 'metric-missing', metric, why: thrown.message }] };
  }
}

interface OpenedImages {
  readonly source: ImageSource | null;
  readonly warnings: readonly Warning[];
}

function missing(scoring: Scoring): Warning[] {
  return scoring.kind === 'missing' ? [scoring.warning] : [];
}

/** Data that are not known to be the published ones can carry no published claim. */
function dataWarnings({ origin }: ImageSource): Warning[] {
  return origin.published ? [] : [{ kind: 'unpublished-data', origin: origin.text }];
}
