/** @file Which grid an arrow leads to: moments of one seed, the same moment of another, nothing beyond the ends. */
import { describe, expect, it } from 'vitest';
import { neighbourOf, type Direction, type Shown } from '../../harness/report/page/browser/gallery.ts';

const grid = (seed: number, step: number, group = 'ict/nfe1'): Shown => ({ group, seed, step });
/** Not in order; seed 5 was kept at fewer moments. */
const all = [
  grid(5, 300),
  grid(0, 300),
  grid(0, 100),
  grid(0, 200),
  grid(2, 300),
  grid(2, 100),
  grid(0, 250, 'ct/nfe1'),
];
const from = (seed: number, step: number, direction: Direction): string => {
  const found = neighbourOf(all, grid(seed, step), direction);
  return found ? `${found.group} ${found.seed} ${found.step}` : 'none';
};

describe('the neighbour of a grid', () => {
  it('is the next moment of the same recipe and seed', () => {
    expect(from(0, 100, 'later')).toBe('ict/nfe1 0 200');
    expect(from(0, 300, 'earlier')).toBe('ict/nfe1 0 200');
    expect(from(0, 300, 'later')).toBe('none');
    expect(from(0, 100, 'earlier')).toBe('none');
  });

  it('is the same moment of the next seed, or the last one before it, or its first', () => {
    expect(from(0, 300, 'next seed')).toBe('ict/nfe1 2 300');
    expect(from(0, 200, 'next seed')).toBe('ict/nfe1 2 100');
    expect(from(2, 100, 'next seed')).toBe('ict/nfe1 5 300');
    expect(from(2, 100, 'previous seed')).toBe('ict/nfe1 0 100');
    expect(from(5, 300, 'next seed')).toBe('none');
    expect(from(0, 100, 'previous seed')).toBe('none');
  });
});
