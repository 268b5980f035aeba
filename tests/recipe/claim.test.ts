/** @file What a claim and a clause cannot leave out: it does not compile. */
import { expect, it } from 'vitest';
import { faultsWith } from '../compiled-with.ts';

const paths = ['recipes/papers/published-number.ts', 'recipes/papers/ict-clauses.ts', 'recipes/papers/ict-claims.ts'];

/** Files with a fault when a text of one of them is another; the text is there. */
function faulty(path: string, from: string, to: string): string[] {
  let changed = 0;
  const edit = (text: string): string => {
    changed += text.split(from).length - 1;
    return text.replace(from, to);
  };
  const faults = faultsWith({ [path]: edit }, paths);
  expect(changed).toBeGreaterThan(0);
  return [...new Set(faults.map((fault) => fault.split(':')[0]!))];
}

it('a claim without the protocol that it was measured by', () => {
  const path = 'recipes/papers/published-number.ts';
  expect(faulty(path, 'value, protocol, source', 'value, source')).toEqual([path]);
});

it('a claim that does not say how its checkpoint was chosen', () => {
  const path = 'recipes/papers/ict-claims.ts';
  expect(faulty(path, '  selection: unsaid,\n', '')).toEqual([path]);
});

it('a clause that does not say from where it is known', () => {
  const path = 'recipes/papers/ict-clauses.ts';
  expect(faulty(path, "    known: 'read in other texts',\n", '')).toEqual([path]);
  expect(faulty(path, "known: 'read in other texts'", "known: 'read'")).toEqual([path]);
});
