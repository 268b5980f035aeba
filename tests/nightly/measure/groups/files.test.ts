/** @file Packages of a lock file: one part for each that is installed for use. */
import { expect, it } from 'vitest';
import { packages } from '../../../../harness/nightly/measure/groups/files.ts';

it('counts packages: those for use by name, those of development together', () => {
  const lock = {
    packages: { '': {}, 'node_modules/a': {}, 'node_modules/a/node_modules/b': {}, 'node_modules/c': { dev: true } },
  };
  expect(packages(JSON.stringify(lock))).toEqual({
    kind: 'count',
    value: 3,
    parts: { a: 1, 'a/node_modules/b': 1, 'for development': 1 },
  });
});
