/** @file What npm does to command lines, by npm itself: switches in front of `--` are refused, paths are meant from where npm was called. */
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import {} from '../../harness/cli/npm-run.ts';
import { shellWord } from '../../harness/core/shell.ts';

/** A project whose one script is the kitchen; npm reads no settings but those of the test. */
let project: string;
beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'npm-run-')));
  const kitchen = [import.meta.resolve('tsx'), resolve(import.meta.dirname, 'processes/command.ts')].map(shellWord);
  const script = `${shellWord(process.execPath)} --import ${kitchen.join(' ')}`;
  writeFileSync(join(project, 'package.json'), JSON.stringify({ scripts: { kitchen: script } }));
  mkdirSync(join(project, 'below'));
});

async function npm(args: readonly string[], env: Record<string, string> = {}, cwd = project) {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_|^INIT_CWD$/i.test(name));
  const settings = { npm_config_userconfig: '/dev/null', npm_config_update_notifier: 'false', ...env };
  const environment = { ...Object.fromEntries(own), ...settings };
  const silent = ['--silent', ...args];
  const { exitCode, stdout, stderr } = await execa('npm', silent, {
    cwd,
    env: environment,
    extendEnv: false,
    reject: false,
  });
  return { exitCode, stdout, stderr };
}

describe('a switch in front of "--"', () => {
  it.each<[string[], string, string]>([
    [['cook', 'soup', '--dry-run'], '--dry-run', '-- cook soup --dry-run'],
    [['cook', 'soup', '--minutes=3'], '--minutes', '-- cook soup --minutes 3'],
    [['cook', '--minutes', '3', 'soup'], '--minutes', '-- cook 3 --minutes soup'],
    [['cook', 'soup', '--induction', '--dry-run'], '--dry-run, --induction', '-- cook soup --dry-run --induction'],
  ])('%j is refused with the line as it must be written', async (args, switches, line) => {
    const { exitCode, stdout, stderr } = await npm(['run', 'kitchen', ...args]);
    expect(stderr).toBe(
      `npm run kitchen: got ${switches} in front of "--", which npm keeps for itself, expected switches behind "--". Write npm run kitchen ${line}.`,
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: '' });
  });

  it('that npm answers with JSON is refused all the same', async () => {
    const { exitCode, stderr } = await npm(['run', 'kitchen', 'cook', 'soup', '--json']);
    expect(stderr).toContain('got --json in front of "--"');
    expect(exitCode).toBe(65);
  });
});

describe('what npm was told otherwise', () => {
  const works = ['run', 'kitchen', '--', 'cook', 'soup', '--dry-run'];
  const cooked = { exitCode: 0, stderr: '' };

  it('stays npm\'s own: a switch behind "--", a variable, a settings file of the person by either spelling', async () => {
    const file = join(project, 'settings');
    writeFileSync(file, 'json = true\ninduction=true\n');
    const environments = [
      {},
      { npm_config_json: 'true' },
      { npm_config_userconfig: file },
      { npm_config_userconfig: '', NPM_CONFIG_USERCONFIG: file },
    ];
    for (const environment of environments) expect(await npm(works, environment)).toMatchObject(cooked);
  });

  it('does not move the person: paths are meant from the folder in which npm was called', async () => {
    const below = join(project, 'below');
    expect((await npm(works, {}, below)).stdout).toBe(`would cook soup in ${below}`);
    const elsewhere = realpathSync(mkdtempSync(join(tmpdir(), 'elsewhere-')));
    const fromThere = await npm(['--prefix', project, ...works], {}, elsewhere);
    expect(fromThere.stdout).toBe(`would cook soup in ${elsewhere}`);
  });
});

describe('shellWord', () => {
  it.each([
    ['runs/a-b_c.pt', 'runs/a-b_c.pt'],
    ['two words', "'two words'"],
    ["it's", "'it'\\''s'"],
    ['$HOME', "'$HOME'"],
    ['', "''"],
  ])('%s', (word, written) => {
    expect(shellWord(word)).toBe(written);
  });
});
