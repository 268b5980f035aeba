/** @file The page for GPU machines keeps what it says: its commands exist, its figures are those of the plan, nothing is claimed to have been run. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration } from '../../harness/core/units.ts';
import { costOf } from '../../harness/plan/cost.ts';
import { expenseOf } from '../../harness/plan/devices/expense.ts';
import { deviceModels } from '../../harness/plan/devices/models.ts';
import { estimatedCalibration } from '../../harness/plan/devices/sustained.ts';
import { requestedPlans } from '../../harness/plan/request.ts';
import type { Plan } from '../../harness/plan/types.ts';
import { catalogue } from '../../recipes/index.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'recipes', 'GPU.md'), 'utf8');
const container = readFileSync(join(root, 'scripts', 'Containerfile'), 'utf8');
const { scripts, engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  engines: { node: string };
};
const npmScripts = (text: string): string[] => [...text.matchAll(/npm run ([a-z-]+)/g)].map(([, name]) => name!);

describe('recipes/GPU.md', () => {
  it('names commands that exist', () => {
    expect(npmScripts(page).filter((name) => !(name in scripts))).toEqual([]);
    expect(npmScripts(page).length).toBeGreaterThan(8);
  });

  it.each([
    ['A100 80 GB', 'a100'],
    ['H100 80 GB', 'h100'],
    ['RTX 4090 24 GB', 'rtx4090'],
  ] as const)('quotes what the plan says of the %s', (name, id) => {
    const model = deviceModels[id];
    const memoryBytes = model.memoryGiB * 2 ** 30;
    const request = { scale: 'hour', precision: 'float32', engineMode: 'compiled' } as const;
    const plans = requestedPlans(catalogue, 'cifar10', request, 'gpu', { deviceBytes: memoryBytes });
    const calibration = estimatedCalibration(model);
    const costs = plans.map((plan) => costOf(plan, calibration));
    const { deviceSeconds, memory } = expenseOf(plans as [Plan, ...Plan[]], costs, calibration, { memoryBytes });
    const [low, middle, high] = [deviceSeconds.low, deviceSeconds.middle, deviceSeconds.high].map(formatDuration);
    const row = page.split('\n').find((line) => line.startsWith(`| ${name} `))!;
    expect(row.split('|').map((cell) => cell.trim())).toEqual([
      '',
      name,
      `${middle!} (${low!} to ${high!})`,
      `${formatBytes(memory!.peakBytes)} of ${formatBytes(memoryBytes)}`,
      '',
    ]);
  });

  it('says that no GPU has run this for as long as no check is kept, and no longer', () => {
    const reports = join(root, 'reports', 'gpu');
    const kept = existsSync(reports) ? readdirSync(reports) : [];
    expect(page.includes('No GPU has run this project.')).toBe(kept.length === 0);
  });
});

/** What a run needs of the checkout, where git does not say what is in it. */
const needed = ['harness', 'recipes', 'scripts', 'tests', 'package.json', 'package-lock.json', 'tsconfig.json'];
/** What the checkout holds at its top. */
const { status, stdout } = spawnSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' });
const listed = status === 0 ? stdout.split('\n').filter((path) => path !== '') : needed;
const tracked = [...new Set(listed.map((path) => path.split('/')[0]!))];

/** What is wrong with a container recipe, by rules that need no container. */
function complaints(text: string): string[] {
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const of = (word: string): string[] => lines.filter((line) => line.startsWith(`${word} `));
  const [major] = /^FROM node:(\d+)/.exec(of('FROM')[0] ?? '')?.slice(1) ?? [];
  const known = /^(FROM|RUN|COPY|WORKDIR|USER|ENV|ARG|ENTRYPOINT|CMD) /;
  const copied = of('COPY').flatMap((line) => line.split(/\s+/).slice(2, -1));
  const installs = of('RUN').filter((line) => line.includes('apt-get install'));
  return [
    ...lines.filter((line) => !known.test(line)).map((line) => `no instruction: ${line}`),
    ...of('FROM').filter((line) => !/:[\w.-]+$/.test(line) || /:latest$|\//.test(line)),
    ...(major !== undefined && Number(major) >= 20 ? [] : [`Node ${engines.node} wanted`]),
    ...installs.filter(
      (line) => !line.includes('--no-install-recommends') || !line.includes('rm -rf /var/lib/apt/lists'),
    ),
    ...(of('USER').at(-1) === 'USER node' ? [] : ['runs as root']),
    ...lines.filter((line) => /https?:|sudo|password|token|secret/i.test(line)),
    ...copied.filter((name) => name !== '.git' && !existsSync(join(root, name))).map((name) => `no ${name}`),
    // A checkout that lacks files is a changed one, and results would say so.
    ...tracked.filter((name) => !copied.includes(name)).map((name) => `${name} is not copied`),
    ...npmScripts(lines.join('\n')).filter((name) => !(name in scripts)),
    ...['NVIDIA_VISIBLE_DEVICES=all', 'NVIDIA_DRIVER_CAPABILITIES=compute,utility'].filter(
      (setting) => !of('ENV').includes(`ENV ${setting}`),
    ),
  ];
}

describe('scripts/Containerfile', () => {
  it('keeps the rules', () => {
    expect(complaints(container)).toEqual([]);
  });

  it.each([
    ['an unpinned base', 'FROM node:22-bookworm-slim', 'FROM node:latest', 'FROM node:latest'],
    ['root at the end', 'USER node', 'USER root', 'runs as root'],
    [
      'a file that is not there',
      'COPY --chown=node:node recipes recipes',
      'COPY --chown=node:node recipe recipes',
      'no recipe',
    ],
    ['a file that is left out', 'COPY --chown=node:node tests tests\n', '', 'tests is not copied'],
    ['a command that is none', 'npm run engine --', 'npm run engin --', 'engin'],
    ['left-over package lists', '  && rm -rf /var/lib/apt/lists/*', '  && true', 'apt-get install'],
    ['a misspelt instruction', 'WORKDIR /project', 'WORKDIRS /project', 'no instruction: WORKDIRS /project'],
    ['a driver that is not passed on', 'ENV NVIDIA_VISIBLE_DEVICES=all\n', '', 'NVIDIA_VISIBLE_DEVICES=all'],
  ])('would be told of %s', (_, from, to, complaint) => {
    expect(container).toContain(from);
    expect(complaints(container.replace(from, to)).join('\n')).toContain(complaint);
  });
});
