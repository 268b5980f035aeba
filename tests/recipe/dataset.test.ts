/** @file The table of data sets: what follows from it, and what a row asks for. */
import { describe, expect, it } from 'vitest';
import { datasetIds, datasets, isScoredBy, publishedDatasetIds } from '../../harness/recipe/dataset.ts';
import { catalogue } from '../../recipes/index.ts';
import { faultsWith } from '../compiled-with.ts';

describe('the table of data sets', () => {
  it('gives every list of them', () => {
    expect(datasetIds).toEqual(['shapes', 'cifar10', 'imagenet64']);
    expect(publishedDatasetIds).toEqual(['cifar10', 'imagenet64']);
    expect(datasetIds.filter((id) => isScoredBy(id, 'inception'))).toEqual(['cifar10', 'imagenet64']);
  });

  it('gives the numbers of training images that the sets are published with', () => {
    // Krizhevsky 2009, section 3; ILSVRC-2012, CLS-LOC: the train_cls.txt of its development kit.
    expect(datasetIds.map((id) => datasets[id].trainImages)).toEqual([null, 50_000, 1_281_167]);
  });
});

it('no command that names no seeds compares by one that recipes were tuned on', () => {
  const compared = datasetIds.flatMap((id) =>
    Object.values(catalogue.usualSeeds[id])
      .filter((seeds) => seeds.length > 1)
      .map((seeds) => [id, seeds] as const),
  );
  expect(compared.length).toBeGreaterThan(0);
  const tuned = (id: (typeof datasetIds)[number]): readonly number[] => datasets[id].tunedOn;
  expect(compared.filter(([id, seeds]) => seeds.some((seed) => tuned(id).includes(seed)))).toEqual([]);
  expect(tuned('shapes')).toEqual([0]);
});

describe('a data set that is added to the table', () => {
  const added = (generated: boolean, scoring: string) => ({
    'harness/recipe/dataset.ts': (text: string) =>
      text.replace(
        'export const datasets = {',
        `$&
  other: {
    title: 'Other', resolution: 32, trainImages: 10, generated: ${generated}, tunedOn: [], scoring: '${scoring}',
    usualScale: { cpu: 'smoke', gpu: 'hour' },
  },`,
      ),
  });
  /** Every file with a row per data set, and some that only read the table. */
  const files = [
    'harness/data/open.ts', 'harness/evaluate/open.ts', 'harness/evaluate/inception.ts', 'harness/evaluate/train-features.ts',
    'recipes/index.ts', 'recipes/scales.ts', 'recipes/papers/protocols.ts', 'recipes/papers/orders.ts',
    'harness/data/packed.ts', 'harness/recipe/schema.ts', 'harness/recipe/validate.ts', 'harness/plan/cost.ts',
    'harness/plan/names.ts', 'harness/plan/request.ts', 'harness/results/registration.ts', 'harness/report/report.ts',
  ]; // prettier-ignore
  const faulty = (generated: boolean, scoring: string): string[] => [
    ...new Set(faultsWith(added(generated, scoring), files).map((fault) => fault.split(':')[0]!)),
  ];

  it('does not compile without its images, recipes and scales', () => {
    expect(faulty(true, 'shapes-classifier')).toEqual([
      'harness/data/open.ts',
      'recipes/index.ts',
      'recipes/scales.ts',
    ]);
  });

  it('does not compile without its reference, protocol and orders where papers give numbers for it', () => {
    expect(faulty(false, 'inception')).toEqual([
      'harness/data/open.ts',
      'harness/evaluate/inception.ts',
      'harness/evaluate/train-features.ts',
      'recipes/index.ts',
      'recipes/scales.ts',
      'recipes/papers/protocols.ts',
      'recipes/papers/orders.ts',
    ]);
  });
});
