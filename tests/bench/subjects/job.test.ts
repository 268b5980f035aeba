/** @file The job of each measured process: what the command writes is what the process reads, by task. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkFileName, inputsFileName } from '../../../harness/bench/inputs.ts';
import type { BenchRequest, BenchWork } from '../../../harness/bench/request.ts';
import { planOfJob, readOwnJob } from '../../../harness/bench/subjects/job.ts';
import { SubjectCommands } from '../../../harness/bench/subjects/subject-commands.ts';
import { ownBase } from '../../../harness/bench/subjects/subjects.ts';
import { DataError } from '../../../harness/core/errors.ts';
import { readPlan } from '../../../harness/plan/plan-file.ts';
import { planOf } from '../../plan/fixtures.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'job-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function commandsFor(work: BenchWork): SubjectCommands {
  const settings = { rounds: 1, threads: 2, device: 'cpu', only: null, peers: null, root: '', command: '' } as const;
  const request: BenchRequest = { ...work, ...settings, ownProcess: ['node', 'subject.ts'] };
  return new SubjectCommands(request, folder);
}

const network = (task: 'step' | 'sample') =>
  commandsFor({ task, size: 'small', workload: { planOf: () => planOf(), sampleImages: 32 } });
const features = (graph: string | null) =>
  commandsFor({ task: 'features', size: 'inception-2015', workload: null, graph });

const jobOf = ({ args }: { readonly args: readonly string[] }) => readOwnJob(args.at(-1)!);
const common = { device: 'cpu', threads: 2 };

describe('the job of a process of this harness', () => {
  it('has plan and inputs for a step, and for a sample the images of an iteration', () => {
    const step = jobOf(network('step').of(ownBase, 'channels-last', checkFileName));
    const plan = planOfJob(step)!;
    expect(step).toEqual({ ...common, task: 'step', plan, inputs: join(folder, checkFileName) });
    expect(readPlan(plan)).toEqual(planOf());
    const sample = jobOf(network('sample').of(ownBase, 'channels-last', inputsFileName));
    const inputs = join(folder, inputsFileName);
    expect(sample).toEqual({ ...common, task: 'sample', plan: planOfJob(sample), images: 32, inputs });
  });

  it('has neither for features, but a graph or none', () => {
    const of = (graph: string | null) => jobOf(features(graph).of(ownBase, 'channels-last', inputsFileName));
    expect(of('/graph.pb')).toEqual({ ...common, task: 'features', graph: '/graph.pb' });
    expect(of(null)).toEqual({ ...common, task: 'features', graph: null });
    expect(planOfJob(of(null))).toBeNull();
  });

  it('has for the device the work whose inputs it writes, none for features', () => {
    const job = jobOf(network('sample').device());
    expect(job).toEqual({ ...common, task: 'device', work: { task: 'sample', plan: planOfJob(job), images: 32 } });
    const bare = jobOf(features(null).device());
    expect(bare).toEqual({ ...common, task: 'device', work: null });
    expect(planOfJob(bare)).toBeNull();
  });

  it.each([
    ['{"task":"step","device":"cpu","threads":2,"inputs":"a"}', 'plan'],
    ['{"task":"sample","device":"cpu","threads":2,"inputs":"a","plan":"b"}', 'images'],
    ['{"task":"device","device":"tpu","threads":2,"work":null}', 'device'],
    ['{"task":', 'its content'],
  ])('is refused where something is missing: %s', (text, field) => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, text);
    expect(() => readOwnJob(path)).toThrow(DataError);
    expect(() => readOwnJob(path)).toThrow(`${path}: got ${field}: `);
  });
});
