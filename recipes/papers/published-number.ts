/** @file Builds published numbers from the facts that all values of one work share. */
import {
  publishedNumber,
  type Claim,
  type Confidence,
  type PublishedMetric,
  type PublishedNumber,
} from '../../harness/recipe/claim.ts';
import type { DatasetId, PublishedDatasetId } from '../../harness/recipe/dataset.ts';
import { protocols } from './protocols.ts';

/** What all values of one work have in common. */
export interface Work {
  readonly work: string;
  readonly dataset: DatasetId;
  readonly bestOf: number | null;
  readonly selection: string;
}

/** A work that a recipe of this project repeats. */
export type RepeatedWork = Work & { readonly dataset: PublishedDatasetId; readonly recipeId: string };

export const unsaid = 'neither the checkpoint nor the number of evaluations is published';

/** A number that its recipe is judged by. */
export function claim(
  repeated: RepeatedWork,
  nfe: number,
  metric: PublishedMetric,
  value: number,
  source: string,
  confidence: Confidence = 'text',
): Claim {
  const protocol = protocols[repeated.dataset](metric, repeated.work);
  const id = `${repeated.recipeId}/${metric}/nfe${nfe}`;
  return publishedNumber({ id, ...repeated, metric, nfe, value, protocol, source, confidence });
}

/** A number of another work: context, never judged. */
export function context(
  other: Work,
  nfe: number,
  metric: PublishedMetric,
  value: number,
  source: string,
  confidence: Confidence = 'text',
): PublishedNumber {
  const name = `${other.dataset}-${other.work.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`;
  const id = `${name}/${metric}/nfe${nfe}`;
  return publishedNumber({ id, ...other, recipeId: null, metric, nfe, value, source, confidence });
}
