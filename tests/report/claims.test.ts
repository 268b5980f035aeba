/** @file What the report shows of published claims: verdicts first, what is recalled, what judges nothing, what qualifies a number. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderPage } from '../../harness/report/page/html.ts';
import { reportView } from '../../harness/report/page/view.ts';
import { sourceText } from '../../harness/report/sections/claims.ts';
import { publishedEffects } from '../../recipes/papers/choices.ts';
import { fixturePapers } from './fixture/claims.ts';
import { fixtureCt, fixtureScale } from './fixture/recipes.ts';
import { writeFixtureRun, type FixtureOptions } from './fixture/run.ts';

const scale = { ...fixtureScale, maxIntervals: null };

function viewOf(options: FixtureOptions) {
  const folder = join(mkdtempSync(join(tmpdir(), 'claims-')), 'run');
  return reportView(writeFixtureRun(folder, { scale, gridImages: 8, ...options }), fixturePapers);
}

describe('the claims of a run', () => {
  it('are unstable where a seed diverged, and say how many finished', () => {
    const { claims } = viewOf({ spoiled: { 'shapes-ct-seed1': 'diverged' } });
    expect(claims.rows.map(({ claim, verdict, why }) => [claim, verdict, why])).toEqual([
      ['CT, fd-shapes, one step', 'unstable', '2 of 3 planned seeds finished, 1 diverged'],
      ['iCT, fd-shapes, two steps', 'worse', ''],
    ]);
    expect(claims.multiplicity).toContain('over the 2 claims measured here');
  });

  it('name what a foreign score was measured with', () => {
    const { claims } = viewOf({ identity: { reference: 'own.npz' } });
    expect(claims.rows).toEqual([]);
    expect(claims.untouched[0]).toMatchObject({
      verdict: 'not attempted',
      why: 'measured against reference own.npz in place of shapes-held-out@1',
    });
  });

  it('say of a source whether it was read, quoted elsewhere, or recalled', () => {
    expect(sourceText({ source: 'table 1', confidence: 'text' })).toBe('table 1');
    expect(sourceText({ source: 'notes', confidence: 'quoted' })).toBe('notes (not read in the source itself)');
    expect(sourceText({ source: 'table 1', confidence: 'memory' })).toContain('recalled, to be confirmed');
    expect(publishedEffects.noise.confidence).toBe('memory');
  });

  it('mark what is recalled, and do not know what an unpublished rule gains', () => {
    const { claims } = viewOf({});
    const recalled = claims.untouched.find(({ id }) => id === 'cifar10-ict/fid50k/nfe1')!;
    expect(recalled).toMatchObject({ published: '3 (recalled)', why: 'this run holds no cifar10-ict' });
    expect(recalled.source).toContain('recalled, to be confirmed in the source');
    expect(claims.rows[1]!.asReported).toBe('rule not published, gain of choosing unknown');
  });

  it('say the order of verdicts as seeds were added', () => {
    const value = (_: string, __: number, seed: number) => [570, 630, 600, 600, 600, 600][seed]!;
    const { claims } = viewOf({ seeds: [0, 1, 2, 3, 4, 5], value });
    expect(claims.rows[0]!.bySeeds).toBe('2 inconclusive, 3 inconclusive, 4 inconclusive, 5 reproduced, 6 reproduced');
  });

  it('say evaluation of weights that were not trained here', () => {
    const weights = { file: 'given.safetensors', sha256: 'b'.repeat(64), part: 'sampling-ema' } as const;
    const { claims } = viewOf({ weights, recipes: [fixtureCt], value: (_, __, seed) => 600 + seed });
    expect(claims.rows[0]).toMatchObject({
      verdict: 'evaluation reproduced',
      why: 'of weights that were not trained here: sampling and scoring alone',
    });
  });

  it('stand with those of readings, ratios, orders, other works and machines', () => {
    const view = viewOf({ recipes: [fixtureCt, { ...fixtureCt, id: 'shapes-ct-other' }] });
    expect(view.claims.rows.map(({ claim }) => claim)).toEqual([
      'CT, fd-shapes, one step',
      'CT (reading: read otherwise), fd-shapes, one step',
    ]);
    expect(view.relations.rows.map(({ says, verdict }) => [says, verdict])).toEqual([
      ['CT is better than the other work in one step', 'holds'],
    ]);
    expect(view.relations.untouched.map(({ why }) => why)).toEqual([
      'this run holds no shapes-ict',
      'this run holds no shapes-ict',
    ]);
    const page = renderPage(view);
    expect(page).toContain('Other works on the same data: context, not judged');
    expect(page).toContain('<th scope="row">Other</th><td>fd-shapes</td><td>one step</td><td>700</td>');
    expect(page).toContain('2 cores, hours not published');
  });

  it('lead the page', () => {
    const page = renderPage(viewOf({}));
    expect(page.indexOf('class="verdicts"')).toBeGreaterThan(page.indexOf('id="result"'));
    expect(page.indexOf('class="verdicts"')).toBeLessThan(page.indexOf('class="cards"'));
  });
});

describe('the power of the registered seeds', () => {
  it('stands beside the verdicts', () => {
    const { power } = viewOf({});
    expect(power?.seeds).toBe('3');
    expect(power?.rows[1]).toEqual({
      metric: 'FID 50k \u00b1 5\u00a0%',
      spread: '2\u00a0%',
      reproduced: '0.49',
      reproducedFromOneRun: '0.35',
      smallestBias: '18\u00a0%',
    });
  });

  it('is not there for a seed that never yields a verdict', () => {
    expect(viewOf({ seeds: [0] }).power).toBeNull();
  });
});

it('every score of rounded products bears the mark of the note that says so', () => {
  const warnings = [{ kind: 'rounded-products', precision: 'tf32' }] as const;
  const { notes, scores, cards } = viewOf({ warnings, engine: { tf32: true } });
  expect(notes[0]).toMatchObject({ mark: 'a', everywhere: true });
  expect(scores.every(({ rows }) => rows.every(({ cells }) => cells.every(({ marks }) => marks.includes('a'))))).toBe(
    true,
  );
  expect(cards.every(({ marks }) => marks.includes('a'))).toBe(true);
});
