/** @file The benchmark of scoring with programs in place of the tools: who is asked what, compared, and left out. */
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runScoreBenchmark, type ScoreBenchRequest } from '../../../harness/bench/score/run.ts';
import { pinnedVersion } from '../../../harness/bench/peers/pinned.ts';
import { chosenSubjects, scoreSubjects } from '../../../harness/bench/score/subjects.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { sha256 } from '../../../harness/core/hash.ts';
import { readText } from '../../../harness/system/files/input-file.ts';

const root = resolve(import.meta.dirname, '../../..');
const pinnedPath = join(root, 'harness/bench/peers/requirements.txt');
const pinned = readText(pinnedPath);
/** A graph of the same topology, sixteen times narrower. */
const graph = join(root, 'tests/golden/metrics/inception-graph/div16-producer7/graph.pb');

/** Answers as a tool would: with `said[package]` changed, or dying with its words. */
const program = (said: Record<string, object | string>) => `
const { readFileSync, appendFileSync } = require('node:fs');
const job = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const name = job.package ?? 'harness';
const own = ${JSON.stringify(said)}[name] ?? {};
if (typeof own === 'string') { console.error(own); process.exit(1); }
const half = job.package === 'pytorch-fid' || /half-pixel/.test(job.graph ?? '');
const distance = { clean: 3 }[job.mode] ?? (half ? 5 : 2);
const all = { frechet: distance, kid: distance, precision: 0.5, recall: 0.25 };
const values = { 'clean-fid': { frechet: distance, kid: distance }, 'pytorch-fid': { frechet: distance } }[name] ?? all;
const answers = {
  prepare: { prepared: true },
  features: { rows: [own.row ?? [1, 2]] },
  score: { milliseconds: 10, parts: { network: 8 }, values: { ...values, ...own.values }, residentBytes: 4096 },
};
const versions = { 'torch-fidelity': '0.4.0', 'clean-fid': '0.1.35', 'pytorch-fid': '0.3.0' };
const facts = { gpu: null, tensorflow: '2.21.0', tfjs: '4.22.0', threads: { intraOp: 2, interOp: 2 } };
const version = (job.package ?? 'TensorFlow') + ' ' + (own.version ?? versions[name] ?? '2.21.0') + ', PyTorch 2';
const say = (value) => console.log(JSON.stringify(value));
say({ ready: true, version, ...(job.package ? {} : { facts }) });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const { ask } = JSON.parse(line);
  appendFileSync(${JSON.stringify('LOG')}, name + (job.mode === 'clean' ? ' clean' : '') + ' ' + ask + ' ' + job.images.split('/').at(-1) + '\\n');
  say(answers[ask]);
});
`;

let folder: string;
const lines: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'score-run-'));
  lines.length = 0;
});
afterEach(() => void vi.unstubAllEnvs());

function measure(
  said: Record<string, object | string> = {},
  change: Partial<ScoreBenchRequest> = {},
  hasEnvironment = true,
) {
  const script = join(folder, 'tool.cjs');
  writeFileSync(script, program(said).replace('"LOG"', JSON.stringify(join(folder, 'log'))));
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, pinned);
  const environment = join(folder, 'peers', sha256(pinned).slice(0, 12));
  mkdirSync(join(environment, 'bin'), { recursive: true });
  if (hasEnvironment) writeFileSync(join(environment, 'complete.json'), '{}');
  const python = join(environment, 'bin', 'python');
  writeFileSync(python, `#!/bin/sh\nexec ${process.execPath} ${script} "$@"\n`);
  chmodSync(python, 0o755);
  vi.stubEnv('CONSISTENCY_CACHE', folder);
  const output = { write: (text: string) => void lines.push(text), isTerminal: false };
  const request: ScoreBenchRequest = {
    images: 16,
    references: 20,
    rounds: 2,
    threads: 2,
    only: null,
    graph,
    requirements,
    scripts: folder,
    ownProcess: [process.execPath, script],
    root,
    command: 'npm run bench -- score',
    ...change,
  };
  return runScoreBenchmark(request, { output, clock: systemClock });
}

