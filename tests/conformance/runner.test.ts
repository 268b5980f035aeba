/** @file The conformance runner: one report per case, clear words for bad packs, the engine only on demand, exit codes. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaNode } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JudgedKind } from '../../harness/conformance/judge/judge-case.ts';
import { caseLine, conformanceJson, summaryLine } from '../../harness/conformance/print.ts';
import { exitCodeOf, runConformance, type CaseReport } from '../../harness/conformance/runner.ts';
import { float32Tensor, writeSafetensors } from '../../harness/formats/safetensors.ts';
import { DataError, DivergenceError, EngineError } from '../../harness/core/errors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'conformance-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function pack(set: string, id: string, text: string): string {
  const path = join(folder, set, id);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'case.json'), text);
  return join(folder, set);
}

type Load = () => Promise<JudgedKind>;

const judgedBy =
  (judge: JudgedKind['judge'], needsEngine = false): Load =>
  () =>
    Promise.resolve({ needsEngine: () => needsEngine, judge });

const share = (value: number, needsEngine = false): Load =>
  judgedBy(() => Promise.resolve({ passed: value <= 1, compared: 1, share: value, worst: 'y' }), needsEngine);

const kinds: Record<string, Load> = {
  near: share(0.5),
  far: share(7),
  lost: share(Infinity),
  native: share(0, true),
  broken: () => Promise.reject(new TypeError('x is undefined')),
};

const run = (set: string, loadEngine: () => void = () => undefined) => runConformance([set], { kinds, loadEngine });

const outcomes = (reports: readonly CaseReport[]) => reports.map(({ id, outcome }) => `${id} ${outcome}`);

describe('runConformance', () => {
  it('judges every case in path order and names the largest error', async () => {
    pack('judged', 'b', '{"kind":"near","id":"b"}');
    const set = pack('judged', 'a/deep', '{"kind":"far","id":"a"}');
    const reports = await run(set);
    expect(outcomes(reports)).toEqual(['a failed', 'b passed']);
    expect(reports.map(caseLine)).toEqual([
      `FAIL      far                a                                                 7.00  y`,
      `pass      near               b                                                0.500  y`,
    ]);
    expect(summaryLine(reports)).toBe('1 passed, 1 failed');
    expect(exitCodeOf(reports)).toBe(1);
  });

  it('never passes a case of which nothing was compared', async () => {
    const idle = judgedBy(() => Promise.resolve({ passed: true, compared: 0, share: 0, worst: '' }));
    const set = pack('idle', 'a', '{"kind":"idle","id":"a"}');
    const [report] = await runConformance([set], { kinds: { idle }, loadEngine: () => undefined });
    expect(report).toMatchObject({
      outcome: 'malformed',
      worst: `${set}/a/case.json: got a case that compares nothing, expected at least one expected value, or a refusal. Fetch the pack again.`,
    });
  });

  it('takes a case for malformed whose listed file is missing or another one', async () => {
    pack('listed', '1-missing', '{"kind":"near","id":"missing","files":{"a.png":{}}}');
    const set = pack(
      'listed',
      '2-other',
      `{"kind":"near","id":"other","files":{"a.png":{"sha256":"${'0'.repeat(64)}"}}}`,
    );
    writeFileSync(join(set, '2-other', 'a.png'), '');
    const reports = await run(set);
    expect(outcomes(reports)).toEqual(['missing malformed', 'other malformed']);
    expect(reports[0]!.worst).toContain('got no file "a.png", expected every file that case.json lists.');
    expect(reports[1]!.worst).toContain(`got file "a.png" with sha256 e3b0c44298fc1c14`);
  });

  it('takes a case for malformed that holds a tensor which it does not name', async () => {
    const set = pack('nameless', 'a', '{"kind":"near","id":"a","inputs":["x"],"expected":["y"]}');
    const one = float32Tensor(Float32Array.of(1), [1]);
    writeSafetensors(join(set, 'a', 'tensors.safetensors'), [['x', one], ['y', one], ['z', one]], {}); // prettier-ignore
    const [report] = await run(set);
    expect(report!.outcome).toBe('malformed');
    expect(report!.worst).toContain('got tensor "z", expected tensors that case.json names.');
  });

  it('goes on after a malformed pack, an unknown kind and a crash, and names each', async () => {
    pack('mixed', '1-text', 'not json');
    pack('mixed', '2-nameless', '{"kind":"near"}');
    pack('mixed', '3-unknown', '{"kind":"nera","id":"unknown"}');
    pack('mixed', '4-broken', '{"kind":"broken","id":"broken"}');
    const set = pack('mixed', '5-good', '{"kind":"near","id":"good"}');
    const reports = await run(set);
    expect(reports.map(({ outcome }) => outcome)).toEqual(['malformed', 'malformed', 'malformed', 'crashed', 'passed']);
    expect(reports[0]!.worst).toBe(
      `${set}/1-text/case.json: got text that is not JSON, expected a reference case. Fetch the pack again.`,
    );
    expect(reports[2]!.worst).toBe(
      `${set}/3-unknown: got "nera", expected a kind that this project supports. Did you mean "near".`,
    );
    expect(reports[3]!.worst).toBe('x is undefined');
    expect(summaryLine(reports)).toBe('1 passed, 4 failed');
    expect(exitCodeOf(reports)).toBe(65);
  });

  it('blames the pack for what it lacks, and itself for what the engine or the arithmetic does', async () => {
    const fault = { where: 'loss', got: NaN, expected: 'a finite loss', remedy: 'Replay the step' };
    const own: Record<string, Load> = {
      diverging: judgedBy(() => Promise.reject(new DivergenceError(fault))),
      refusing: judgedBy(() => Promise.reject(new EngineError(fault))),
      lacking: judgedBy(() => Promise.reject(new DataError(fault))),
    };
    for (const kind of Object.keys(own)) pack('blame', kind, `{"kind":"${kind}","id":"${kind}"}`);
    const reports = await runConformance([join(folder, 'blame')], { kinds: own, loadEngine: () => undefined });
    expect(outcomes(reports)).toEqual(['diverging crashed', 'lacking malformed', 'refusing crashed']);
    expect(exitCodeOf(reports.filter(({ outcome }) => outcome === 'crashed'))).toBe(1);
  });

  it('counts an infinite error as failed and writes it as null for machines', async () => {
    const reports = await run(pack('infinite', 'a', '{"kind":"lost","id":"a"}'));
    expect(JSON.parse(conformanceJson(reports))).toEqual({
      passed: 0,
      failed: 1,
      cases: [
        { folder: join(folder, 'infinite', 'a'), kind: 'lost', id: 'a', outcome: 'failed', share: null, worst: 'y' },
      ],
    });
  });

  it('loads the engine once, and only when a kind needs it', async () => {
    let loads = 0;
    const load = () => void (loads += 1);
    await run(pack('plain', 'a', '{"kind":"near","id":"a"}'), load);
    expect(loads).toBe(0);
    pack('native', 'a', '{"kind":"native","id":"a"}');
    expect(outcomes(await run(pack('native', 'b', '{"kind":"native","id":"b"}'), load))).toEqual([
      'a passed',
      'b passed',
    ]);
    expect(loads).toBe(1);
  });

  it('stops when the engine cannot be loaded', async () => {
    const set = pack('no-engine', 'a', '{"kind":"native","id":"a"}');
    const fault = {
      where: 'engine',
      got: 'no file',
      expected: 'the compiled engine',
      remedy: 'Run `npm run engine -- install`',
    };
    const load = () => {
      throw new EngineError(fault);
    };
    await expect(run(set, load)).rejects.toThrow(EngineError);
  });

  it('refuses folders without a case', async () => {
    mkdirSync(join(folder, 'empty'));
    await expect(run(join(folder, 'empty'))).rejects.toThrow(
      `conformance: got "${folder}/empty", expected a folder with at least one case.json at or below it. Check the path.`,
    );
    pack('beside-empty', 'a', '{"kind":"near","id":"a"}');
    const both = runConformance([join(folder, 'beside-empty'), join(folder, 'empty')], {
      kinds,
      loadEngine: () => undefined,
    });
    await expect(both).rejects.toThrow(`got "${folder}/empty", expected a folder with at least one case.json`);
    await expect(run(join(folder, 'nowhere'))).rejects.toThrow(
      /nowhere: got .*ENOENT.*, expected a folder of reference cases\. Check the path\./,
    );
  });

  it('judges a case once whatever links lead to it, and tells of what was left out', async () => {
    const set = pack('linked', 'a', '{"kind":"near","id":"a"}');
    symlinkSync('..', join(set, 'a', 'up'));
    symlinkSync('a', join(set, 'b'));
    symlinkSync('gone', join(set, 'c'));
    const remarks: string[] = [];
    const onRemark = (line: string) => void remarks.push(line);
    const reports = await runConformance([set], { kinds, loadEngine: () => undefined, onRemark });
    expect(outcomes(reports)).toEqual(['a passed']);
    expect(remarks).toEqual([
      `${set}: left out 1 dangling link, 1 link to a folder above it, 1 link to a folder that is walked already`,
    ]);
  });
});

describe('npm run conformance', () => {
  const command = (...options: string[]) =>
    execaNode('scripts/conformance.ts', options, { nodeOptions: ['--import', 'tsx'], reject: false });

  it('exits 0 when all passed, with a line per case and a summary', async () => {
    const { stdout, exitCode } = await command('tests/golden/networks/schedule');
    expect(stdout.split('\n').at(-1)).toBe('7 passed, 0 failed');
    expect(stdout.split('\n')[0]).toMatch(/^pass {6}schedule +ct-cifar10 /);
    expect(exitCode).toBe(0);
  });

  it('exits 65 for an unknown kind and prints one JSON document on demand', async () => {
    const set = pack('command', 'a', '{"kind":"schedul","id":"a"}');
    const { stdout, exitCode } = await command(set, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ passed: 0, failed: 1, cases: [{ outcome: 'malformed' }] });
    expect(stdout).toContain('Did you mean \\"schedule\\"');
    expect(exitCode).toBe(65);
  });
});
