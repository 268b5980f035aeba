/** @file Scores images that a person names against a reference that is named: from paths to every metric. */
import { openImages, type ScoredImages } from './features/images.ts';
import type { ExtractorOutput } from './features/extractor.ts';
import { requireRoomForRows } from './features/rows.ts';
import { ImageScorer, type ImageScores, type Workplace } from './image-scorer.ts';
import type { MeasureOptions } from './measurement.ts';
import { openReference } from './reference/reference.ts';

export interface NamedScore {
  /** A folder of images, or an `.npz` of them. */
  readonly images: string;
  /** The `.npz` of statistics. */
  readonly reference: string;
  /** Images for metrics of single images, where the reference holds none. */
  readonly referenceImages?: string | undefined;
  /** At most so many images, from the first on. */
  readonly limit?: number | undefined;
}

export interface OpenedWorkplace {
  readonly workplace: Workplace;
  readonly device: MeasureOptions['device'];
}

/** Images of a pass where nothing else is asked for. */
export const usualPassImages = 64;

/** A pass is filled up, so that none takes more than the largest set. */
export function passImages(asked: number, sources: readonly ScoredImages[]): number {
  return Math.min(asked, Math.max(...sources.map(({ count }) => count)));
}

/**
 * @param open makes the extractor once everything else has been checked; it is closed here
 * @throws DataError as `openReference`, `openImages` and `ImageScorer.all`
 */
export async function scoreNamed(
  { images, reference: referencePath, referenceImages, limit = Infinity }: NamedScore,
  options: Omit<MeasureOptions, 'device'>,
  open: (outputs: readonly ExtractorOutput[], sources: readonly ScoredImages[]) => Promise<OpenedWorkplace>,
): Promise<ImageScores> {
  const reference = await openReference(referencePath, referenceImages);
  const source = await openImages(images);
  const { ownImages } = reference;
  const sources = [source, ...(ownImages === null ? [] : [await openImages(ownImages)])];
  const { workplace, device } = await open(['logits', 'spatial'], sources);
  try {
    const counted = sources.map(({ count }, i) => (i === 0 ? Math.min(count, limit) : count));
    const rows = counted.reduce((sum, count) => sum + count, 0);
    requireRoomForRows(rows, workplace.extractor.widths);
    const scorer = new ImageScorer(reference, { ...options, device }, workplace);
    return await scorer.all(source, limit).finally(() => scorer.close());
  } finally {
    workplace.extractor.close();
  }
}
