/** @file Shell of the jobs, as the workflows run it: a bare repository as remote, and stand-ins for npm and GitHub's gh. */
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const workflow = (name: string) =>
  parse(readFileSync(join(root, '.github/workflows', name), 'utf8')) as {
    jobs: Record<string, { steps: { name?: string; run?: string }[] }>;
  };

/** Writes the night that it is told to, as `npm run nightly` does: a line of history, a summary, an exit code. */
const npm = `#!/usr/bin/env bash
echo "$*" >>"$LOG/npm"
if [ "$1" = ci ]; then exit; fi
while [ $# -gt 0 ]; do
  case $1 in --history) history=$2 ;; --out) out=$2 ;; esac
  shift
done
if [ "$NIGHT" = dies ]; then exit 137; fi
mkdir -p "$out"
if [ "$NIGHT" != silent ]; then echo "# Night: $NIGHT" >"$out/summary.md"; fi
echo "{\\"night\\":\\"$LINE\\"}" >>"$history/machine.jsonl"
[ "$NIGHT" != red ]
`;

/** One issue in a file, \`<state>\`; what was asked of it in a log. */
const gh = `#!/usr/bin/env bash
echo "$*" >>"$LOG/gh"
issue=$LOG/issue
while [ $# -gt 2 ]; do if [ "$3" = --body-file ]; then cp "$4" "$LOG/body"; fi; set -- "$1" "$2" "\${@:4}"; done
case "$1 $2" in
  'issue list') [ ! -e "$issue" ] || echo "7 $(cat "$issue")" ;;
  'issue create') echo OPEN >"$issue" ;;
  'issue reopen') echo OPEN >"$issue" ;;
  'issue close') echo CLOSED >"$issue" ;;
esac
`;

let folder: string;
let programs: string;
let log: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'jobs-'));
  programs = join(folder, 'programs');
  log = join(folder, 'log');
  for (const one of [programs, log]) mkdirSync(one);
  for (const [name, text] of Object.entries({ npm, gh })) {
    writeFileSync(join(programs, name), text);
    chmodSync(join(programs, name), 0o755);
  }
  await git(folder, 'init', '--quiet', '--bare', 'remote.git');
});

