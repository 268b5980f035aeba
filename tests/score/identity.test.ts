/** @file When two scores are one quantity: every field of their identities is the same. */
import { expect, it } from 'vitest';
import { identityDifferences, scoreIdentitySchema, type ScoreIdentity } from '../../harness/score/identity.ts';

const identity: ScoreIdentity = {
  weights: 'sampling-ema',
  samples: 50_000,
  quantisation: 'truncate',
  extractor: 'inception-2015',
  extractorSha256: 'a'.repeat(64),
  resize: 'legacy-bilinear-299',
  reference: 'cifar10-train',
  referenceSha256: 'b'.repeat(64),
  referenceImages: 50_000,
  batchImages: 64,
  dtype: 'float32',
  device: 'cpu',
};
const score = { metric: 'fid50k', nfe: 1, identity };

it('scores of one identity do not differ', () => {
  expect(identityDifferences(score, { ...score, identity: { ...identity } })).toEqual([]);
});

it.each(Object.keys(scoreIdentitySchema.shape) as (keyof ScoreIdentity)[])('scores of another %s differ', (key) => {
  const other = { ...score, identity: { ...identity, [key]: null } };
  expect(identityDifferences(score, other)).toEqual([`${key} ${identity[key]} against null`]);
});

it('so do another metric and another number of steps', () => {
  expect(identityDifferences(score, { ...score, metric: 'fid10k', nfe: 2 })).toEqual([
    'metric fid50k against fid10k',
    'nfe 1 against 2',
  ]);
});
