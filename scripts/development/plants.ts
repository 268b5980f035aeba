/** @file Table of planted faults, each with the row by which a night is to find it. */
import type { Edits } from './edits.ts';
import { mistakes } from './mistakes.ts';
import type { RowVerdictKind } from '../../harness/nightly/verdict.ts';

export interface Plant {
  readonly id: string;
  readonly fault: string;
  readonly file: string;
  readonly edits: Edits;
  /** What a night is to say of which row. */
  readonly row: string;
  readonly verdict: RowVerdictKind;
  /** Rows or groups that the night measures, and its minutes. */
  readonly only: string;
  readonly minutes: number;
  /** The fault is in the earlier build, and tonight's is without it. */
  readonly mended?: true;
  /** Nights of the sound build stand in the history before. */
  readonly history?: true;
}

const step = 'harness/train/session.ts';
const opened = '  return carried;';

/** A step whose result `metrics` is taken and answered in this way. */
function stepWith(body: string): Edits {
  return [
    [
      opened,
      `  const run = carried.run.bind(carried);
  carried.run = (inputs) => {
${body}
    return metrics;
  };
${opened}`,
    ],
  ];
}

/** A step that takes `share` longer than it took. */
function slower(share: number): Edits {
  return stepWith(`    const begun = performance.now();
    const metrics = run(inputs);
    const end = begun + ${1 + share} * (performance.now() - begun);
    while (performance.now() < end);`);
}

/** Bytes that are held beside a training of the twin, about a tenth of the 780 MB at which it peaks. */
const held = 82e6;

const pMean = mistakes.find(({ mistake }) => mistake === 'the mean of the lognormal with the other sign')!;

/** @param percent by how much the training step is slower */
export function plantsOf(percent: number): readonly Plant[] {
  const twin = { file: step, only: 'twin-step', minutes: 13, row: 'twin-step' } as const;
  return [
    {
      id: 'slower-step',
      fault: `the training step takes ${percent} % longer`,
      edits: slower(percent / 100),
      verdict: 'regressed',
      ...twin,
    },
    {
      id: 'faster-step',
      fault: `an improvement: the step no longer takes ${2 * percent} % longer`,
      edits: slower((2 * percent) / 100),
      verdict: 'improved',
      mended: true,
      ...twin,
    },
    {
      id: 'memory',
      fault: 'training holds a tenth more memory',
      file: step,
      edits: [[opened, `  Object.assign(carried, { held: Buffer.alloc(${held}, 1) });\n${opened}`]],
      only: 'twin-memory',
      minutes: 8,
      row: 'twin-memory',
      verdict: 'regressed',
    },
    {
      id: 'copy',
      fault: 'every step copies its loss to the host once more',
      file: step,
      edits: stepWith(`    const metrics = run(inputs);
    metrics.dataSync();`),
      only: 'counts',
      minutes: 3,
      row: 'step-copies',
      verdict: 'changed',
    },
    {
      id: 'p-mean',
      fault: pMean.mistake,
      file: pMean.file,
      edits: pMean.edits,
      only: 'training',
      minutes: 3,
      row: 'exact-shapes-ict',
      verdict: 'changed',
    },
    {
      id: 'row',
      fault: 'a row is deleted from the plan',
      file: 'recipes/nightly.ts',
      edits: [
        [
          "    { ...count, id: 'packages', title: 'Packages of the lock file', unit: 'packages', group: 'files' },\n",
          '',
        ],
      ],
      only: 'files',
      minutes: 3,
      row: 'packages',
      verdict: 'vanished',
      history: true,
    },
    {
      id: 'cell',
      fault: 'the process of a cell at one seed is killed',
      file: 'harness/nightly/measure/groups/quality.ts',
      edits: [
        [
          '    const plan = resolvePlan(',
          "    if (seed === 12) process.kill(process.pid, 'SIGKILL');\n    const plan = resolvePlan(",
        ],
      ],
      only: 'quality-ict',
      minutes: 15,
      row: 'quality-ict-nfe1',
      verdict: 'missing',
    },
    {
      id: 'report',
      fault: 'the report is written otherwise',
      file: 'harness/report/page/templates/again.hbs',
      edits: [['<h2', '<h2 title="planted"']],
      only: 'files',
      minutes: 3,
      row: 'report-bytes',
      verdict: 'changed',
    },
  ];
}
