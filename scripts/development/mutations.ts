/**
 * @file `npm run mutations`: makes, one at a time, the mistakes by which reproductions of iCT fail, in a copy of the project, and shows the
 * test that turns red. A mistake that no test sees is an error.
 */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { execa } from 'execa';
import { systemClock } from '../../harness/core/clock.ts';
import { writeFileAtomically } from '../../harness/system/files/atomic-file.ts';
import { copyTree, makeLink, makeTemporaryFolder, remove } from '../../harness/system/files/files.ts';
import { readText } from '../../harness/system/files/input-file.ts';
import { Progress, standardError } from '../../harness/system/progress.ts';
import { runCommand } from '../../harness/cli/command.ts';

interface Mutation {
  readonly mistake: string;
  readonly file: string;
  /** Each text occurs once in the file. */
  readonly edits: readonly (readonly [from: string, to: string])[];
}

const mutations: readonly Mutation[] = [
  {
    mistake: 'the mean of the lognormal with the other sign',
    file: 'harness/method/noise.ts',
    edits: [['(Math.log(level) - pMean)', '(Math.log(level) + pMean)']],
  },
  {
    mistake: 'c of pseudo-Huber without the square root of d',
    file: 'harness/method/distance.ts',
    edits: [['cPerSqrtDim * Math.sqrt(d)', 'cPerSqrtDim * d']],
  },
  {
    mistake: 'pseudo-Huber per element in place of one norm per image',
    file: 'harness/train/distance/distance.ts',
    edits: [
      ['tf.sum(tf.square(tf.sub(x, y)), imageAxes)', 'tf.square(tf.sub(x, y))'],
      [
        'tf.div(squared, tf.add(tf.sqrt(tf.add(squared, c * c)), c))',
        'tf.sum(tf.div(squared, tf.add(tf.sqrt(tf.add(squared, c * c)), c)), imageAxes)',
      ],
    ],
  },
  {
    mistake: 'a gradient through the teacher',
    file: 'harness/train/loss.ts',
    edits: [['const teacher = stopGradient(() =>', 'const teacher = ((f: () => tf.Tensor) => f())(() =>']],
  },
  {
    mistake: 'other dropout masks for the teacher',
    file: 'harness/train/step.ts',
    edits: [
      [
        'state.teacher ?? state.parameters), dropout, labels)',
        'state.teacher ?? state.parameters), sharedDropout({ rate, maxResolution, key: tf.add(inputs.dropoutKey, 1) }), labels)',
      ],
    ],
  },
  {
    mistake: 'the Fourier scale of CT, 16, for iCT',
    file: 'recipes/cifar10.ts',
    edits: [['fourierScale: 0.02', 'fourierScale: 16.0']],
  },
  {
    mistake: 'c_in without its square root',
    file: 'harness/method/precondition.ts',
    edits: [['cIn: 1 / root', 'cIn: 1 / root ** 2']],
  },
  {
    mistake: 'N in place of N - 1 intervals on the grid of levels',
    file: 'harness/method/levels.ts',
    edits: [['(j / (N - 1)) * (high - low)', '(j / N) * (high - low)']],
  },
  {
    mistake: 'N in place of N - 1 in the decay of the teacher',
    file: 'harness/method/teacher.ts',
    edits: [["teacher.convention === 'code' ? N - 1 : N", 'N']],
  },
  {
    mistake: 'the epsilon of group normalisation of the other network (NCSN++)',
    file: 'harness/network/ncsnpp/forward.ts',
    edits: [['const epsilon = 1e-6', 'const epsilon = 1e-5']],
  },
  {
    mistake: 'the epsilon of group normalisation of the other network (ADM)',
    file: 'harness/network/adm/forward.ts',
    edits: [['const epsilon = 1e-5', 'const epsilon = 1e-6']],
  },
  {
    mistake: 'FIR upsampling padded (1, 2) in place of (2, 1)',
    file: 'harness/network/resample.ts',
    edits: [['firKernel[2 * input - output + 2]', 'firKernel[2 * input - output + 1]']],
  },
  {
    mistake: 'FIR downsampling padded (2, 0) in place of (1, 1)',
    file: 'harness/network/resample.ts',
    edits: [['firKernel[input - 2 * output + 1]', 'firKernel[input - 2 * output + 2]']],
  },
  {
    mistake: 'both averages take the student before its step',
    file: 'harness/train/step.ts',
    edits: [
      [
        'averagesAfter(movingAverage, state, updated.parameters, { samplingEma, teacher })',
        'averagesAfter(movingAverage, state, state.parameters, { samplingEma, teacher })',
      ],
    ],
  },
  {
    mistake: 'the sampling average taken of the teacher',
    file: 'harness/train/ema.ts',
    edits: [['average(before.samplingEma, parameters, ', 'average(before.samplingEma, before.teacher ?? parameters, ']],
  },
  {
    mistake: 'the decay of the teacher and that of the sampling average exchanged',
    file: 'harness/train/step.ts',
    edits: [['const [rates, samplingEma, teacher] = parts', 'const [rates, teacher, samplingEma] = parts']],
  },
  {
    mistake: 'the decay of the teacher of the next step',
    file: 'harness/train/step-inputs.ts',
    edits: [['1 - (stage.muTeacher ?? 0)', '1 - (timetable.at(k + 1).muTeacher ?? 0)']],
  },
  {
    mistake: 'the updates of RAdam counted from 2',
    file: 'harness/train/step-inputs.ts',
    edits: [
      ['radamScalars(optimizer, tuning.learningRate, k + 1)', 'radamScalars(optimizer, tuning.learningRate, k + 2)'],
    ],
  },
  {
    mistake: 'walking into a link to a folder above',
    file: 'harness/system/files/folder-walk.ts',
    edits: [["      this.count('loop');\n      return;", "      this.count('loop');"]],
  },
  {
    mistake: 'a packed set of photographs that is not named by their contents',
    file: 'harness/data/imagenet64-photographs.ts',
    edits: [
      ['.update(`${how}\\0${label}\\0${contents[i]!.sha256}`)', '.update(`${how}\\0${label}\\0${contents[i]!.bytes}`)'],
    ],
  },
  {
    mistake: 'a packed set of arrays that is not named by their contents',
    file: 'harness/data/imagenet64-downsampled.ts',
    edits: [['${name}\\0${bytes}\\0${crc}\\n', '${name}\\0${bytes}\\n']],
  },
  {
    mistake: 'a checkpoint gone on with on other images',
    file: 'harness/train/checkpoint.ts',
    edits: [['  if (trained === atHand) return;', '  if (trained !== undefined) return;']],
  },
  {
    mistake: 'a verdict over diverged seeds',
    file: 'harness/judge/verdict.ts',
    edits: [["if (diverged > 0) return { kind: 'unstable'", "if (diverged > planned) return { kind: 'unstable'"]],
  },
  {
    mistake: 'a foreign reference accepted',
    file: 'harness/judge/protocol.ts',
    edits: [['if (got === wanted ||', "if (got === wanted || field === 'reference' ||"]],
  },
];

