/**
 * @file Error classes of the harness; a message says where, what was got, expected, and what to do.
 *
 * It is one line.
 */

/** The four parts of every message for a mistake that a person can mend. */
export interface Fault {
  /** Where it happened: a file, an option, a function of the paper. */
  readonly where: string;
  /** The value that was found; strings are quoted in the message. */
  readonly got: unknown;
  /** The rule it breaks, without "expected". */
  readonly expected: string;
  /** The remedy, imperative, without a final full stop. */
  readonly remedy: string;
}

/** Exit codes of every command and cell. */
export const exitCodes = {
  done: 0,
  failed: 1,
  badInput: 65,
  noDevice: 69,
  diverged: 70,
  transient: 75,
  checkpointed: 85,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

const exitMeanings: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'the program failed',
  65: 'bad input',
  69: 'no such device',
  70: 'a value was not finite',
  75: 'a passing failure',
  85: 'stopped as asked',
};

/** The meaning of any exit code in words: those that are not the harness's own are failures of the program. */
export function exitMeaning(exitCode: number): string {
  return (exitMeanings as Readonly<Record<number, string>>)[exitCode] ?? exitMeanings[1];
}

/** Base class: its message is `<where>: got <value>, expected <rule>. <what to do>.` */
export class HarnessError extends Error {
  readonly exitCode: ExitCode = exitCodes.badInput;
  readonly fault: Fault;

  constructor(fault: Fault, options?: ErrorOptions) {
    super(
      oneLine(`${fault.where}: got ${quoteValue(fault.got)}, expected ${fault.expected}. ${fault.remedy}.`),
      options,
    );
    this.fault = fault;
    this.name = new.target.name;
  }
}

/** A command line that cannot be understood. */
export class UsageError extends HarnessError {}

/** A recipe that is malformed, unknown or contradicts itself. */
export class RecipeError extends HarnessError {}

/** A plan that cannot be made, read or carried out as written. */
export class PlanError extends HarnessError {}

/** The native library: missing, unusable, or asked for something it cannot do. */
export class EngineError extends HarnessError {
  override readonly exitCode: ExitCode;

  constructor(fault: Fault, options?: ErrorOptions & { exitCode?: ExitCode }) {
    super(fault, options);
    this.exitCode = options?.exitCode ?? exitCodes.badInput;
  }
}

/** Input files: data sets, weights, statistics, images; `transient` where the same call may succeed later (a network that is down). */
export class DataError extends HarnessError {
  override readonly exitCode: ExitCode;

  constructor(fault: Fault, options?: ErrorOptions & { exitCode?: ExitCode }) {
    super(fault, options);
    this.exitCode = options?.exitCode ?? exitCodes.badInput;
  }
}

/** A result that is malformed, of another version, or would overwrite another. */
export class ResultError extends HarnessError {}

/** A value that must be finite is not: the run stops here and can be replayed. */
export class DivergenceError extends HarnessError {
  override readonly exitCode: ExitCode = exitCodes.diverged;
}

/** The run was asked to stop, has written its checkpoint, and continues when started again. */
export class CheckpointedExit extends Error {
  readonly exitCode: ExitCode = exitCodes.checkpointed;
  override readonly name = 'CheckpointedExit';
}

/** Characters that end a line, move the cursor, cannot be seen or turn the order of the others round; written as JavaScript escapes them. */
const unprintable = /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

/** The text as one line that a terminal shows as it is: names and contents of files may hold anything. */
export function oneLine(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  return text.replace(unprintable, (one) => escapes[one] ?? `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** How a value stands in a message: strings quoted, everything else as it reads, never longer than a line. */
export function quoteValue(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : describe(value);
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Description) return value.text;
  if (value instanceof Error) return value.message;
  const text = JSON.stringify(value) as string | undefined;
  return text ?? typeof value;
}

/** Words that stand in a message unquoted: `got ${described('a file of 12 bytes')}`. */
export class Description {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Marks a phrase as prose, so that the message does not quote it. */
export function described(text: string): Description {
  return new Description(text);
}

/** The system's error code (`ENOSPC`, `EACCES` ...) of whatever was thrown, if it has one. */
export function systemCode(thrown: unknown): string | undefined {
  if (thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return undefined;
}