/** A checkout with the scripts, whose remote is the bare repository. */
async function checkout(name: string): Promise<string> {
  const path = join(folder, name);
  await git(folder, 'clone', '--quiet', 'remote.git', name);
  cpSync(join(root, 'harness/nightly/jobs'), join(path, 'harness/nightly/jobs'), { recursive: true });
  writeFileSync(join(path, '.gitignore'), 'runs/\n');
  await git(path, 'add', '.');
  await git(path, '-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '--quiet', '-m', 'Begin');
  return path;
}

async function git(cwd: string, ...words: string[]): Promise<string> {
  return (await execa('git', words, { cwd })).stdout;
}

interface Step {
  readonly code: number;
  readonly text: string;
}

/** Runs a step of a workflow by its name, as a runner does: bash -e, with its variables. */
async function step(
  cwd: string,
  name: string,
  variables: Record<string, string> = {},
  file = 'nightly.yml',
): Promise<Step> {
  const [job] = Object.values(workflow(file).jobs);
  const run = job!.steps.find((one) => one.name === name)?.run;
  if (!run) throw new Error(`no step "${name}"`);
  const env = {
    PATH: `${programs}${delimiter}${process.env.PATH}`,
    LOG: log,
    RETRY_SECONDS: '0',
    GITHUB_OUTPUT: join(log, 'output'),
    GITHUB_STEP_SUMMARY: join(log, 'summary'),
    RUN_URL: 'https://example.org/run/1',
    ...variables,
  };
  const { exitCode, all } = await execa('bash', ['-e', '-c', run], { cwd, env, reject: false, all: true });
  return { code: exitCode ?? -1, text: all };
}

/** All steps of a night, in the order of the workflow. @returns the code that the job ends with */
async function night(cwd: string, kind: string, line: string, variables: Record<string, string> = {}): Promise<number> {
  if (!existsSync(join(cwd, 'runs/nightly/history'))) expect((await step(cwd, 'Restore the history')).code).toBe(0);
  writeFileSync(join(log, 'output'), '');
  expect((await step(cwd, 'Night', { NIGHT: kind, LINE: line, ...variables })).code).toBe(0);
  const CODE = /^code=(\d+)$/m.exec(readFileSync(join(log, 'output'), 'utf8'))![1]!;
  const kept = await step(cwd, 'Keep the history');
  expect(kept.code, kept.text).toBe(0);
  expect((await step(cwd, 'Standing issue', { CODE })).code).toBe(0);
  return (await step(cwd, 'Verdict', { CODE })).code;
}

const kept = (): Promise<string> => git(join(folder, 'remote.git'), 'show', 'nightly-history:machine.jsonl');
const logged = (name: string): string => readFileSync(join(log, name), 'utf8');

describe('a job of the nightly benchmark', () => {
  it('begins a history on a branch of its own, goes on with it in another checkout, and leaves the work clean', async () => {
    const first = await checkout('first');
    expect(await night(first, 'green', '1')).toBe(0);
    expect(await git(first, 'status', '--porcelain')).toBe('');
    const second = await checkout('second');
    expect(await night(second, 'green', '2')).toBe(0);
    expect(await kept()).toBe('{"night":"1"}\n{"night":"2"}');
    expect(await git(join(folder, 'remote.git'), 'log', '--format=%s', 'nightly-history')).toBe(
      'Add a night\nAdd a night\nBegin the history of nights',
    );
  });

  it('keeps the lines of two jobs that ran at once, whichever pushes first, also on the first night', async () => {
    const [first, second] = [await checkout('first'), await checkout('second')];
    for (const one of [first, second]) expect((await step(one, 'Restore the history')).code).toBe(0);
    expect(await night(first, 'green', '1')).toBe(0);
    expect(await night(second, 'red', '2')).toBe(1);
    expect((await kept()).split('\n').sort()).toEqual(['{"night":"1"}', '{"night":"2"}']);
    // And once more, on a branch that is there.
    const [third, fourth] = [await checkout('third'), await checkout('fourth')];
    for (const one of [third, fourth]) expect((await step(one, 'Restore the history')).code).toBe(0);
    await night(fourth, 'green', '4');
    await night(third, 'green', '3');
    expect((await kept()).split('\n').sort()).toEqual([1, 2, 3, 4].map((i) => `{"night":"${i}"}`));
  });

  it('takes a remote that does not answer for no first night', async () => {
    const path = await checkout('first');
    await git(path, 'remote', 'set-url', 'origin', join(folder, 'gone.git'));
    const { code, text } = await step(path, 'Restore the history');
    expect(code).toBe(75);
    expect(text).toContain('history of nights: got no answer from origin');
    expect(existsSync(join(path, 'runs/nightly/history'))).toBe(false);
  });

  it('says where the lines are when no push is taken', async () => {
    const path = await checkout('first');
    await step(path, 'Restore the history');
    writeFileSync(join(path, 'runs/nightly/history/machine.jsonl'), '{}\n');
    writeFileSync(join(folder, 'remote.git/hooks/pre-receive'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const { code, text } = await step(path, 'Keep the history');
    expect(code).toBe(75);
    expect(text).toContain('got 8 refused pushes, expected one that is taken. The lines are in runs/nightly/history');
    expect(readFileSync(join(path, 'runs/nightly/history/machine.jsonl'), 'utf8')).toBe('{}\n');
  });

  it('opens one standing issue on the first red night, updates it, closes it on a green one, and opens the same again', async () => {
    const path = await checkout('first');
    const asked = (): string[] => {
      const lines = logged('gh')
        .split('\n')
        .filter((line) => line !== '');
      writeFileSync(join(log, 'gh'), '');
      return lines.map((line) => line.split(' ').slice(0, 3).join(' '));
    };
    expect(await night(path, 'green', '1')).toBe(0);
    expect(asked()).toEqual(['issue list --state']);
    expect(await night(path, 'red', '2')).toBe(1);
    expect(asked()).toEqual(['issue list --state', 'label create nightly-cpu', 'issue create --title']);
    expect(logged('body')).toBe('# Night: red\n\n\nhttps://example.org/run/1\n');
    expect(await night(path, 'red', '3')).toBe(1);
    expect(asked()).toEqual(['issue list --state', 'issue edit 7', 'issue comment 7']);
    expect(await night(path, 'green', '4')).toBe(0);
    expect(asked()).toEqual(['issue list --state', 'issue edit 7', 'issue close 7']);
    expect(logged('issue')).toBe('CLOSED\n');
    expect(await night(path, 'green', '5')).toBe(0);
    expect(asked()).toEqual(['issue list --state']);
    expect(await night(path, 'red', '6')).toBe(1);
    expect(asked()).toEqual(['issue list --state', 'issue edit 7', 'issue reopen 7', 'issue comment 7']);
  });

  it.each([
    ['dies', 137],
    ['silent', 70],
  ])('is not green when its night %s: code %i, said in the summary and in the issue', async (kind, code) => {
    const path = await checkout('first');
    expect(await night(path, kind, '1')).toBe(code);
    expect(logged('summary')).toContain('# The night did not finish');
    expect(logged('body')).toContain('# The night did not finish');
    expect(logged('issue')).toBe('OPEN\n');
  });

  it('hands on what was chosen by hand, as words, and shows the summary', async () => {
    const path = await checkout('first');
    await night(path, 'green', '1', { AGAINST: 'v1; touch hacked', QUICK: 'true' });
    expect(logged('npm').trim()).toBe(
      'run nightly -- --history runs/nightly/history --out runs/nightly/night --device cpu --against v1; touch hacked --quick',
    );
    expect(existsSync(join(path, 'hacked'))).toBe(false);
    await night(path, 'green', '2', { AGAINST: '', QUICK: '' });
    expect(logged('npm').trim().split('\n').at(-1)).toMatch(/--device cpu$/);
    expect(logged('summary')).toContain('# Night: green');
  });
});

describe('the job of a pull request', () => {
  it('runs the quick rows beside the base of the merge', async () => {
    const path = await checkout('first');
    expect((await step(path, 'Restore the history', {}, 'pull-request.yml')).code).toBe(0);
    expect((await step(path, 'Night', { NIGHT: 'green', LINE: '1' }, 'pull-request.yml')).code).toBe(0);
    expect(logged('npm')).toContain('--device cpu --quick --against HEAD^1');
  });
});

describe('the example for GitLab', () => {
  interface GitlabJob {
    readonly script: readonly string[];
    readonly cache?: { readonly paths: readonly string[] };
  }
  const jobs = parse(readFileSync(join(root, 'harness/nightly/jobs/gitlab-ci.yml'), 'utf8')) as Record<
    string,
    GitlabJob
  >;

  it.each([
    ['green', 0],
    ['red', 1],
  ])('ends a %s night with code %i, its line kept and the checkout clean', async (kind, code) => {
    const path = await checkout('first');
    await git(path, 'config', `url.${join(folder, 'remote.git')}.insteadOf`, 'https://nightly:secret@host/project.git');
    const env = {
      PATH: `${programs}${delimiter}${process.env.PATH}`,
      LOG: log,
      NIGHT: kind,
      LINE: '1',
      NIGHTLY_TOKEN: 'secret',
      CI_SERVER_HOST: 'host',
      CI_PROJECT_PATH: 'project',
    };
    const script = jobs.nightly!.script.join('\n');
    const ran = await execa('bash', ['-e', '-c', script], { cwd: path, env, reject: false, all: true });
    expect(ran.exitCode, ran.all).toBe(code);
    expect(await kept()).toBe('{"night":"1"}');
    expect(await git(path, 'status', '--porcelain')).toBe('');
  });

  it('puts everything into a folder that git ignores: other files would stamp the night', () => {
    const paths = Object.values(jobs).flatMap(({ cache }) => cache?.paths ?? []);
    expect(paths.filter((path) => !path.startsWith('runs/'))).toEqual([]);
    expect(readFileSync(join(root, '.gitignore'), 'utf8').split('\n')).toContain('runs/');
  });
});