/** The tests of the method and of the data, and nothing that needs minutes. */
const tests = [
  'tests/method',
  'tests/recipe',
  'tests/recipes',
  'tests/conformance',
  'tests/train/checkpoint.test.ts',
  'tests/train/step.native.test.ts',
  'tests/network/gradients.native.test.ts',
  'tests/system/files/folder-walk.test.ts',
  'tests/data',
  'tests/judge/verdict.test.ts',
  'tests/judge/evidence.test.ts',
];

const root = resolve(import.meta.dirname, '../..');

const command = new Command('npm run mutations')
  .description(
    'Makes each known mistake in a copy of the project and shows the test that sees it. About ten minutes on two cores.',
  )
  .option('--only <words>', 'mistakes whose description holds these words')
  .action(async ({ only = '' }: { only?: string }) => {
    const chosen = mutations.filter(({ mistake }) => mistake.includes(only));
    const copy = copyOfProject();
    const progress = new Progress(standardError(), systemClock, {
      label: 'mistakes',
      total: chosen.length,
      unit: 'mistakes',
    });
    const unseen: string[] = [];
    try {
      for (const [i, mutation] of chosen.entries()) {
        const red = await firstFailure(copy, mutation);
        if (red === null) unseen.push(mutation.mistake);
        console.log(`${mutation.mistake}: ${red ?? 'SEEN BY NO TEST'}`);
        progress.update(i + 1);
      }
    } finally {
      remove(copy);
    }
    console.log(`${chosen.length - unseen.length} of ${chosen.length} mistakes turn a test red`);
    if (unseen.length > 0) process.exitCode = 1;
  });

function copyOfProject(): string {
  const copy = makeTemporaryFolder('mutations-');
  for (const name of ['harness', 'recipes', 'scripts', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts'])
    copyTree(join(root, name), join(copy, name));
  makeLink(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The first test that fails under the mistake; null when all pass. The file is put back. */
async function firstFailure(copy: string, { mistake, file, edits }: Mutation): Promise<string | null> {
  const path = join(copy, file);
  const original = readText(path);
  let text = original;
  for (const [from, to] of edits) {
    const parts = text.split(from);
    if (parts.length !== 2) throw new Error(`${mistake}: ${file} holds "${from}" ${parts.length - 1} times`);
    text = parts.join(to);
  }
  writeFileAtomically(path, text);
  try {
    const report = join(copy, 'report.json');
    await execa('npx', ['vitest', 'run', '--bail', '1', '--reporter', 'json', '--outputFile', report, ...tests], {
      cwd: copy,
      reject: false,
      stdio: 'ignore',
    });
    const { testResults } = JSON.parse(readText(report)) as Report;
    const failed = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => `${name.slice(copy.length + 1)} > ${fullName}`),
    );
    const broken = testResults.find(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    return failed[0] ?? (broken ? `${broken.name.slice(copy.length + 1)} (cannot be run)` : null);
  } finally {
    writeFileAtomically(path, original);
  }
}

interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

await runCommand(command);
