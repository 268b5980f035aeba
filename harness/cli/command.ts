/** @file Runs a command: results on standard output, errors in one line on standard error, an exit code. */
import { CommanderError, type Command } from 'commander';
import {
  CheckpointedExit,
  DataError,
  HarnessError,
  UsageError,
  described,
  exitCodes,
  type ExitCode,
} from '../core/errors.ts';
import { isOutOfMemory } from '../core/out-of-memory.ts';
import { suggestion } from '../core/suggest.ts';
import { standardError } from '../system/progress.ts';
import { everyCommand, fullName } from './command-tree.ts';
import { refuseKeptSwitches, standWherePersonStands } from './npm-run.ts';

/**
 * Parses the command line and runs the command's action; sets `process.exitCode`.
 *
 * A mistake that a person can mend (HarnessError) is its one line, without a stack; a run that stopped on request (CheckpointedExit) says
 * how to go on; anything else is a mistake of this project and shows its stack.
 */
export async function runCommand(command: Command, argv: readonly string[] = process.argv): Promise<void> {
  endWithStandardOutput();
  for (const one of everyCommand(command)) refuseInOneLine(one);
  try {
    standWherePersonStands(command);
    refuseKeptSwitches(command, argv.slice(2));
    await command.parseAsync(argv);
  } catch (thrown) {
    process.exitCode = report(thrown);
  }
}

function report(thrown: unknown): ExitCode {
  if (thrown instanceof HarnessError || thrown instanceof CheckpointedExit) {
    standardError().write(`${thrown.message}\n`);
    return thrown.exitCode;
  }
  if (isOutOfMemory(thrown)) return report(tooLittleMemory(thrown));
  // Help and version were asked for and have been printed.
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.done;
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  standardError().write(`${stack}\nThis is a mistake in the harness: please report the lines above.\n`);
  return exitCodes.failed;
}

/** Where no plan says how much a part of the work was expected to take. */
function tooLittleMemory(cause: unknown): DataError {
  const fault = {
    where: 'memory',
    got: described('too little memory for one pass'),
    expected: 'room for all of its images at once',
    remedy: 'Take fewer images per pass (--batch of metrics, --micro-batch of a run), or end other programs',
  };
  return new DataError(fault, { cause });
}

/** `... | head` closes the pipe: the reader has what it wants. Whatever else cannot be printed is lost, and that is said. */
function endWithStandardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    const got = described(
      error.code === 'ENOSPC' ? 'a full disk' : `a refusal of the system (${error.code ?? error.message})`,
    );
    const remedy = 'Free some space, or send the output to another place';
    process.exit(
      report(new DataError({ where: 'standard output', got, expected: 'room for what is printed', remedy })),
    );
  });
}

/** Turns commander's own messages into the form of every other refusal. */
function refuseInOneLine(command: Command): void {
  command.configureOutput({ outputError: () => undefined });
  command.exitOverride((error) => {
    throw error.exitCode === 0 ? error : usageError(command, error);
  });
}

function usageError(command: Command, error: CommanderError): UsageError {
  const line = fullName(command);
  const where = line.replace(/ --$/, '');
  const [, named] = /'([^']*)'/.exec(error.message) ?? [];
  const commands = command.commands.map((one) => one.name());
  if (error.code === 'commander.unknownOption' && named !== undefined) {
    const remedy = suggestion(named, optionNames(command));
    return new UsageError({ where, got: named, expected: 'a known option', remedy });
  }
  if (error.code === 'commander.unknownCommand' && named !== undefined) {
    return new UsageError({ where, got: named, expected: 'a known command', remedy: suggestion(named, commands) });
  }
  if (error.code === 'commander.help') {
    const remedy = `Name one of ${commands.join(', ')}`;
    return new UsageError({ where, got: described('no known command'), expected: 'a command', remedy });
  }
  const got = error.message.replace(/^error: |\.?\s*$/g, '').replace('. Expected', ', expected');
  return new UsageError({
    where,
    got: described(got),
    expected: `${line} ${command.usage()}`,
    remedy: 'Add --help to read about each argument and option',
  });
}

function optionNames(command: Command): string[] {
  const names = command
    .createHelp()
    .visibleOptions(command)
    .map((option) => option.long ?? option.short ?? '');
  return command.parent ? [...new Set([...names, ...optionNames(command.parent)])] : names;
}
