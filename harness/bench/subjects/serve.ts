/** @file The side of a subject of this harness: answers questions until they end. */
import { readText } from '../../system/files/input-file.ts';
import type { Clock } from '../../core/clock.ts';
import { type Engine, engineFacts } from '../../engine/engine.ts';
import { parseQuestion, type Question } from '../protocol.ts';

/** What can be asked of a process of this harness; what it has no method for is not asked of it. */
export interface Subject {
  check?(): Record<string, number>;
  /** Runs iteration k and returns when the device has finished it. */
  iteration?(k: number): void;
  prepare?(folder: string, task: 'step' | 'sample'): void;
  /** FLOP per second. */
  peak?(): number;
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
  const run = (iterations: number) => {
    const before = engine.binding.handlesMade();
    const milliseconds = Array.from({ length: iterations }, () => {
      const begun = clock.now();
      subject.iteration!(done++);
      return clock.now() - begun;
    });
    return { milliseconds, handles: (engine.binding.handlesMade() - before) / iterations };
  };
  const answerTo = (question: Question): unknown => {
    switch (question.ask) {
      case 'check':
        return { values: subject.check!() };
      case 'first':
      case 'run':
        return run(question.iterations);
      case 'memory':
        return { residentBytes: peakResidentBytes(), deviceBytes: null };
      case 'prepare':
        subject.prepare!(question.folder, question.task);
        return { prepared: true };
      case 'peak':
        return { flopsPerSecond: subject.peak!() };
    }
  };
  for await (const line of questions) answer(answerTo(parseQuestion(line)));
}

/** VmHWM: the most memory that this process ever held. */
function peakResidentBytes(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readText('/proc/self/status')) ?? [];
  return Number(kibibytes) * 1024;
}
