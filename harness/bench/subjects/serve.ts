/** @file Answers the questions of the benchmark command in a measured process, until its input ends. */
import { readText } from '../../system/files/input-file.ts';
import { EngineError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import { type Engine, engineFacts } from '../../engine/engine.ts';
import { parseQuestion, type Question } from '../protocol.ts';

/** What answers the questions to a process of this harness. */
export type Subject = TimedSubject | ComparedSubject | DeviceSubject;

export interface TimedSubject {
  /** Runs iteration k and returns when the device has finished it. */
  iteration(k: number): void;
}

/** Timed once it agrees with the others. */
export interface ComparedSubject extends TimedSubject {
  /** The values that all must agree on. */
  check(): Record<string, number>;
}

interface DeviceSubject {
  /** Writes the common inputs. */
  prepare(folder: string): void;
  /** FLOP per second. */
  peak(): number;
}

export interface Conversation {
  readonly engine: Engine;
  readonly clock: Clock;
  readonly questions: AsyncIterable<string>;
  readonly answer: (value: unknown) => void;
}

export async function serve(subject: Subject, { engine, clock, questions, answer }: Conversation): Promise<void> {
  answer({ ready: true, version: `TensorFlow ${engine.tensorflowVersion}`, facts: engineFacts(engine) });
  let done = 0;
  const run = (timed: TimedSubject, iterations: number) => {
    const before = engine.binding.handlesMade();
    const milliseconds = Array.from({ length: iterations }, () => {
      const begun = clock.now();
      timed.iteration(done++);
      return clock.now() - begun;
    });
    return { milliseconds, handles: (engine.binding.handlesMade() - before) / iterations };
  };
  const answerTo = (question: Question): unknown => {
    switch (question.ask) {
      case 'check':
        if ('check' in subject) return { values: subject.check() };
        break;
      case 'first':
      case 'run':
        if ('iteration' in subject) return run(subject, question.iterations);
        break;
      case 'memory':
        return { residentBytes: peakResidentBytes(), deviceBytes: null };
      case 'prepare':
        if (!('prepare' in subject)) break;
        subject.prepare(question.folder);
        return { prepared: true };
      case 'peak':
        if ('peak' in subject) return { flopsPerSecond: subject.peak() };
        break;
      case 'squares':
        break;
    }
    throw unanswerable(question);
  };
  for await (const line of questions) answer(answerTo(parseQuestion(line)));
}

function unanswerable({ ask }: Question): EngineError {
  return new EngineError({
    where: 'bench subject',
    got: ask,
    expected: 'a question that this subject has an answer to',
    remedy: 'Start it through `npm run bench`',
  });
}

/** VmHWM: the most memory that this process ever held. */
function peakResidentBytes(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readText('/proc/self/status')) ?? [];
  return Number(kibibytes) * 1024;
}
