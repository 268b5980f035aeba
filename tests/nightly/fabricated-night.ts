/** @file A fabricated night with every kind of verdict, and the nights before it. No number here was measured. */
import { fingerprint } from '../../harness/core/canonical-json.ts';
import { sha256 } from '../../harness/core/hash.ts';
import { HostRandom } from '../../harness/core/random.ts';
import type { Delivery, Night, Pair } from '../../harness/nightly/night.ts';
import type { Past, PastNight } from '../../harness/nightly/output/past.ts';
import type { NightlyPlan, NightlyRow } from '../../harness/nightly/row.ts';
import type { NightVerdict, RowVerdict } from '../../harness/nightly/verdict.ts';

/** The commits of the fixture: `commitOf(0)` is the oldest. */
export const commitOf = (i: number): string => sha256(`commit ${i}`).slice(0, 40);

/** Text that must be shown as text wherever it comes out: markup, Markdown, a character that XML cannot hold. */
const hostileText = '<script>alert("not escaped")</script> | `code` & ]]> \u0001';

const shared = { version: 1, group: 'step', quick: true, budgetSeconds: 60, device: 'any' } as const;
const exact = { ...shared, kind: 'exact', unit: 'sha256', better: 'equal', tolerance: 1e-6 } as const;
const count = { ...shared, kind: 'count', unit: 'nodes', better: 'lower' } as const;
const speed = { ...shared, kind: 'speed', unit: 'ms', better: 'lower', margin: 0.03 } as const;
const memory = { ...shared, kind: 'memory', unit: 'bytes', better: 'lower', margin: 0.05 } as const;

const rows: readonly NightlyRow[] = [
  { ...exact, id: 'ict-hashes', title: 'Losses and weights after four steps of iCT' },
  { ...exact, id: 'ct-hashes', title: 'Losses and weights after four steps of CT' },
  { ...exact, id: 'report-bytes', title: 'Bytes of the regenerated report' },
  { ...count, id: 'step-nodes', title: 'Nodes of the traced step' },
  { ...count, id: 'step-copies', unit: 'bytes', title: 'Bytes copied between host and device in a step' },
  {
    ...shared,
    kind: 'quality',
    id: 'twin-fd',
    title: `FD of the twin at a tenth of its length ${hostileText}`,
    unit: 'fd-shapes',
    better: 'lower',
    margin: 0.1,
    seeds: [0, 1, 2],
  },
  { ...speed, id: 'step-small', title: 'A training step, small' },
  { ...speed, id: 'step-twin', title: 'A training step, twin' },
  { ...speed, id: 'sampling', title: 'Sampling of 64 images' },
  { ...speed, id: 'features', title: 'Inception features of 8 images' },
  { ...memory, id: 'step-memory', title: 'Peak resident memory of training' },
  { ...speed, id: 'first-call', title: 'The first call of a compiled step' },
  { ...speed, id: 'start-up', title: 'Start-up of a command' },
  { ...speed, id: 'step-gpu', title: 'A training step on a GPU', device: 'gpu' },
];

const plan: NightlyPlan = {
  schema: 'consistency-harness/nightly-plan@1',
  gate: {
    alphaFirst: 0.005,
    alphaConfirm: 0.01,
    confidence: 0.95,
    fewestPairs: 8,
    mostPairs: 40,
    narrowEnough: 0.5,
    seed: 0,
  },
  rows,
};

/** So many pairs around `base`, tonight slower by `change`, with relative noise of about `noise`. */
function pairs(name: string, amount: number, base: number, change: number, noise: number): Pair[] {
  const random = new HostRandom(0, 'data-order', Number.parseInt(sha256(name).slice(0, 6), 16));
  const draw = (): number => noise * (random.uniform() + random.uniform() + random.uniform() - 1.5) * 2;
  return Array.from({ length: amount }, (_, i) => {
    const shift = 1 + draw();
    return {
      tonight: Number((base * shift * (1 + change) * (1 + draw() / 4)).toPrecision(6)),
      earlier: Number((base * shift * (1 + draw() / 4)).toPrecision(6)),
      first: i % 2 === 0 ? 'tonight' : 'earlier',
    };
  });
}

const hashed = (text: string, loss: number): { sha256: string; numbers: Record<string, number> } => ({
  sha256: sha256(text),
  numbers: { loss },
});

