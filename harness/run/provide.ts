/** @file Fetches what cells need once, before any of them: engine, data, references. */
import type { Clock } from '../core/clock.ts';
import { UsageError } from '../core/errors.ts';
import { warningText } from '../core/warnings.ts';
import type { DataContext } from '../data/packed.ts';
import { datasets, isScoredBy } from '../recipe/dataset.ts';
import type { Plan } from '../plan/types.ts';
import { classesOf } from '../recipe/classes.ts';
import type { Registration } from '../results/registration.ts';
import { cacheFolder } from '../system/cache-folder.ts';
import type { Output } from '../system/progress.ts';

/** Files that are used in place of what would be downloaded. */
export interface GivenFiles {
  readonly data?: string;
  readonly inception?: string;
  readonly reference?: string;
}

/** Where cells run: on this machine, on others that share its files, or on some that have caches of their own. */
export type CellsRun = 'here' | 'shared' | 'unknown';

/** The images that cells will be trained on; absent where nothing is trained. */
export type ProvidedImages = Pick<Registration, 'data'>;

/**
 * What is missing is said here, before hours are spent.
 * @throws UsageError when images are named that nothing would read; EngineError when the engine cannot be installed; DataError when data or
 *   references are not what they should be
 */
export async function provide(
  plan: Plan,
  { data, ...scoring }: GivenFiles,
  { output, clock, where }: { readonly output: Output; readonly clock: Clock; readonly where: CellsRun },
): Promise<ProvidedImages> {
  if (data !== undefined) await requireUseOf(data, plan);
  // Loaded here: a plan that is refused or only printed needs none of it.
  const { ensureEngine } = await import('../engine/install/install.ts');
  if (where !== 'unknown') await ensureEngine({ device: plan.engine.device, forElsewhere: where === 'shared' }, output);
  const { dataset } = plan.recipe.data;
  const context = { cache: cacheFolder(), output, clock };
  const images = plan.weights ? {} : { data: await imagesOf(plan, data, context) };
  if (isScoredBy(dataset, 'inception')) {
    const { scoringSources } = await import('../evaluate/inception.ts');
    const sources = await scoringSources(dataset, scoring, context);
    if ('kind' in sources) output.write(`${warningText(sources)}\nEverything else is run and reported.\n`);
  }
  return images;
}

/** Images that a person names are used, or refused: they are never passed over. */
async function requireUseOf(data: string, plan: Plan): Promise<void> {
  if (!plan.weights) return;
  const { comparesWithImages } = await import('../evaluate/train-features.ts');
  if (comparesWithImages(plan)) return;
  const { title } = datasets[plan.recipe.data.dataset];
  throw new UsageError({
    where: '--data',
    got: data,
    expected: `no images: at scale ${plan.scale.id} given weights are compared with the reference of ${title} alone`,
    remedy: 'Leave --data out',
  });
}

async function imagesOf(
  { recipe }: Plan,
  data: string | undefined,
  context: DataContext,
): Promise<NonNullable<Registration['data']>> {
  const { openSource } = await import('../data/open.ts');
  const choice = { ...(data !== undefined && { data }), networkClasses: classesOf(recipe.network) };
  const source = await openSource(recipe.data.dataset, context, choice);
  source.close();
  return { contentSha256: source.contentHash, origin: source.origin.text };
}
