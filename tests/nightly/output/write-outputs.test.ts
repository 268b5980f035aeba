/** @file Outputs of a night: the same bytes every time, as committed, whole or not at all. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outputTexts, writeOutputs } from '../../../harness/nightly/output/write-outputs.ts';
import {
  fabricatedNight,
  fabricatedPast,
  fabricatedVerdict,
  noPast,
  quietNight,
  quietVerdict,
} from '../fabricated-night.ts';

const copies = join(import.meta.dirname, '../../golden/nightly');
const texts = outputTexts(fabricatedNight, fabricatedVerdict, fabricatedPast);

describe('the outputs of a night', () => {
  it.each(['summary.md', 'junit.xml', 'bencher.json'] as const)('give %s byte for byte as committed', (name) => {
    const path = join(copies, name);
    if (process.env.UPDATE_REPORT_SNAPSHOT) {
      mkdirSync(copies, { recursive: true });
      writeFileSync(path, texts[name]);
    }
    expect(texts[name]).toBe(readFileSync(path, 'utf8'));
  });

  it('are the same when they are made again', () => {
    expect(outputTexts(fabricatedNight, fabricatedVerdict, fabricatedPast)).toEqual(texts);
  });

  it('are written under their names, also over older ones, and nothing else is left', () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'outputs-')), 'new');
    writeOutputs(folder, quietNight, quietVerdict, noPast);
    const paths = writeOutputs(folder, fabricatedNight, fabricatedVerdict, fabricatedPast);
    expect(readdirSync(folder).sort()).toEqual(Object.keys(texts).sort());
    for (const [name, text] of Object.entries(texts)) {
      expect(readFileSync(paths[name as keyof typeof paths], 'utf8')).toBe(text);
    }
  });

  it('refuse a folder that is a file in one line, before anything is written', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'outputs-')), 'file');
    writeFileSync(file, 'mine');
    expect(() => writeOutputs(file, fabricatedNight, fabricatedVerdict, fabricatedPast)).toThrow(
      /^.*file.*: got .*, expected .*\. .*\.$/,
    );
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});