const deliveries: Readonly<Record<string, Delivery>> = {
  'ict-hashes': { kind: 'exact', tonight: hashed('ict', 0.412), earlier: hashed('ict', 0.412) },
  'ct-hashes': { kind: 'exact', tonight: hashed('ct tonight', 0.731), earlier: hashed('ct', 0.73) },
  'report-bytes': { kind: 'exact', tonight: hashed('report tonight', 1), earlier: hashed('report', 1) },
  'step-nodes': {
    kind: 'count',
    tonight: { value: 1204, parts: { forward: 602, backward: 602 } },
    earlier: { value: 1204, parts: { forward: 602, backward: 602 } },
  },
  'step-copies': {
    kind: 'count',
    tonight: { value: 786_432, parts: { images: 393_216, noise: 393_216 } },
    earlier: { value: 393_216, parts: { images: 393_216 } },
  },
  'twin-fd': {
    kind: 'quality',
    seeds: [
      { seed: 0, tonight: 348.2, earlier: 351.6 },
      { seed: 1, tonight: 361.9, earlier: 355.3 },
      { seed: 2, tonight: 344.0, earlier: 347.1 },
    ],
    missing: [],
  },
  'step-small': {
    kind: 'paired',
    stages: [pairs('step-small', 24, 212, 0.052, 0.02), pairs('step-small again', 24, 214, 0.051, 0.02)],
  },
  'step-twin': { kind: 'paired', stages: [pairs('step-twin', 20, 1480, 0.001, 0.02)] },
  sampling: {
    kind: 'paired',
    stages: [pairs('sampling', 24, 640, -0.08, 0.02), pairs('sampling again', 24, 640, -0.08, 0.02)],
  },
  features: { kind: 'paired', stages: [pairs('features', 8, 905, 0.01, 0.12)] },
  'step-memory': { kind: 'missing', why: `the process was killed by signal 9 ${hostileText}` },
  'first-call': {
    kind: 'paired',
    stages: [pairs('first-call', 10, 3300, 0, 0.03).map((pair) => ({ ...pair, earlier: null, first: 'tonight' }))],
  },
  'start-up': { kind: 'paired', stages: [pairs('start-up', 16, 420, 0.002, 0.02)] },
  'step-gpu': { kind: 'left-out', why: 'no GPU on this machine' },
};

const machine = {
  cpuModel: 'Fabricated CPU',
  cores: 2,
  memoryBytes: 16 * 2 ** 30,
  gpu: null,
  os: 'Fabricated OS 1 (Linux 6.1, x64)',
  node: '20.20.2',
  tensorflow: '2.21.0',
  tfjs: '4.22.0',
  threads: { intraOp: null, interOp: null },
};

/** The night: 14 planned rows, each delivered in another way. */
export const fabricatedNight: Night = {
  schema: 'consistency-harness/night@1',
  begun: '2026-03-02T02:00:00.000Z',
  ended: '2026-03-02T02:31:40.000Z',
  plan,
  planSha256: fingerprint(plan),
  quick: false,
  build: { commit: commitOf(9), dirty: true },
  against: { ref: 'v0.1.0', build: { commit: commitOf(5), dirty: false } },
  machine: { ...machine, fingerprint: fingerprint(machine) },
  foreignProcessorShare: 0.034,
  deliveries,
  walks: [
    {
      row: 'step-small',
      commit: commitOf(7),
      between: [commitOf(7)],
      why: 'slower than its parent on fresh processes, by 5.1 %',
    },
  ],
};

const found = (
  id: string,
  verdict: RowVerdict['verdict'],
  why: string,
  more: Partial<RowVerdict> = {},
): RowVerdict => ({
  id,
  verdict,
  why,
  change: null,
  couldHaveSeen: null,
  since: null,
  ...more,
});
const change = (estimate: number, half: number): RowVerdict['change'] => ({
  estimate,
  interval: { low: estimate - half, high: estimate + half, confidence: 0.95 },
});

