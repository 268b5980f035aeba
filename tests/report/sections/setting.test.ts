/** @file The setting of a run: how many processes shared a batch, and in which order they added. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { reportContext } from '../../../harness/report/sections/context.ts';
import { engineRows, machineTables } from '../../../harness/report/sections/setting.ts';
import { writeFixtureRun, type FixtureOptions } from '../fixture/run.ts';

const contextOf = (options: FixtureOptions) =>
  reportContext(
    writeFixtureRun(join(mkdtempSync(join(tmpdir(), 'setting-')), 'run'), { seeds: [0], gridImages: 8, ...options }),
  );

it('says how many processes shared each batch, where there were several', () => {
  const processes = (options: FixtureOptions) =>
    machineTables(contextOf(options))[0]!.rows.find(({ name }) => name === 'processes per cell')?.value;
  expect(processes({})).toBeUndefined();
  expect(processes({ ranks: 4 })).toBe('4; each batch is shared by them');
});

it('says that a sum has no fixed order, and of how many processes', () => {
  const [row] = engineRows(contextOf({ engine: { reduction: 'fast', ranks: 4 }, ranks: 4 }));
  expect(row!.value).toContain('gradients of 4 processes added in no fixed order');
  expect(engineRows(contextOf({}))[0]!.value).not.toContain('added');
});

it('says that group normalisation was native', () => {
  expect(engineRows(contextOf({ engine: { groupNorm: 'native' } }))[0]!.value).toContain('native group normalisation');
  expect(engineRows(contextOf({}))[0]!.value).not.toContain('native');
});