describe('the benchmark of scoring', () => {
  it('compares everyone on few images first, then lets them score in turn', async () => {
    const { subjects, skipped, weights, kid, comparedImages, ownHalfPixel } = await measure();
    expect(subjects.map(({ id, runs, compared }) => [id, runs.length, compared.frechet])).toEqual([
      ['harness', 2, 2],
      ['torch-fidelity', 2, 2],
      ['clean-fid', 2, 2],
      ['clean-fid-clean', 2, 3],
      ['pytorch-fid', 2, 5],
    ]);
    expect(subjects[0]!.runs[0]).toMatchObject({ milliseconds: 10, parts: { network: 8 }, residentBytes: 4096 });
    expect([skipped, weights, kid.subsetSize, comparedImages]).toEqual([[], 'graph.pb', 16, 16]);
    expect(ownHalfPixel).toMatchObject({ frechet: 5 });
    const asked = readText(join(folder, 'log')).trim().split('\n');
    const names = ['harness', 'torch-fidelity', 'clean-fid', 'clean-fid clean', 'pytorch-fid'];
    const round = names.map((name) => `${name} score whole-images`);
    expect(asked).toEqual([
      ...names.flatMap((name) => ['prepare', 'features', 'score'].map((ask) => `${name} ${ask} compared-images`)),
      'harness prepare compared-images',
      'harness score compared-images',
      'harness prepare whole-images',
      ...round,
      ...round,
    ]);
    expect(lines.join('')).toContain('16 images span 15 of 2,048 dimensions');
  });

  it('leaves out who is not there or is another version, and says why', async () => {
    const said = { 'torch-fidelity': 'torch-fidelity is not installed', 'pytorch-fid': { version: '0.2.0' } };
    const { subjects, skipped } = await measure(said, { rounds: 1 });
    expect(subjects.map(({ id }) => id)).toEqual(['harness', 'clean-fid', 'clean-fid-clean']);
    expect(skipped.map(({ name }) => name)).toEqual(['torch-fidelity', 'pytorch-fid']);
    expect(skipped[0]!.why).toContain('torch-fidelity is not installed');
    expect(skipped[1]!.why).toBe('version 0.2.0 is installed, and 0.3.0 is pinned');
    expect(lines.join('')).toContain('pytorch-fid is left out: version 0.2.0 is installed');
  });

  it('measures this harness alone without the environment, with the command that makes it', async () => {
    const { subjects, skipped } = await measure({}, { rounds: 1 }, false);
    expect(subjects.map(({ id }) => id)).toEqual(['harness']);
    expect(skipped).toHaveLength(4);
    expect(skipped[0]!.why).toContain('npm run bench -- peers install');
    await expect(measure({}, { only: ['pytorch-fid'] }, false)).rejects.toThrow(
      /^--only: got "pytorch-fid", expected a subject that can be measured here. pytorch-fid: there is no Python environment/,
    );
  });

  it.each<[string, Record<string, object>, RegExp]>([
    [
      'another network',
      { 'clean-fid': { row: [1, 2.1] } },
      /^features of images .* from clean-fid, legacy_tensorflow, .*clean, expected/,
    ],
    [
      'another value',
      { 'torch-fidelity': { values: { kid: 2.01 } } },
      /^kid of 16 images \(tensorflow\): got 2.01 from torch-fidelity, expected 2.0000000 within 0.001, as from this harness, clean-fid/,
    ],
    [
      'another value in a way of its own',
      { 'pytorch-fid': { values: { frechet: 5.2 } } },
      /^frechet of 16 images \(half-pixel\): got 5.2 from pytorch-fid, 5 from this harness with half-pixel centres/,
    ],
  ])('times nothing when someone has %s, who is named', async (_, said, message) => {
    await expect(measure(said)).rejects.toThrow(message);
    expect(readText(join(folder, 'log'))).not.toContain('whole-images');
  });

  it('refuses too few images, and names that are none, before anything is drawn', () => {
    expect(() => measure({}, { references: 15 })).toThrow(
      '--references: got 15, expected at least 16: neighbours and splits need so many. Ask for more.',
    );
    expect(() => measure({}, { only: ['torch-fidelty'] })).toThrow(
      '--only: got "torch-fidelty", expected subjects of this benchmark. Did you mean "torch-fidelity".',
    );
    expect(lines).toEqual([]);
  });

  it('refuses a graph of another network', async () => {
    const other = join(folder, 'graph.pb');
    writeFileSync(other, readText(join(root, 'package.json')));
    await expect(measure({}, { graph: other })).rejects.toThrow(
      /graph.pb: got .*, expected a whole frozen TensorFlow graph/,
    );
  });
});

describe('the table of tools', () => {
  it('names packages that are pinned', () => {
    for (const { package: name } of scoreSubjects)
      if (name !== null) expect(pinnedVersion(pinnedPath, name)).toMatch(/^\d/);
  });

  it('is chosen from by names', () => {
    expect(chosenSubjects(null)).toEqual(scoreSubjects);
    expect(chosenSubjects(['pytorch-fid', 'harness']).map(({ id }) => id)).toEqual(['harness', 'pytorch-fid']);
  });
});
