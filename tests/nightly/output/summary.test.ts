/** @file Summary of a night for a job: what a reader must see first stands first, and no value becomes markup. */
import { describe, expect, it } from 'vitest';
import { summaryMarkdown } from '../../../harness/nightly/output/summary.ts';
import { rowVerdicts } from '../../../harness/nightly/verdict.ts';
import {
  fabricatedNight,
  fabricatedPast,
  fabricatedVerdict,
  noPast,
  quietNight,
  quietVerdict,
} from '../fabricated-night.ts';

const text = summaryMarkdown(fabricatedNight, fabricatedVerdict, fabricatedPast);

const leftOut = fabricatedVerdict.rows.find(({ verdict }) => verdict === 'left-out')!;

describe('the summary of a night', () => {
  it('says red or green in its first line, and the headline in its second', () => {
    const lines = text.split('\n').filter((line) => line !== '');
    expect(lines[0]).toBe('# Night 2026-03-02: red');
    expect(lines[1]).toMatch(/^\*\*5 rows are red: ct-hashes changed/);
    expect(summaryMarkdown(quietNight, quietVerdict, noPast)).toMatch(/^# Night 2026-03-02: green\n/);
  });

  it('has one line in the table for every judged row, the red ones first', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| row'));
    const ids = rows.slice(1).map((line) => line.split(' | ')[0]!.slice(2));
    const red = fabricatedVerdict.rows.filter(({ verdict }) => rowVerdicts[verdict].red).map(({ id }) => id);
    expect(red).toEqual(['ct-hashes', 'step-copies', 'step-small', 'step-memory', 'data']);
    expect(ids.slice(0, 5)).toEqual(red);
    expect(ids).toHaveLength(fabricatedVerdict.rows.filter(({ verdict }) => verdict !== 'left-out').length);
  });

  it('names the rows that were left out by their reason, apart from the table', () => {
    const rows = ['a', 'b'].map((id) => ({ ...leftOut, id, why: 'not part of --quick' }));
    const night = summaryMarkdown(fabricatedNight, { ...fabricatedVerdict, rows: [...rows, leftOut] }, noPast);
    expect(night).toContain('\nLeft out (not part of --quick): a, b\n');
    expect(night).toContain(`\nLeft out (${leftOut.why}): ${leftOut.id}\n`);
    expect(night).not.toMatch(/^\| a /m);
  });

  it('shows beside each verdict what was found, what would have been seen tonight, and what is found here', () => {
    const line = text.split('\n').find((one) => one.startsWith('| step-small'));
    expect(line).toContain('| **regressed** | +5.1\u00a0% (+4.5\u00a0% to +5.7\u00a0%) | 1.1\u00a0% | 3\u00a0% |');
    expect(text).toContain('False alarms of the whole suite: 4 in 10,000 simulated nights');
    expect(summaryMarkdown(quietNight, quietVerdict, noPast)).toContain('its false-alarm rate here is not known');
  });

  it('says where the build is not its commit, and why there was no other', () => {
    expect(text).toContain('with changes that are not committed');
    expect(summaryMarkdown(quietNight, quietVerdict, noPast)).toContain('against none: asked for none');
  });

  it('lets no value become markup', () => {
    expect(text).not.toMatch(/(?<!\\)<script/);
    expect(text).toContain('\\<script\\>alert("not escaped")\\</script\\> \\| \\`code\\`');
    // A table line whose cells could be broken by a value would have another number of unescaped bars.
    const bars = text
      .split('\n')
      .filter((line) => line.startsWith('| '))
      .map((line) => line.match(/(?<!\\)\|/g)!.length);
    expect(new Set(bars)).toEqual(new Set([7]));
  });
});
