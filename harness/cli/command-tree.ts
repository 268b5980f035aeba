/** @file Lists the subcommands of a command, their options and their full names. */
import type { Command } from 'commander';

/** The command and every one below it. */
export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** `npm run metrics -- reference build` */
export function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name();
}

/** The npm script that a command is: `npm run plan --` -> `plan`. */
export function scriptOf(command: Command): string | undefined {
  return /^npm run (\S+)/.exec(command.name())?.[1];
}
