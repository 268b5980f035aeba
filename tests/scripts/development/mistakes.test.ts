/** @file The table of known mistakes fits the sources: each can be made today, at one place. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { mistakes } from '../../../scripts/development/mistakes.ts';

const root = resolve(import.meta.dirname, '../../..');

test.each(mistakes.map(({ mistake, ...rest }) => [mistake, rest] as const))('%s', (_, { file, edits }) => {
  expect(existsSync(join(root, file)), file).toBe(true);
  const text = readFileSync(join(root, file), 'utf8');
  expect(edits.length).toBeGreaterThan(0);
  for (const [from, to] of edits) {
    expect(text.split(from).length - 1, `"${from}" in ${file}`).toBe(1);
    expect(to).not.toBe(from);
  }
});

test('every mistake has a description of its own', () => {
  expect(new Set(mistakes.map(({ mistake }) => mistake)).size).toBe(mistakes.length);
});

// The mistakes behind the defects that outside readings and inputs of the code found.
test.each([
  'a verdict over diverged seeds',
  'a foreign reference accepted',
  'noise embedding by a matrix product',
  'off the trained grid',
  'dropout by the width of the input',
  'both averages take the student before its step',
  'RAdam that divides by the second moment from before its update',
  'walking into a link to a folder above',
  'photographs that is not named by their contents',
  'the second moment left out of what a checkpoint gives back',
  'a file written without a rename',
  'a case that passes although nothing was compared',
  'a checkout called clean although git refuses',
])('holds: %s', (words) => {
  expect(mistakes.filter(({ mistake }) => mistake.includes(words))).toHaveLength(1);
});
