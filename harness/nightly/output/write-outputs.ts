/** @file Writes all outputs of a judged night into a folder. */
import { join } from 'node:path';
import { writeFileAtomically } from '../../system/files/atomic-file.ts';
import { requireOutputFile } from '../../system/files/output-file.ts';
import type { Night } from '../night.ts';
import type { NightVerdict } from '../verdict.ts';
import { bencherJson } from './bencher.ts';
import { judgedNightJson } from './judged-night.ts';
import { junitXml } from './junit.ts';
import type { Past } from './past.ts';
import { nightPage } from './page/page.ts';
import { summaryMarkdown } from './summary.ts';

/** Output -> how its text is made: forgetting one here is all that it takes to lose it. */
const outputs = {
  'night.html': nightPage,
  'night.json': judgedNightJson,
  'summary.md': summaryMarkdown,
  'junit.xml': junitXml,
  'bencher.json': bencherJson,
} as const satisfies Readonly<Record<string, (night: Night, verdict: NightVerdict, past: Past) => string>>;
export type OutputName = keyof typeof outputs;

/** The outputs by name, without writing them: the same night gives the same bytes. */
export function outputTexts(night: Night, verdict: NightVerdict, past: Past): Readonly<Record<OutputName, string>> {
  const texts = Object.entries(outputs).map(([name, text]) => [name, text(night, verdict, past)] as const);
  return Object.fromEntries(texts) as Record<OutputName, string>;
}

/**
 * Writes them, creating the folder; each file is the old or the whole new one.
 * @returns their paths by name
 * @throws DataError when the folder cannot be written or has no room
 */
export function writeOutputs(
  folder: string,
  night: Night,
  verdict: NightVerdict,
  past: Past,
): Readonly<Record<OutputName, string>> {
  const texts = Object.entries(outputTexts(night, verdict, past));
  for (const [name] of texts) requireOutputFile(join(folder, name));
  for (const [name, text] of texts) writeFileAtomically(join(folder, name), text);
  return Object.fromEntries(texts.map(([name]) => [name, join(folder, name)])) as Record<OutputName, string>;
}