/** Its verdict as it would be judged: every kind once at least. */
export const fabricatedVerdict: NightVerdict = {
  red: true,
  headline:
    '5 rows are red: ct-hashes changed, step-copies changed, step-small is 5.1 % slower, step-memory is missing, data vanished',
  rows: [
    found('ict-hashes', 'equal', 'the hash of the last accepted night'),
    found('ct-hashes', 'changed', 'another hash than the last accepted night; loss 0.731 instead of 0.73', {
      since: commitOf(8),
    }),
    found('report-bytes', 'accepted', `another hash, accepted: a new section ${hostileText}`),
    found('step-nodes', 'equal', '1,204 nodes as before'),
    found('step-copies', 'changed', '786,432 bytes instead of 393,216: noise grew by 393,216', { since: commitOf(8) }),
    found('twin-fd', 'same', 'the interval lies within the margin of 10 %', {
      change: change(0.0001, 0.04),
      couldHaveSeen: 0.08,
    }),
    found('step-small', 'regressed', '5.1 % slower, confirmed on fresh processes', {
      change: change(0.051, 0.006),
      couldHaveSeen: 0.011,
      since: commitOf(7),
    }),
    found('step-twin', 'same', 'no alarm', { change: change(0.001, 0.007), couldHaveSeen: 0.013 }),
    found('sampling', 'improved', '8.0 % faster', { change: change(-0.08, 0.006), couldHaveSeen: 0.012 }),
    found('features', 'cannot-tell', 'the interval is wider than the margin; 12 % would have been seen', {
      change: change(0.01, 0.07),
      couldHaveSeen: 0.12,
    }),
    found('step-memory', 'missing', `planned, not delivered: the process was killed by signal 9 ${hostileText}`),
    found('first-call', 'new', 'nothing to compare with yet'),
    found('start-up', 'same', 'no alarm', { change: change(0.002, 0.008), couldHaveSeen: 0.015 }),
    found('step-gpu', 'left-out', 'no GPU on this machine'),
    found('data', 'vanished', 'in the history until 2026-03-01, no longer planned'),
  ],
};

/** Medians of an ordinary night, by row. */
const ordinary = {
  'step-small': 212,
  'step-twin': 1430,
  sampling: 640,
  features: 905,
  'start-up': 420,
  'step-memory': 1.4 * 2 ** 30,
  data: 88,
};

function pastNight(i: number): PastNight {
  const random = new HostRandom(1, 'data-order', i);
  return {
    begun: `2026-02-${String(i + 1).padStart(2, '0')}T02:00:00.000Z`,
    commit: commitOf(Math.floor(i / 4)),
    red: i === 12,
    quick: i % 7 === 3,
    planSha256: fabricatedNight.planSha256,
    values: Object.fromEntries(
      Object.entries(ordinary).map(([id, median]) => {
        const drift = id === 'step-twin' && i >= 14 ? 1.035 : 1;
        return [id, Number((median * drift * (1 + 0.01 * (random.uniform() - 0.5))).toPrecision(6))];
      }),
    ),
  };
}

/** 28 nights before it, one slow drift among them, one accepted change, a calibration. */
export const fabricatedPast: Past = {
  nights: Array.from({ length: 28 }, (_, i) => pastNight(i)),
  acceptances: [
    { at: '2026-03-01T09:12:00.000Z', row: 'report-bytes', why: `a new section ${hostileText}`, commit: commitOf(8) },
  ],
  changePoints: [
    {
      row: 'step-twin',
      night: '2026-02-15T02:00:00.000Z',
      commits: [commitOf(2), commitOf(3)],
      change: 0.04,
    },
  ],
  calibration: {
    at: '2026-02-20T12:00:00.000Z',
    simulatedNights: 10_000,
    falseAlarms: 4,
    floors: { 'step-small': 0.015 },
    smallestFound: { 'step-small': 0.03, 'step-twin': 0.03, sampling: 0.04, features: 0.11, 'start-up': 0.03 },
  },
};

/** A green night, with nothing before it. */
export const quietNight: Night = {
  ...fabricatedNight,
  build: { commit: commitOf(9), dirty: false },
  quick: true,
  against: { ref: null, why: 'asked for none' },
  foreignProcessorShare: null,
  walks: [],
};
export const quietVerdict: NightVerdict = {
  red: false,
  headline: '14 rows, none red',
  rows: fabricatedVerdict.rows
    .filter(({ verdict }) => verdict !== 'vanished')
    .map((row) => ({ ...found(row.id, row.verdict === 'left-out' ? 'left-out' : 'same', 'no alarm') })),
};
export const noPast: Past = { nights: [], acceptances: [], changePoints: [], calibration: null };
