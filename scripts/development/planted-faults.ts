/**
 * @file Command `npm run planted-faults`: shows that a night finds what it is there to find.
 *
 * Each fault is committed in a temporary clone, and one night there, beside the commit before, must name it.
 */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { runCommand } from '../../harness/cli/command.ts';
import { positive } from '../../harness/cli/numbers.ts';
import { list } from '../../harness/cli/plan-options.ts';
import { systemClock } from '../../harness/core/clock.ts';
import { EngineError, UsageError, described, oneLine } from '../../harness/core/errors.ts';
import { suggestion } from '../../harness/core/suggest.ts';
import { checkoutEnvironment, linkPackages, requireCommit } from '../../harness/nightly/measure/builds.ts';
import { ownEnvironment } from '../../harness/nightly/measure/side.ts';
import type { Night } from '../../harness/nightly/night.ts';
import type { NightVerdict } from '../../harness/nightly/verdict.ts';
import { checkoutState } from '../../harness/results/origin/checkout.ts';
import { writeFileAtomically, writeJsonAtomically } from '../../harness/system/files/atomic-file.ts';
import { inTemporaryFolder } from '../../harness/system/files/files.ts';
import { readText } from '../../harness/system/files/input-file.ts';
import { requireOutputFile } from '../../harness/system/files/output-file.ts';
import { Progress, standardError } from '../../harness/system/progress.ts';
import { edited } from './edits.ts';
import { plantsOf, type Plant } from './plants.ts';

interface Options {
  readonly slower: number;
  readonly only?: string[];
  readonly out: string;
}

/** What a night said of a planted fault. */
interface Finding {
  readonly fault: string;
  readonly row: string;
  /** What the night is to say of the row, and what it said. */
  readonly expected: string;
  readonly verdict: string;
  readonly why: string;
  /** Whether the row was called so, the planted commit was named where the night is red, and the exit code fits. */
  readonly found: boolean;
  readonly exitCode: number;
  readonly seconds: number;
  /** Of the processors, taken by others while pairs were measured; null where it is not known. */
  readonly foreignProcessorShare: number | null;
}

const root = resolve(import.meta.dirname, '../..');
const fileName = 'planted-faults.json';

const command = new Command('npm run planted-faults')
  .description('Plants faults in a temporary clone, one at a time, and shows that one night finds and names each.')
  .option('--slower <percent>', 'by how much the training step is slowed down', positive, 3)
  .option('--only <ids>', 'faults, separated by commas', list)
  .option('--out <folder>', 'where the findings are written', join('runs', 'planted-faults'))
  .action(async ({ slower, only, out }: Options) => {
    const plants = chosen(plantsOf(slower), only);
    const path = join(resolve(out), fileName);
    requireOutputFile(path);
    const state = checkoutState(root);
    const commit = requireCommit(state.commit, root);
    if (state.dirty !== false) standardError().write('files may differ from the commit: the commit is cloned\n');
    const options = { label: 'planted faults', total: plants.length, unit: 'faults' };
    const progress = new Progress(standardError(), systemClock, options);
    const findings: Finding[] = [];
    for (const plant of plants) {
      const finding = await inTemporaryFolder('planted-', (folder) => findingOf(plant, folder));
      findings.push(finding);
      console.log(
        `${finding.fault}: ${finding.found ? 'found' : 'NOT FOUND'}: ${finding.row} ${finding.verdict}, ${finding.why}`,
      );
      writeJsonAtomically(path, { schema: 'consistency-harness/planted-faults@1', commit, findings });
      progress.update(findings.length);
    }
    const found = findings.filter((one) => one.found).length;
    console.log(`${found} of ${findings.length} faults were found and named in one night; see ${path}`);
    if (found < findings.length) process.exitCode = 1;
  });

/** @throws UsageError naming the nearest fault */
function chosen(plants: readonly Plant[], only: readonly string[] | undefined): readonly Plant[] {
  const known = plants.map(({ id }) => id);
  for (const id of only ?? []) {
    if (known.includes(id)) continue;
    throw new UsageError({ where: '--only', got: id, expected: 'planted faults', remedy: suggestion(id, known) });
  }
  return only ? plants.filter(({ id }) => only.includes(id)) : plants;
}

async function findingOf(plant: Plant, folder: string): Promise<Finding> {
  const clone = join(folder, 'clone');
  const history = join(folder, 'history');
  await git(folder, 'clone', '--quiet', root, clone);
  linkPackages(join(root, 'node_modules'), join(clone, 'node_modules'));
  if (plant.history) await nightOf(clone, ['--only', plant.only, '--against', 'none', '--history', history]);
  const path = join(clone, plant.file);
  const sound = readText(path);
  writeFileAtomically(path, edited(sound, plant.edits, plant.fault));
  await commitAll(clone, plant.fault);
  if (plant.mended) {
    writeFileAtomically(path, sound);
    await commitAll(clone, 'Mend it');
  }
  const begun = systemClock.now();
  const options = [
    '--only',
    plant.only,
    '--budget',
    String(plant.minutes),
    '--against',
    'HEAD~1',
    '--history',
    history,
  ];
  const { verdict, night, exitCode } = await nightOf(clone, options);
  const seconds = Math.round((systemClock.now() - begun) / 1000);
  const row = verdict.rows.find(({ id }) => id === plant.row);
  const named =
    row?.verdict === plant.verdict && (!['regressed', 'changed'].includes(plant.verdict) || row.since !== null);
  return {
    fault: plant.fault,
    row: plant.row,
    expected: plant.verdict,
    verdict: row?.verdict ?? 'not in the verdict',
    why: row?.why ?? verdict.headline,
    found: named && exitCode === (plant.verdict === 'improved' ? 0 : 1),
    exitCode,
    seconds,
    foreignProcessorShare: night.foreignProcessorShare,
  };
}

async function nightOf(
  clone: string,
  options: readonly string[],
): Promise<{ readonly verdict: NightVerdict; readonly night: Night; readonly exitCode: number }> {
  const start = join(clone, 'harness', 'cli', 'start.mjs');
  const { stdout, stderr, exitCode } = await execa(process.execPath, [start, 'bench/nightly', ...options, '--json'], {
    cwd: clone,
    env: ownEnvironment(process.env),
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
  });
  if (exitCode === 0 || exitCode === 1) {
    return { ...(JSON.parse(stdout) as { readonly verdict: NightVerdict; readonly night: Night }), exitCode };
  }
  throw new EngineError({
    where: 'planted-faults',
    got: described(oneLine(`a night that ended with exit code ${exitCode ?? 'none'}: ${stderr.slice(-500)}`)),
    expected: 'a night that was judged',
    remedy: 'Run npm run nightly -- --against HEAD here',
  });
}

async function commitAll(clone: string, subject: string): Promise<void> {
  const author = ['-c', 'user.name=planted', '-c', 'user.email=planted@localhost', '-c', 'commit.gpgsign=false'];
  await git(clone, ...author, 'commit', '--quiet', '--all', '--no-verify', '--message', subject);
}

async function git(folder: string, ...args: readonly string[]): Promise<void> {
  await execa('git', ['-C', folder, ...args], { stdin: 'ignore', env: checkoutEnvironment(), extendEnv: false });
}

await runCommand(command);
