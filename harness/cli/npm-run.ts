/**
 * @file Corrects two effects of `npm run`: the changed folder, and switches that npm takes for its own.
 *
 * The command goes back to the folder of the call, and a switch that npm kept is refused with the right command line.
 */
import { dirname, join } from 'node:path';
import type { Argument, Command, Option } from 'commander';
import { UsageError, described, systemCode } from '../core/errors.ts';
import { shellWord } from '../core/shell.ts';
import { readText } from '../system/files/input-file.ts';
import { everyCommand, scriptOf } from './command-tree.ts';

/**
 * Goes to the folder in which the person called npm, which starts every command in the project's: paths are meant from there.
 * @throws UsageError when that folder is gone
 */
export function standWherePersonStands(command: Command, environment = process.env): void {
  const { INIT_CWD: folder } = environment;
  if (!folder || environment.npm_lifecycle_event !== scriptOf(command)) return;
  try {
    process.chdir(folder);
  } catch (thrown) {
    throw new UsageError(
      {
        where: folder,
        got: described(`no folder to stand in (${systemCode(thrown) ?? 'unknown error'})`),
        expected: 'the folder in which npm was called',
        remedy: 'Call npm from a folder that exists',
      },
      { cause: thrown },
    );
  }
}

/**
 * Without `--` in front of it npm takes a switch for one of its own, and the command would do something else than it was told.
 * @param words of the command line, without program and script
 * @throws UsageError that shows the command line as it must be written
 */
export function refuseKeptSwitches(command: Command, words: readonly string[], environment = process.env): void {
  const isNpm = environment.npm_config_user_agent?.startsWith('npm/');
  if (!isNpm || environment.npm_lifecycle_event !== scriptOf(command)) return;
  const options = everyCommand(command).flatMap((one) => one.options);
  const kept = keptSwitches(options, environment).filter(({ typed }) => !words.some((word) => isSwitch(word, typed)));
  if (kept.length === 0) return;
  throw new UsageError({
    where: command.name().replace(/ --$/, ''),
    got: described(`${kept.map(({ typed }) => typed).join(', ')} in front of "--", which npm keeps for itself`),
    expected: 'switches behind "--"',
    remedy: `Write ${lineWith(command, words, kept)}`,
  });
}

function isSwitch(word: string, name: string): boolean {
  return word === name || word.startsWith(`${name}=`);
}

interface KeptSwitch {
  /** As the person wrote it: `--dry-run`, perhaps abbreviated. */
  readonly typed: string;
  /** The option that is meant, or several that an abbreviation fits. */
  readonly options: readonly [Option, ...Option[]];
  /** npm's values: `true` also stands for a value that has become a word of the command line. */
  readonly values: readonly string[];
}

/** npm takes a name that is made of its own one-letter switches for those. */
const readAsLetters: Readonly<Record<string, readonly string[]>> = { '--clamp': ['all', 'long', 'parseable'] };

function keptSwitches(options: readonly Option[], environment: NodeJS.ProcessEnv): KeptSwitch[] {
  const named = new Map(options.map((option) => [option.long ?? '', option]));
  const given = givenToNpm(environment);
  const kept = [...given].flatMap(([name, values]): KeptSwitch[] => {
    const typed = `--${name}`;
    const option = named.get(typed);
    if (option) return [{ typed, options: [option], values }];
    const [first, ...others] = name.length < 3 ? [] : options.filter(({ long }) => long?.startsWith(typed));
    return first ? [{ typed, options: [first, ...others], values }] : [];
  });
  const disguised = [...named].filter(([long]) => readAsLetters[long]?.every((letter) => given.has(letter)));
  return [...kept, ...disguised.map(([typed, option]): KeptSwitch => ({ typed, options: [option], values: ['true'] }))];
}

/**
 * What npm was given on this command line. Its settings all arrive in the environment alike: what also stands in a settings file, or was
 * in npm's own environment, was not meant for this command.
 */
function givenToNpm(environment: NodeJS.ProcessEnv): Map<string, string[]> {
  const set = new Set([...settingsInFiles(environment), ...settingsInEnvironment(environment)]);
  const given = new Map<string, string[]>();
  for (const [variable, value] of Object.entries(environment)) {
    const name = settingIn(variable);
    // npm joins the values of a switch that was given several times with empty lines.
    if (name !== undefined && !set.has(name)) given.set(name, (value ?? '').split('\n\n'));
  }
  return given;
}

/** `npm_config_dry_run` -> `dry-run` */
function settingIn(variable: string): string | undefined {
  return /^npm_config_(.+)$/i.exec(variable)?.[1]?.toLowerCase().replaceAll('_', '-');
}

/** A setting by whatever spelling: npm leaves a variable that a person has set as it is, in capitals too. */
function setting(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  return Object.entries(environment).find(([variable, value]) => value && settingIn(variable) === name)?.[1];
}

