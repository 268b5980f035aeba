/** @file The conformance map: every clause is in the code under the name it gives, and is held by tests and cases that exist. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { clauses, withClauseTable } from '../../../recipes/papers/clauses.ts';

const root = resolve(import.meta.dirname, '../../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Names declared at the top of a file, and `<class>.<method>`. */
function declarations(path: string): Set<string> {
  const found = new Set<string>();
  for (const node of ts.createSourceFile(path, read(path), ts.ScriptTarget.ES2023).statements) {
    if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations) if (ts.isIdentifier(name)) found.add(name.text);
    } else if (ts.isFunctionDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      if (node.name) found.add(node.name.text);
    } else if (ts.isClassDeclaration(node) && node.name) {
      found.add(node.name.text);
      for (const { name } of node.members)
        if (name && ts.isIdentifier(name)) found.add(`${node.name.text}.${name.text}`);
    }
  }
  return found;
}

function isDeclared(name: string): boolean {
  const [path, symbol] = name.split('#');
  return symbol !== undefined && existsSync(join(root, path!)) && declarations(path!).has(symbol);
}

function isThere(holder: string): boolean {
  const [path, title] = holder.split(' > ');
  if (title === undefined) return existsSync(join(root, 'tests/golden', path!, 'case.json'));
  return existsSync(join(root, path!)) && read(path!).includes(title);
}

const placeOf = ({ paper, place }: (typeof clauses)[number]): string => `${paper}, ${place}`;

describe('every clause', () => {
  test('is in the code, at a declaration that exists', () => {
    const lost = clauses.flatMap((clause) =>
      clause.code.filter((name) => !isDeclared(name)).map((name) => `${placeOf(clause)}: ${name}`),
    );
    expect(lost).toEqual([]);
    expect(clauses.filter(({ code }) => code.length === 0).map(placeOf)).toEqual([]);
  });

  test('is held by a test or a reference case that exists', () => {
    const lost = clauses.flatMap((clause) =>
      clause.heldBy.filter((holder) => !isThere(holder)).map((holder) => `${placeOf(clause)}: ${holder}`),
    );
    expect(lost).toEqual([]);
    expect(clauses.filter(({ heldBy }) => heldBy.length === 0).map(placeOf)).toEqual([]);
  });

  test('stands in the table of the README as it stands in the data', () => {
    const readme = read('recipes/papers/README.md');
    expect(withClauseTable(readme)).toBe(readme);
  });
});

test('every clause says from where it is known, and nothing of iCT from its paper, whose text was not read', () => {
  const ways = ['read in the paper', 'read in code', 'read in other texts', 'recalled'];
  expect(clauses.filter(({ known }) => !ways.includes(known)).map(placeOf)).toEqual([]);
  const ofIct = clauses.filter(({ paper }) => paper === 'iCT');
  expect(ofIct.filter(({ known, place }) => known === 'read in the paper' || /section|appendix/.test(place))).toEqual(
    [],
  );
  const fromCode = clauses.filter(({ place }) => place.includes('released code'));
  expect(fromCode.filter(({ known }) => known !== 'read in code')).toEqual([]);
});

test('no clause says that a paper counts parameters', () => {
  expect(clauses.filter(({ says }) => says.includes('million parameters')).map(placeOf)).toEqual([]);
});

test('both papers have their rows, no two of them the same', () => {
  expect(new Set(clauses.map(({ paper }) => paper))).toEqual(new Set(['CT', 'iCT']));
  const rows = clauses.map((clause) => `${placeOf(clause)}: ${clause.says}`);
  expect(new Set(rows).size).toBe(rows.length);
});

test('a document without markers is not touched', () => {
  expect(() => withClauseTable('# The method')).toThrow('a document without "<!-- conformance map: begin -->"');
});
