/** @file Answers the questions of the benchmark command in a measured process, until its input ends. */
import { peakResidentBytes } from '../../system/process/resident-memory.ts';
import { EngineError } from '../../core/errors.ts';
import type { Clock } from '../../core/clock.ts';
import { type Engine, engineFacts } from '../../engine/engine.ts';
import { parseQuestion, type Question, type ScoreRun } from '../protocol.ts';

/** What answers the questions to a process of this harness. */
export type Subject = TimedSubject | ComparedSubject | PreparingSubject | DeviceSubject | ScoringSubject;

export interface TimedSubject {
  /** Runs iteration k and returns when the device has finished it. */
  iteration(k: number): void;
}

/** Timed once it agrees with the others. */
export interface ComparedSubject extends TimedSubject {
  /** The values that all must agree on. */
  check(): Record<string, number>;
}

interface PreparingSubject {
  /** Writes inputs of others. */
  prepare(folder: string): void | Promise<void>;
}

interface DeviceSubject extends PreparingSubject {
  /** FLOP per second. */
  peak(): number;
}

export interface ScoringSubject {
  /** Makes the statistics of the reference images in that folder. */
  prepare(folder: string): Promise<void>;
  /** Rows of the images that need no resizing. */
  features(): Promise<readonly (readonly number[])[]>;
  /** The whole way from two folders to the values. */
  score(): Promise<ScoreRun>;
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
  const answerTo = async (question: Question): Promise<unknown> => {
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
        await subject.prepare(question.folder);
        return { prepared: true };
      case 'peak':
        if ('peak' in subject) return { flopsPerSecond: subject.peak() };
        break;
      case 'features':
        if ('features' in subject) return { rows: await subject.features() };
        break;
      case 'score':
        if ('score' in subject) return subject.score();
        break;
      case 'squares':
        break;
    }
    throw unanswerable(question);
  };
  for await (const line of questions) answer(await answerTo(parseQuestion(line)));
}

function unanswerable({ ask }: Question): EngineError {
  return new EngineError({
    where: 'bench subject',
    got: ask,
    expected: 'a question that this subject has an answer to',
    remedy: 'Start it through `npm run bench`',
  });
}
