/** @file Scores among others: their key, and the warning beside those of few images. */
import { describe, expect, it } from 'vitest';
import { fewSamples, scoreKey } from '../../harness/score/score.ts';

describe('scoreKey', () => {
  it('holds the network evaluations, unless they are unknown', () => {
    expect(scoreKey({ metric: 'fid50k', nfe: 1 })).toBe('fid50k/nfe1');
    expect(scoreKey({ metric: 'fid10k', nfe: 2 })).toBe('fid10k/nfe2');
    expect(scoreKey({ metric: 'fid50k', nfe: null })).toBe('fid50k');
  });
});

describe('fewSamples', () => {
  it('stands once beside every metric of fewer samples than published', () => {
    const scores = ['fid@49999', 'fid@49999', 'is50k', 'fid50k'].map((metric) => ({ metric }));
    expect(fewSamples(scores)).toEqual([{ kind: 'few-samples', metric: 'fid@49999', samples: 49_999, wanted: 50_000 }]);
  });

  it('has nothing to say of metrics that do not depend on the number', () => {
    expect(fewSamples([{ metric: 'fd-infinity' }, { metric: 'fd-shapes' }])).toEqual([]);
  });
});
