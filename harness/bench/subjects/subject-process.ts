/** @file Child process of a benchmark subject: starts it, asks it line by line, ends it. */
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { z } from 'zod';
import { EngineError, described, systemCode } from '../../core/errors.ts';
import type { KeptCompilation } from '../peers/kept-compilation.ts';
import { answers, parseAnswer, type Question, type Ready } from '../protocol.ts';

export interface SubjectCommand {
  /** For tables and errors. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Of a peer that compiles. */
  readonly compilation?: KeptCompilation;
}

export class SubjectProcess {
  readonly name: string;
  private readonly child;
  private readonly lines: AsyncIterator<string>;

  private constructor({ name, program, args, environment }: SubjectCommand) {
    this.name = name;
    this.child = spawnPiped(program, args, environment);
    // A process that has died cannot be written to; that it died is noticed when its answer is waited for.
    this.child.stdin.on('error', () => undefined);
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * @param running is told of it before it is waited for, so that it can be ended
   * @throws EngineError when it ends before it is ready
   */
  static async start(
    command: SubjectCommand,
    running: Set<SubjectProcess>,
  ): Promise<{ process: SubjectProcess; ready: Ready }> {
    const process = new SubjectProcess(command);
    running.add(process);
    return { process, ready: await process.answer(answers.ready) };
  }

  /** @throws EngineError when it ends in place of an answer, or answers something else */
  async ask<T>(question: Question, schema: z.ZodType<T>): Promise<T> {
    this.child.stdin.write(`${JSON.stringify(question)}\n`);
    return this.answer(schema);
  }

  /** Its number, as long as it runs. */
  get pid(): number {
    return this.child.pid!;
  }

  /** Lets it end: its input is closed. What it started ends with it. */
  async close(): Promise<void> {
    this.child.stdin.end();
    await this.child;
    this.killGroup();
  }

  /** Ends it and everything it started, at once. */
  killGroup(): void {
    if (this.child.pid === undefined) return;
    try {
      process.kill(-this.child.pid, 'SIGKILL');
    } catch (thrown) {
      if (systemCode(thrown) !== 'ESRCH') throw thrown;
    }
  }

  private async answer<T>(schema: z.ZodType<T>): Promise<T> {
    const line = await this.lines.next();
    if (!line.done) return parseAnswer(this.name, line.value, schema);
    const { exitCode, signal, stderr, originalMessage } = await this.child;
    // Without either it never began.
    const end = signal ?? (exitCode === undefined ? (originalMessage ?? 'not started') : `exit code ${exitCode}`);
    throw new EngineError({
      where: this.name,
      got: described(`the end of its process (${end}: ${lastLine(stderr)})`),
      expected: 'an answer',
      remedy: signal === 'SIGKILL' ? 'Look for a lack of memory' : 'Mend what it names, or leave it out with --only',
    });
  }
}

function spawnPiped(program: string, args: readonly string[], environment: NodeJS.ProcessEnv) {
  return execa(program, args, {
    env: environment,
    extendEnv: false,
    stdin: 'pipe',
    buffer: { stdout: false },
    reject: false,
    // A group of its own: torch.compile starts compilers, which must not outlive it.
    detached: true,
  });
}

function lastLine(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'it said nothing').trim().slice(0, 160);
}
