/** @file The page of a night as text: the same bytes, small, closed to every request, every value escaped, every fact in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../harness/core/hash.ts';
import { nightPage } from '../../../../harness/nightly/output/page/page.ts';
import { nightView } from '../../../../harness/nightly/output/page/view.ts';
import { judgePaired, logRatios } from '../../../../harness/nightly/statistics/gate.ts';
import {
  commitOf,
  fabricatedNight,
  fabricatedPast,
  fabricatedVerdict,
  noPast,
  quietNight,
  quietVerdict,
} from '../../fabricated-night.ts';

const templates = join(import.meta.dirname, '../../../../harness/nightly/output/page/templates');
/** As the report's: a page that anyone can open from a mail. */
const pageLimit = 3_000_000;
const page = nightPage(fabricatedNight, fabricatedVerdict, fabricatedPast);

describe('the page of a night', () => {
  it('is the same when it is made again, and small', () => {
    expect(nightPage(fabricatedNight, fabricatedVerdict, fabricatedPast) === page).toBe(true);
    expect(Buffer.byteLength(page)).toBeLessThan(pageLimit);
  });

  it('lets its own script run and nothing else load', () => {
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page)!;
    const hash = Buffer.from(sha256(script!), 'hex').toString('base64');
    const [, policy] = /Content-Security-Policy" content="([^"]+)"/.exec(page)!;
    expect(policy!.replaceAll('&#x3D;', '=')).toBe(
      `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(script).not.toMatch(/\bimport\b|\brequire\(|fetch\(/);
  });

  it('escapes every value', () => {
    // A whole page in a failure message helps nobody.
    expect(page.includes('<script>alert')).toBe(false);
    expect(page.includes('&lt;script&gt;alert(&quot;not escaped&quot;)&lt;/script&gt;')).toBe(true);
    for (const name of readdirSync(templates).filter((one) => one.endsWith('.hbs'))) {
      const source = readFileSync(join(templates, name), 'utf8');
      expect(source).not.toMatch(/\{\{\{|\{\{&|https?:|url\(|@import/);
      const trusted = [...source.matchAll(/\{\{trusted (\w+)\}\}/g)].map(([, one]) => one);
      expect(trusted.every((one) => one === 'script')).toBe(true);
    }
  });

  it('names the registered plan by its hash, the commits of a red row, and the change points with theirs', () => {
    for (const text of [
      fabricatedNight.planSha256,
      commitOf(7).slice(0, 10),
      commitOf(2).slice(0, 10),
      'since the night of 2026-02-15',
      '4 in 10,000 simulated nights',
      '3.4\u00a0% of all processors during the speed rows',
      'npm run nightly -- accept ct-hashes --why',
    ]) {
      expect(page.includes(text), text).toBe(true);
    }
  });

  it('of a first night says what is not known, and draws nothing that is not there', () => {
    const view = nightView(quietNight, quietVerdict, noPast);
    expect(view.trends).toEqual([]);
    expect(view.calibration).toContain('not known');
    expect(view.facts.find(({ name }) => name === 'against')?.value).toBe('none: asked for none');
    expect(view.commands[0]?.line).toBe('npm run nightly -- --against none --quick');
  });
});

describe('the view of a night', () => {
  const view = nightView(fabricatedNight, fabricatedVerdict, fabricatedPast);

  it('has every judged row once, red ones first, with what is visible tonight and here beside it', () => {
    const judged = fabricatedVerdict.rows.filter(({ verdict }) => verdict !== 'left-out').map(({ id }) => id);
    expect(view.rows.map(({ id }) => id).sort()).toEqual(judged.sort());
    expect(view.leftOut).toEqual(['Left out (no GPU on this machine): step-gpu']);
    expect(view.rows.map(({ red }) => red)).toEqual([
      ...Array<boolean>(5).fill(true),
      ...Array<boolean>(9).fill(false),
    ]);
    expect(view.rows.find(({ id }) => id === 'step-small')).toMatchObject({
      verdict: 'regressed',
      change: '+5.1\u00a0%',
      interval: '+4.5\u00a0% to +5.7\u00a0%',
      seen: '1.1\u00a0%',
      found: '3\u00a0%',
      values: '24 and 24 pairs',
    });
  });

  it('draws every raw pair and lists it', () => {
    const figure = view.pairs.find(({ title }) => title === 'step-small')!;
    expect(figure.rows).toHaveLength(48);
    expect(figure.chart.match(/<circle/g)).toHaveLength(48);
    // The first pair, by hand.
    const delivery = fabricatedNight.deliveries['step-small'];
    const { tonight, earlier } = delivery?.kind === 'paired' ? delivery.stages[0]![0]! : { tonight: 0, earlier: 1 };
    expect(Number.parseFloat(figure.rows[0]![3]!)).toBeCloseTo(100 * (tonight / earlier! - 1), 0);
  });

  it('follows a row over the nights and marks where it changed', () => {
    const figure = view.trends.find(({ title }) => title === 'step-twin')!;
    expect(figure.rows).toHaveLength(29);
    expect(figure.caption).toContain('Change points: 2026-02-15, +4\u00a0%.');
  });

  it('hands its script what the night was judged by: the same code gives the same verdicts', () => {
    expect(view.rejudge.gate).toEqual(fabricatedNight.plan.gate);
    for (const { margin, tonight, stages } of view.rejudge.rows) {
      const judged = judgePaired(stages.map(logRatios), { gate: view.rejudge.gate, margin });
      expect(judged?.outcome.replace('cannot-tell', 'cannot tell tonight')).toBe(tonight);
    }
  });
});