/** The names that npm's four settings files hold. */
function settingsInFiles(environment: NodeJS.ProcessEnv): string[] {
  const { npm_config_local_prefix: project, npm_execpath: program } = environment;
  const files = [
    setting('userconfig', environment),
    setting('globalconfig', environment),
    project && join(project, '.npmrc'),
    program && join(dirname(program), '..', 'npmrc'),
  ];
  return files.flatMap((file) => {
    const names = textOf(file).matchAll(/^[ \t]*([\w-]+)(?:\[\])?[ \t]*(?==|$)/gm);
    return [...names].map(([, name]) => name!.toLowerCase().replaceAll('_', '-'));
  });
}

/** The names in the environment that npm itself was started with; none where that cannot be seen. */
function settingsInEnvironment({ npm_lifecycle_event: script }: NodeJS.ProcessEnv): string[] {
  let pid = process.ppid;
  while (pid > 1) {
    const variables = textOf(`/proc/${pid}/environ`).split('\0');
    // Everything that npm started for the script has its name; npm has it not.
    if (!variables.includes(`npm_lifecycle_event=${script}`))
      return variables.flatMap((variable) => settingIn(variable.split('=')[0]!) ?? []);
    pid = Number(/^PPid:\s*(\d+)$/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0);
  }
  return [];
}

function textOf(file: string | undefined): string {
  try {
    return file ? readText(file) : '';
  } catch {
    return '';
  }
}

/** The command line with the kept switches where they belong. */
function lineWith(command: Command, words: readonly string[], kept: readonly KeptSwitch[]): string {
  const firstSwitch = words.findIndex((word) => word.startsWith('-'));
  const rest = firstSwitch < 0 ? [] : words.slice(firstSwitch);
  const { path, leaf, free } = commandIn(command, words.slice(0, words.length - rest.length));
  const waiting = kept.flatMap(({ options: [option, ...others], values }) =>
    others.length === 0 && takesValue(option) ? values.filter((value) => value === 'true').map(() => option) : [],
  );
  const { left, taken } = shareOut(free, leaf.registeredArguments, waiting);
  const switches = kept.flatMap(({ options: [option, ...others], values }) => {
    if (others.length > 0) return [[option, ...others].map(({ long }) => long).join('|')];
    if (!takesValue(option)) return values.at(-1) === 'true' ? [option.long!] : [];
    return values.flatMap((value) => {
      const word = value === 'true' ? taken.get(option)!.shift()! : value && shellWord(value);
      return [option.long!, word || placeholder(option)];
    });
  });
  const name = command.name().replace(/ --$/, '');
  const own = [...path, ...left.map(shellWord)];
  const behind = [...switches, ...rest.map(shellWord)];
  // Commands without arguments of their own have "--" in their name.
  if (name !== command.name()) return [name, '--', ...own, ...behind].join(' ');
  return [name, ...own, ...(behind.length > 0 ? ['--', ...behind] : [])].join(' ');
}

/** The subcommand that the words name, and the words that are left for its arguments. */
function commandIn(command: Command, words: readonly string[]): { path: string[]; leaf: Command; free: string[] } {
  const path: string[] = [];
  const free: string[] = [];
  let leaf = command;
  for (const word of words) {
    const inner = leaf.commands.find((one) => one.name() === word);
    if (inner) path.push(word);
    else free.push(word);
    leaf = inner ?? leaf;
  }
  return { path, leaf, free };
}

/** Which words are arguments and which were values of the options that wait for one; placeholders where that cannot be told. */
function shareOut(words: readonly string[], args: readonly Argument[], waiting: readonly Option[]) {
  const ways = waysToShareOut(words, waiting).filter(({ left }) => fitsArguments(left, args));
  // One value: mostly the last word that can be it. Of several, npm has forgotten which was whose.
  const way = waiting.length === 1 || ways.length === 1 ? ways[0] : undefined;
  const taken = new Map<Option, string[]>();
  waiting.forEach((option, i) => {
    const value = way ? shellWord(way.values[i]!) : placeholder(option);
    taken.set(option, [...(taken.get(option) ?? []), value]);
  });
  return { left: way?.left ?? words.slice(0, Math.max(0, words.length - waiting.length)), taken };
}

interface Way {
  readonly left: readonly string[];
  readonly values: readonly string[];
}

function waysToShareOut(words: readonly string[], [option, ...others]: readonly Option[]): Way[] {
  if (!option) return [{ left: words, values: [] }];
  return words
    .map((word, i) => ({ word, rest: words.filter((_, j) => j !== i) }))
    .reverse()
    .filter(({ word }) => accepts(option, word))
    .flatMap(({ word, rest }) =>
      waysToShareOut(rest, others).map(({ left, values }) => ({ left, values: [word, ...values] })),
    );
}

function fitsArguments(words: readonly string[], args: readonly Argument[]): boolean {
  const last = args.at(-1);
  if (words.length > args.length && !last?.variadic) return false;
  if (words.length < args.filter(({ required }) => required).length) return false;
  return words.every((word, i) => accepts(args[i] ?? last!, word));
}

/** Whether commander would take the word. */
function accepts({ parseArg }: Argument | Option, word: string): boolean {
  try {
    (parseArg as ((word: string, before: unknown) => unknown) | undefined)?.(word, undefined);
    return true;
  } catch {
    return false;
  }
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** `--scale <name>` -> `<name>` */
function placeholder({ flags }: Option): string {
  return /[<[].*$/.exec(flags)?.[0] ?? '<value>';
}
