/** @file Which subjects there are, how they are asked, whether they agree, and in which order they run. */
import { describe, expect, it } from 'vitest';
import { requireAgreement, valueTolerance } from '../../../harness/bench/agreement.ts';
import { answers, parseAnswer, parseQuestion } from '../../../harness/bench/protocol.ts';
import { interleavedRounds, iterationsPerRound } from '../../../harness/bench/rounds.ts';
import { SubjectProcess } from '../../../harness/bench/subjects/subject-process.ts';
import { chooseSubjects, type SubjectChoice } from '../../../harness/bench/subjects/subjects.ts';

const everything: SubjectChoice = {
  task: 'step',
  device: 'cpu',
  hardware: { tensorFloat32: false, bfloat16: true },
  peers: true,
  only: null,
};

describe('the subjects of a benchmark', () => {
  const idsOf = (choice: Partial<SubjectChoice>) =>
    chooseSubjects({ ...everything, ...choice }).specs.map(({ id }) => id);

  it('are this harness in three modes, then its peers', () => {
    expect(idsOf({ peers: false })).toEqual(['float32', 'eager', 'bfloat16']);
    expect(idsOf({})).toEqual(['float32', 'eager', 'bfloat16', 'torch-eager', 'torch-compile', 'jax']);
    expect(idsOf({ task: 'features', peers: false })).toEqual(['float32']);
    expect(idsOf({ only: ['jax', 'float32'] })).toEqual(['float32', 'jax']);
  });

  it('leave out bfloat16 without its instructions and JAX on a GPU, and say so', () => {
    const hardware = { tensorFloat32: false, bfloat16: false };
    const bare = chooseSubjects({ ...everything, hardware });
    expect(bare.specs.map(({ id }) => id)).not.toContain('bfloat16');
    expect(bare.skipped).toEqual([{ name: 'compiled bfloat16', why: 'no bf16 instructions here' }]);
    expect(chooseSubjects({ ...everything, device: 'gpu' }).skipped).toEqual([
      { name: 'JAX jit', why: 'the pinned JAX has no GPU part' },
    ]);
    expect(() => chooseSubjects({ ...everything, hardware, only: ['bfloat16'] })).toThrow(
      '--only: got "bfloat16", expected a subject that can be measured here. compiled bfloat16: no bf16 instructions here.',
    );
  });

  it('must be known', () => {
    expect(() => chooseSubjects({ ...everything, only: ['flaot32'] })).toThrow(
      '--only: got "flaot32", expected subjects of this benchmark. Did you mean "float32".',
    );
    expect(() => chooseSubjects({ ...everything, peers: false, only: ['jax'] })).toThrow(
      '--only: got "jax", expected subjects of this benchmark. Add --peers.',
    );
  });
});

describe('agreement', () => {
  const all = (...losses: number[]) => losses.map((loss, i) => ({ name: 'ABC'[i]!, values: { loss } }));

  it('allows what another order of summation does', () => {
    requireAgreement(all(0.5, 0.5 * (1 + 0.9 * valueTolerance), 0.5));
    requireAgreement([]);
  });

  it('names who disagrees, and with whom', () => {
    expect(() => requireAgreement(all(0.5, 0.500_01, 0.5))).toThrow(
      'loss of the common inputs: got 0.50001 from B, expected 0.50000000 within 0.00001, as from A, C. Nothing was timed: find the difference first, or leave the subject out with --only.',
    );
  });

  it('refuses values that are missing or no numbers', () => {
    const some = [...all(0.5, 0.5), { name: 'C', values: {} }];
    expect(() => requireAgreement(some)).toThrow('loss of the common inputs: got nothing from C,');
    expect(() => requireAgreement(all(0.5, NaN, 0.5))).toThrow(
      'got NaN from B, expected 0.50000000 within 0.00001, as from A, C.',
    );
  });
});

