/** @file Table of the mistakes by which reproductions of iCT fail, as edits of this project's sources. */

import type { Edits } from './edits.ts';

export interface Mistake {
  readonly mistake: string;
  readonly file: string;
  readonly edits: Edits;
  /** Tests that are to see it, in place of the usual ones. */
  readonly tests?: readonly string[];
}

const resumption = ['tests/verify/resume.native.test.ts'];

export const mistakes: readonly Mistake[] = [
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
    mistake: 'the gradient of native group normalisation without swish',
    file: 'harness/engine/operations/group-norm.ts',
    edits: [
      [
        "executeForThree('ConsistencyGroupNormGrad', [swish], inputs)",
        "executeForThree('ConsistencyGroupNormGrad', [attribute.bool('swish', false)], inputs)",
      ],
    ],
  },
  {
    mistake: 'the gradient of native dropout without its mask',
    file: 'harness/engine/operations/dropout.ts',
    edits: [['gradFunc: (dy: tf.Tensor) => drop(dy)', 'gradFunc: (dy: tf.Tensor) => dy']],
    tests: ['tests/engine/operations/dropout.native.test.ts'],
  },
  {
    mistake: 'the gradient of the native sum without its scale',
    file: 'harness/engine/operations/sum.ts',
    edits: [['scale === 1 ? dy : tf.mul(dy, scale)', 'dy']],
  },
  {
    mistake: 'rows of the images summed beyond their image',
    file: 'harness/engine/operations/sum.ts',
    edits: [['columnSum(d, x.shape[0])', 'tf.tile(columnSum(d, 1), [x.shape[0]!, 1])']],
    tests: ['tests/engine/operations/sum.native.test.ts'],
  },
  {
    mistake: 'the squared gradient of RAdam with the share of the first moment',
    file: 'harness/engine/operations/update.ts',
    edits: [["attribute.float('share2', 1 - beta2)", "attribute.float('share2', 1 - beta1)"]],
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
    file: 'harness/train/update/ema.ts',
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
    mistake: 'a link that counts beside the file that it leads to',
    file: 'harness/system/files/folder-walk.ts',
    edits: [['      second.add(link);\n', '']],
  },
  {
    mistake: 'photographs of training and of validation taken for one set',
    file: 'harness/data/ilsvrc.ts',
    edits: [['  requireOneSet(folder, names);\n', '']],
  },
  {
    mistake: 'an unfinished packing gone on with on other contents',
    file: 'harness/system/download/unfinished-records.ts',
    edits: [['while (records < most && Buffer.compare(key(theirs), key(keys)) === 0)', 'while (records < most)']],
  },
  {
    mistake: 'cells of one run trained on different images',
    file: 'harness/results/registration.ts',
    edits: [['|| before.contentSha256 === now.contentSha256) return;', '|| before !== now) return;']],
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
    mistake: 'a case that passes although nothing was compared',
    file: 'harness/conformance/runner.ts',
    edits: [['  if (verdict.compared > 0) return verdict;', '  if (verdict.compared >= 0) return verdict;']],
  },
  {
    mistake: 'a checkout called clean although git refuses',
    file: 'harness/results/origin/checkout.ts',
    edits: [
      [
        'if (!status?.complete) return { dirty: null, unknown:',
        'if (!status?.complete) return { dirty: false, unknown:',
      ],
    ],
  },
  {
    mistake: 'an output that replaces its input',
    file: 'harness/system/files/output-file.ts',
    edits: [['output.ino === source.ino)', 'output.ino !== source.ino)']],
  },
  {
    mistake: 'a checkpoint gone on with on other images',
    file: 'harness/train/checkpoint.ts',
    edits: [['  if (trained === atHand) return;', '  if (trained !== undefined) return;']],
  },
  {
    mistake: 'the second moment left out of what a checkpoint gives back',
    file: 'harness/train/state.ts',
    edits: [["    secondMoment: flat('secondMoment'),", '    secondMoment: tf.zeros(flatShape(layout)),']],
    tests: resumption,
  },
  {
    mistake: 'the first moment left out of what a checkpoint gives back',
    file: 'harness/train/state.ts',
    edits: [["    firstMoment: flat('firstMoment'),", '    firstMoment: tf.zeros(flatShape(layout)),']],
    tests: resumption,
  },
  {
    mistake: 'the sampling average left out of what a checkpoint gives back',
    file: 'harness/train/state.ts',
    edits: [["    samplingEma: flat('samplingEma'),", '    samplingEma: tf.zeros(flatShape(layout)),']],
    tests: resumption,
  },
  {
    mistake: 'the teacher left out of what a checkpoint gives back',
    file: 'harness/train/state.ts',
    edits: [
      ["wanted.includes('teacher') ? flat('teacher') : null", "wanted.includes('teacher') ? flat('parameters') : null"],
    ],
    tests: resumption,
  },
  {
    mistake: 'the parameters left out of what a checkpoint gives back',
    file: 'harness/train/state.ts',
    edits: [["    parameters: flat('parameters'),", '    parameters: tf.zeros(flatShape(layout)),']],
    tests: resumption,
  },
  {
    mistake: 'the step counter left out of what a checkpoint gives back',
    file: 'harness/train/resume.ts',
    edits: [['  return { k, state: restoredState(', '  return { k: 0, state: restoredState(']],
    tests: resumption,
  },
  {
    mistake: 'the points of the loss curve left out of what a checkpoint gives back',
    file: 'harness/train/resume.ts',
    edits: [['  progress.resumes.push(k);', '  progress.loss.length = 0;\n  progress.resumes.push(k);']],
    tests: resumption,
  },
  {
    mistake: 'the scores of the curve left out of what a checkpoint gives back',
    file: 'harness/train/resume.ts',
    edits: [['  progress.resumes.push(k);', '  progress.scores.length = 0;\n  progress.resumes.push(k);']],
    tests: resumption,
  },
  {
    mistake: 'the time of earlier processes left out of what a checkpoint gives back',
    file: 'harness/train/progress.ts',
    edits: [['    this.secondsBefore = progress.programSeconds;', '    this.secondsBefore = 0;']],
    tests: ['tests/train/resume.test.ts'],
  },
  {
    mistake: 'earlier resumptions left out of what a checkpoint gives back',
    file: 'harness/train/resume.ts',
    edits: [['  progress.resumes.push(k);', '  progress.resumes.splice(0, Infinity, k);']],
    tests: ['tests/train/resume.test.ts'],
  },
  {
    mistake: 'a stretch of the loss curve begun anew on resumption',
    file: 'harness/train/resume.ts',
    edits: [
      [
        '  progress.resumes.push(k);',
        '  Object.assign(progress.stretch, { sum: 0, count: 0 });\n  progress.resumes.push(k);',
      ],
    ],
    tests: resumption,
  },
  {
    mistake: 'random streams counted from the last resumption',
    file: 'harness/train/loop.ts',
    edits: [
      [
        'const inputs = this.inputsOf(this.k);',
        'const inputs = this.inputsOf(this.k - (this.progress.resumes.at(-1) ?? 0));',
      ],
    ],
    tests: resumption,
  },
  {
    mistake: 'a file written without a rename',
    file: 'harness/system/files/atomic-file.ts',
    edits: [
      [
        '  placeFile(path, pieces, (temporary) => renameSync(temporary, path));',
        '  try {\n    mkdirSync(dirname(path), { recursive: true });\n    const file = openSync(path, "w");\n    for (const piece of pieces) writeWhole(file, typeof piece === "string" ? Buffer.from(piece) : piece);\n    closeSync(file);\n  } catch (thrown) {\n    throw asWriteError(path, thrown);\n  }',
      ],
    ],
    tests: ['tests/verify/faults'],
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
  {
    mistake: 'the noise embedding by a matrix product, rounded to bfloat16 with the blocks',
    file: 'harness/network/ncsnpp/forward.ts',
    edits: [
      [
        'tf.mul(tf.mul(tf.reshape(noise, [-1, 1]), frequencies), 2 * Math.PI)',
        'inStepPrecision(() => tf.mul(tf.matMul(tf.reshape(noise, [-1, 1]), tf.reshape(frequencies, [1, -1])), 2 * Math.PI))',
      ],
    ],
  },
  {
    mistake: 'a second level of two-step sampling that is off the trained grid',
    file: 'harness/evaluate/samplers.ts',
    edits: [['published, used: sigma, index, N }', 'published, used: published, index, N }']],
  },
  {
    mistake: 'dropout by the width of the input of a block',
    file: 'harness/network/adm/forward.ts',
    edits: [["this.architecture.dropoutBy === 'feature-map' ? h.shape[1]! : resolution", 'resolution']],
  },
  {
    mistake: 'RAdam that divides by the second moment from before its update',
    file: 'harness/train/update/optimizer.ts',
    edits: [['tf.mul(tf.sqrt(second), root)', 'tf.mul(tf.sqrt(moments.second), root)']],
  },
  {
    mistake: 'noise and masks of a rank counted from its own first image',
    file: 'harness/train/step.ts',
    edits: [['      first: firstImage + place,', '      first: place,']],
    tests: ['tests/ranks/ranks.native.test.ts'],
  },
  {
    mistake: 'flips of a rank counted from its own first image',
    file: 'harness/data/batches.ts',
    edits: [['for (let j = 0; j < part.first; j++) flips.uniform();', '']],
    tests: ['tests/data/batches.test.ts'],
  },
  {
    mistake: 'ranks that add whole sums in the order of their numbers',
    file: 'harness/train/sum/rank-sum.ts',
    edits: [
      [
        'const part = sumInTree({ first: 0, end: passes }, (stretch) => known.get(keyOf(stretch)), tf.add);',
        'const part = [...known.values()].reduce((a, b) => tf.add(a, b));',
      ],
    ],
    tests: ['tests/ranks/ranks.native.test.ts'],
  },
  {
    mistake: 'rows of features of the ranks in the order from the last',
    file: 'harness/run/cell/ranks/shared-features.ts',
    edits: [['numbers), r * numbers);', 'numbers), (processes - 1 - r) * numbers);']],
    tests: ['tests/ranks/ranks.native.test.ts'],
  },
  {
    mistake: 'pairs of rows within a set counted once in KID',
    file: 'harness/metrics/values/kid.ts',
    edits: [['all: 2 * below + diagonal', 'all: below + diagonal']],
    tests: ['tests/metrics/values/kid.test.ts'],
  },
  {
    mistake: 'the Lanczos filter of EDM over the whole photograph, not its middle square',
    file: 'harness/data/preprocess.ts',
    edits: [['middle(image.width, image.height, side), [resizing]', 'wholeOf(image), [resizing]']],
    tests: ['tests/conformance/data-packs.test.ts'],
  },
];
