/**
 * @file Command `npm run mutations`: checks that the tests catch the typical mistakes in iCT.
 *
 * It makes, one at a time, the mistakes by which reproductions of iCT fail, in a copy of the project, and shows the test that fails. A
 * mistake that no test sees is an error.
 */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { ResultError, UsageError, described } from '../../harness/core/errors.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';
import { copyTree, makeLink, makeTemporaryFolder, namesIn, remove } from '../../harness/system/files/files.ts';
import { readText } from '../../harness/system/files/input-file.ts';
import { Progress, standardError } from '../../harness/system/progress.ts';
import { runCommand } from '../../harness/cli/command.ts';
import { edited } from './edits.ts';
import { mistakes, type Mistake } from './mistakes.ts';

/** The tests of the method and of the data, and nothing that needs minutes. */
const usualTests = [
  'tests/method',
  'tests/recipe',
  'tests/recipes',
  'tests/conformance',
  'tests/train/checkpoint.test.ts',
  'tests/train/step.native.test.ts',
  'tests/network/gradients.native.test.ts',
  'tests/network/ncsnpp',
  'tests/network/adm',
  'tests/evaluate/samplers.test.ts',
  'tests/system/files/folder-walk.test.ts',
  'tests/system/files/output-file.test.ts',
  'tests/results/origin/checkout.test.ts',
  'tests/data',
  'tests/results/run.test.ts',
  'tests/judge/verdict.test.ts',
  'tests/judge/evidence.test.ts',
];

const root = resolve(import.meta.dirname, '../..');

const command = new Command('npm run mutations')
  .description(
    'Makes each known mistake in a copy of the project and shows the test that sees it. About twenty-five minutes on two cores.',
  )
  .argument(
    '[words...]',
    'make those mistakes alone whose description holds one of these texts, such as "off the trained grid"',
  )
  .action(async (words: readonly string[]) => {
    const chosen = mistakesNamed(words);
    const copy = copyOfProject();
    const progress = new Progress(standardError(), systemClock, {
      label: 'mistakes',
      total: chosen.length,
      unit: 'mistakes',
    });
    const unseen: string[] = [];
    try {
      await requireGreen(copy, chosen);
      for (const [i, mutation] of chosen.entries()) {
        const red = await failureUnder(copy, mutation);
        if (red === null) unseen.push(mutation.mistake);
        console.log(`${mutation.mistake}: ${red ?? 'SEEN BY NO TEST'}`);
        progress.update(i + 1);
      }
    } finally {
      remove(copy);
      remove(`${copy}-report.json`);
    }
    console.log(`${chosen.length - unseen.length} of ${chosen.length} mistakes turn a test red`);
    if (unseen.length > 0) process.exitCode = 1;
  });

/** @throws UsageError naming the first text that no description holds */
function mistakesNamed(words: readonly string[]): readonly Mistake[] {
  if (words.length === 0) return mistakes;
  for (const text of words) {
    if (mistakes.some(({ mistake }) => mistake.includes(text))) continue;
    throw new UsageError({
      where: 'npm run mutations',
      got: text,
      expected: 'words of the description of a mistake',
      remedy: 'The descriptions are in scripts/development/mistakes.ts',
    });
  }
  return mistakes.filter(({ mistake }) => words.some((text) => mistake.includes(text)));
}

/** Not copied: what git keeps, what is installed (linked instead), what was run. */
const leftOut = ['.git', 'node_modules', 'runs'];

function copyOfProject(): string {
  const copy = makeTemporaryFolder('mutations-');
  for (const name of namesIn(root)) if (!leftOut.includes(name)) copyTree(join(root, name), join(copy, name));
  makeLink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** @throws ResultError when a test fails without any mistake: it would be taken for the one that sees the mistake */
async function requireGreen(copy: string, chosen: readonly Mistake[]): Promise<void> {
  const red = await firstFailure(copy, [...new Set(chosen.flatMap(({ tests = usualTests }) => tests))]);
  if (red === null) return;
  throw new ResultError({
    where: red,
    got: described('a failure without any mistake'),
    expected: 'green tests to begin with',
    remedy: 'Mend it first: npm test',
  });
}

/** The first test that fails under the mistake; null when all pass. The file is put back. */
async function failureUnder(
  copy: string,
  { mistake, file, edits, tests = usualTests }: Mistake,
): Promise<string | null> {
  const path = join(copy, file);
  const original = readText(path);
  writeFileAtomically(path, edited(original, edits, mistake));
  try {
    return await firstFailure(copy, tests);
  } finally {
    writeFileAtomically(path, original);
  }
}

async function firstFailure(copy: string, tests: readonly string[]): Promise<string | null> {
  // Beside the copy: a file in it that the project does not know would be a difference of its own.
  const report = `${copy}-report.json`;
  await execa('npx', ['vitest', 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...tests], {
    cwd: copy,
    reject: false,
    stdio: 'ignore',
  });
  const { testResults } = JSON.parse(readText(report)) as Report;
  const failed = testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => `${name.slice(copy.length + 1)} > ${fullName}`),
  );
  const broken = testResults.find(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
  );
  return failed[0] ?? (broken ? `${broken.name.slice(copy.length + 1)} (cannot be run)` : null);
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

await runCommand(command);