describe('the protocol', () => {
  it('takes an answer as it is', () => {
    const run = { milliseconds: [1.5, 2], handles: null };
    expect(parseAnswer('JAX jit', JSON.stringify(run), answers.run)).toEqual(run);
    expect(parseQuestion('{"ask": "run", "iterations": 3}')).toEqual({ ask: 'run', iterations: 3 });
  });

  it.each<[string, string]>([
    ['Downloading...', 'line: Invalid input: expected object, received undefined'],
    ['{"milliseconds": [], "handles": null}', 'milliseconds: Too small: expected array to have >=1 items'],
    ['{"milliseconds": [-1], "handles": null}', 'milliseconds.0: Too small: expected number to be >0'],
    ['{"milliseconds": [NaN], "handles": null}', 'line: Invalid input: expected object, received undefined'],
  ])('refuses %s', (line, why) => {
    expect(() => parseAnswer('JAX jit', line, answers.run)).toThrow(
      `JAX jit: got ${JSON.stringify(line)}, expected an answer of the protocol (${why}). Report this line: nothing else may be written there.`,
    );
  });

  it('refuses a line that is no question', () => {
    expect(() => parseQuestion('hello')).toThrow(
      'bench subject: got a line that is no question, expected {"ask": ...}. Start it through `npm run bench`.',
    );
  });
});

describe('a subject that is a process', () => {
  const start = (code: string) =>
    SubjectProcess.start(
      { name: 'peer', program: process.execPath, args: ['-e', code], environment: process.env },
      new Set(),
    );
  const ready = `console.log(JSON.stringify({ ready: true, version: 'Peer 1' }));`;

  it('is asked and answers', async () => {
    const answer = `process.stdin.on('data', (d) => console.log(JSON.stringify({ values: { asked: String(d).length } })));`;
    const { process: peer, ready: said } = await start(ready + answer);
    expect(said).toEqual({ ready: true, version: 'Peer 1' });
    expect(await peer.ask({ ask: 'check' }, answers.check)).toEqual({ values: { asked: '{"ask":"check"}\n'.length } });
    await peer.close();
  });

  it('that ends instead of answering is named with its last word', async () => {
    const code = `console.error('Traceback'); console.error('ImportError: no torch'); process.exit(3);`;
    await expect(start(code)).rejects.toThrow(
      'peer: got the end of its process (exit code 3: ImportError: no torch), expected an answer. Mend what it names, or leave it out with --only.',
    );
  });

  it('that was killed points to memory', async () => {
    await expect(start(`process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000);`)).rejects.toThrow(
      'peer: got the end of its process (SIGKILL: it said nothing), expected an answer. Look for a lack of memory.',
    );
  });

  it('that cannot be started says so', async () => {
    const command = { name: 'peer', program: '/no/such/python', args: [], environment: process.env };
    await expect(SubjectProcess.start(command, new Set())).rejects.toThrow(
      /^peer: got the end of its process \(.*ENOENT/,
    );
  });
});

describe('rounds', () => {
  it('let every subject run once before any runs again, one at a time', async () => {
    const order: string[] = [];
    let running = 0;
    const runner = (name: string, pause: number) => ({
      name,
      run: async (iterations: number) => {
        running += 1;
        expect(running).toBe(1);
        order.push(name);
        await new Promise((resolve) => setTimeout(resolve, pause));
        running -= 1;
        return { milliseconds: Array.from({ length: iterations }, () => pause + order.length), handles: null };
      },
    });
    const runs = await interleavedRounds([runner('a', 1), runner('b', 9), runner('c', 3)], 3, [1, 2, 1]);
    // Each round in an order of its own, drawn from the seed.
    expect(order.join('')).toBe('acbabccab');
    expect(runs.map((own) => own.map(({ milliseconds }) => milliseconds))).toEqual([
      [[2], [5], [9]],
      [
        [12, 12],
        [14, 14],
        [18, 18],
      ],
      [[5], [9], [10]],
    ]);
  });

  it('pass on what went wrong', async () => {
    const run = () => Promise.reject(new Error('the peer has died'));
    await expect(interleavedRounds([{ name: 'a', run }], 2, [1])).rejects.toThrow('the peer has died');
  });

  it('hold as many iterations as last 0.4 s, at least one', () => {
    expect([5000, 250, 10].map(iterationsPerRound)).toEqual([1, 2, 40]);
  });
});
