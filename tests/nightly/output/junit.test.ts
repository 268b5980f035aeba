/** @file JUnit XML of a night, read back by a parser: one case per row, each verdict in its form. */
import { DOMParser } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { junitXml } from '../../../harness/nightly/output/junit.ts';
import { rowVerdicts } from '../../../harness/nightly/verdict.ts';
import { fabricatedNight, fabricatedVerdict } from '../fabricated-night.ts';

interface Node {
  getAttribute(name: string): string | null;
  querySelector(selector: string): Node | null;
  querySelectorAll(selector: string): Iterable<Node>;
  readonly textContent: string;
}

const xml = junitXml(fabricatedNight, fabricatedVerdict);
const parsed: unknown = new DOMParser().parseFromString(xml, 'text/xml');
const cases = [...(parsed as Node).querySelectorAll('testcase')];

describe('the JUnit XML of a night', () => {
  it('counts what it holds', () => {
    const suite = (parsed as Node).querySelector('testsuite')!;
    expect(suite.getAttribute('tests')).toBe('15');
    expect(suite.getAttribute('failures')).toBe('5');
    expect(suite.getAttribute('skipped')).toBe('1');
    // 02:00:00 to 02:31:40.
    expect(suite.getAttribute('time')).toBe('1900.000');
    expect(suite.getAttribute('timestamp')).toBe('2026-03-02T02:00:00');
  });

  it.each(fabricatedVerdict.rows)('shows $id ($verdict) in the form of its verdict', ({ id, verdict, why }) => {
    const mine = cases.filter((one) => one.getAttribute('name') === id);
    expect(mine).toHaveLength(1);
    const form = rowVerdicts[verdict].red ? 'failure' : verdict === 'left-out' ? 'skipped' : 'system-out';
    for (const name of ['failure', 'skipped', 'system-out']) {
      expect(mine[0]!.querySelector(name) !== null, name).toBe(name === form);
    }
    const said = mine[0]!.querySelector(form)!;
    expect(form === 'skipped' ? said.getAttribute('message') : said.textContent).toContain(why.split(' <')[0]!);
  });

  it('names the commit of a regression and its interval in the failure', () => {
    const failure = cases.find((one) => one.getAttribute('name') === 'step-small')!.querySelector('failure')!;
    expect(failure.textContent).toMatch(/\+5\.1\u00a0% \(\+4\.5\u00a0% to \+5\.7\u00a0%\)\nsince [0-9a-f]{40}$/);
  });

  it('says what a row measures by its class name', () => {
    expect(cases.map((one) => one.getAttribute('classname'))).toContain('nightly.speed');
    expect(cases.at(-1)!.getAttribute('classname')).toBe('nightly.unplanned');
  });

  it('holds no character that XML forbids, and no markup of a value', () => {
    expect(xml).not.toContain('<script');
    expect(xml).toContain('\ufffd');
    // eslint-disable-next-line no-control-regex -- XML 1.0, section 2.2: these are the characters that it excludes
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\]\]>/);
  });
});
