/** @file The answers of a subject to its questions, and its refusal of those that it has no answer to. */
import { expect, it } from 'vitest';
import { serve, type Conversation, type Subject } from '../../../harness/bench/subjects/serve.ts';

/** What is said to each question after the greeting. */
async function said(subject: Subject, ...questions: readonly unknown[]): Promise<unknown[]> {
  const heard: unknown[] = [];
  let handles = 0;
  let time = 0;
  await serve(subject, {
    engine: {
      tensorflowVersion: '2.9.1',
      tfjsVersion: '4.22.0',
      device: 'cpu',
      devices: [],
      threads: 2,
      binding: { handlesMade: () => (handles += 6) },
    } as unknown as Conversation['engine'],
    clock: { now: () => (time += 5) } as Conversation['clock'],
    questions: lines(questions),
    answer: (value) => void heard.push(value),
  });
  return heard.slice(1);
}

async function* lines(questions: readonly unknown[]): AsyncGenerator<string> {
  for (const question of questions) yield await Promise.resolve(JSON.stringify(question));
}

it('runs iterations one after the other across questions, each timed', async () => {
  const done: number[] = [];
  const subject = { iteration: (k: number) => void done.push(k), check: () => ({ loss: 2 }) };
  const answers = await said(subject, { ask: 'first', iterations: 1 }, { ask: 'run', iterations: 2 }, { ask: 'check' });
  // Six handles between the two readings around all iterations of a question.
  expect(answers).toEqual([
    { milliseconds: [5], handles: 6 },
    { milliseconds: [5, 5], handles: 3 },
    { values: { loss: 2 } },
  ]);
  expect(done).toEqual([0, 1, 2]);
});

it('writes the common inputs and measures the peak as the device', async () => {
  const folders: string[] = [];
  const subject = { prepare: (folder: string) => void folders.push(folder), peak: () => 7e9 };
  expect(await said(subject, { ask: 'prepare', folder: '/inputs' }, { ask: 'peak' })).toEqual([
    { prepared: true },
    { flopsPerSecond: 7e9 },
  ]);
  expect(folders).toEqual(['/inputs']);
});

it('scores, and shows the features that are compared before', async () => {
  const run = { milliseconds: 12, parts: { network: 9 }, values: { frechet: 2 }, residentBytes: 1024 };
  const prepared: string[] = [];
  const subject = {
    prepare: (folder: string) => Promise.resolve(void prepared.push(folder)),
    features: () => Promise.resolve([[1, 2]]),
    score: () => Promise.resolve(run),
  };
  const questions = [{ ask: 'prepare', folder: '/sets' }, { ask: 'features' }, { ask: 'score' }];
  expect(await said(subject, ...questions)).toEqual([{ prepared: true }, { rows: [[1, 2]] }, run]);
  expect(prepared).toEqual(['/sets']);
});

it.each([
  [{ iteration: () => undefined }, { ask: 'score' }],
  [{ iteration: () => undefined }, { ask: 'features' }],
  [{ iteration: () => undefined }, { ask: 'check' }],
  [{ iteration: () => undefined }, { ask: 'peak' }],
  [{ iteration: () => undefined }, { ask: 'prepare', folder: '/inputs' }],
  [
    { prepare: () => undefined, peak: () => 1 },
    { ask: 'run', iterations: 1 },
  ],
])('refuses a question that it has no answer to: %o %o', async (subject, question) => {
  await expect(said(subject, question)).rejects.toThrow(
    `bench subject: got "${question.ask}", expected a question that this subject has an answer to.`,
  );
});
