/** @file Tables of the recipes' differences: the five choices, then the tuning, published beside as run. */
import { tuningAsRun } from '../../../plan/tuning.ts';
import { choiceNames, tuningNames, type ChoiceName } from '../../../recipe/diff.ts';
import type { Distance, Method, Noise, Recipe, Teacher, Tuning, Weighting } from '../../../recipe/types.ts';
import type { Result } from '../../../results/schema.ts';
import type { ReportContext } from '../context.ts';
import { parameterText } from '../../words/numbers.ts';

export interface ChoiceRow {
  readonly name: string;
  readonly question: string;
  readonly cells: readonly { readonly text: string; readonly asRun: string | null }[];
  /** Whether any recipe differs from the baseline in it. */
  readonly differs: boolean;
}

export interface TuningRow {
  readonly name: string;
  readonly cells: readonly { readonly published: string; readonly asRun: string; readonly scaled: boolean }[];
  readonly differs: boolean;
}

const questions: Readonly<Record<ChoiceName, readonly [name: string, question: string]>> = {
  weighting: ['Weighting', 'How much each noise level counts in the loss'],
  teacher: ['Teacher', 'Whose output the student is pulled to'],
  distance: ['Distance', 'How student and teacher are compared'],
  curriculum: ['Curriculum', 'How the number of intervals grows'],
  noise: ['Noise', 'How the interval is drawn'],
};

const tuningTexts: Readonly<Record<keyof Tuning, string>> = {
  steps: 'optimizer steps',
  batchImages: 'images per step',
  learningRate: 'learning rate (RAdam, constant)',
  dropout: 'dropout',
  dropoutMaxResolution: 'dropout only up to resolution',
  fourierScale: 'scale of the Fourier noise embedding',
  samplingEmaDecay: 'decay of the sampling EMA',
};

/** The five choices in the iCT paper's order, one column per recipe. */
export function choiceRows({ recipes }: ReportContext): ChoiceRow[] {
  return choiceNames.map((choice) => {
    const cells = recipes.map(({ sample }) => (sample ? choiceCell(choice, sample) : { text: '\u2013', asRun: null }));
    const [name, question] = questions[choice];
    return { name, question, cells, differs: new Set(cells.map(({ text }) => text)).size > 1 };
  });
}

export function tuningRows({ recipes }: ReportContext): TuningRow[] {
  return tuningNames.map((name) => {
    const cells = recipes.map(({ sample }) => {
      if (!sample) return { published: '\u2013', asRun: '\u2013', scaled: false };
      const published = sample.plan.recipe.tuning[name];
      const used = tuningAsRun(sample.plan)[name];
      return { published: parameterText(published), asRun: parameterText(used), scaled: used !== published };
    });
    return { name: tuningTexts[name], cells, differs: new Set(cells.map(({ asRun }) => asRun)).size > 1 };
  });
}

function choiceCell(choice: ChoiceName, { plan: { recipe, asRun } }: Result): ChoiceRow['cells'][number] {
  const text = choiceText(choice, recipe);
  if (choice !== 'curriculum') return { text, asRun: null };
  const { s0, s1 } = recipe.method.curriculum;
  const scaled = asRun.s0 !== s0 || asRun.s1 !== s1;
  return { text, asRun: scaled ? `as run: from ${parameterText(asRun.s0)} to ${parameterText(asRun.s1)}` : null };
}

function choiceText(choice: ChoiceName, recipe: Recipe): string {
  const { method, network } = recipe;
  switch (choice) {
    case 'weighting':
      return weightingText(method.weighting);
    case 'teacher':
      return teacherText(method.teacher);
    case 'distance':
      return distanceText(method.distance, 3 * network.resolution ** 2);
    case 'curriculum':
      return curriculumText(method.curriculum);
    case 'noise':
      return noiseText(method.noise);
  }
}

function weightingText({ kind }: Weighting): string {
  return kind === 'uniform'
    ? '\u03bb = 1: all alike'
    : '\u03bb = 1 / (\u03c3\u1d62\u208a\u2081 \u2212 \u03c3\u1d62): the inverse of the gap';
}

function teacherText(teacher: Teacher): string {
  if (teacher.kind === 'stop-gradient') return 'the student itself, gradient stopped';
  const convention = teacher.convention === 'code' ? 'N\u00a0\u2212\u00a01, as in the released code' : 'N, as printed';
  return `EMA of the student, \u03bc\u2080 = ${parameterText(teacher.mu0)} (exponent over ${convention})`;
}

function distanceText(distance: Distance, dimensions: number): string {
  switch (distance.kind) {
    case 'lpips':
      return `LPIPS (VGG16, ${distance.pooling}-pooling)`;
    case 'perceptual':
      return `perceptual: the form of LPIPS on a small network (${distance.features}), all channels alike`;
    case 'squared-l2':
      return 'squared \u2113\u2082, mean over pixels';
    case 'l1':
      return '\u2113\u2081, mean over pixels';
    case 'pseudo-huber': {
      const c = distance.cPerSqrtDim * Math.sqrt(dimensions);
      return `pseudo-Huber on the whole image, c = ${parameterText(distance.cPerSqrtDim)} \u221a${parameterText(dimensions)} = ${c.toFixed(5)}`;
    }
  }
}

function curriculumText({ kind, s0, s1 }: Method['curriculum']): string {
  const how = kind === 'doubling' ? 'doubling in equal stages' : 'square root of training';
  return `${how}, from ${parameterText(s0)} to ${parameterText(s1)} intervals`;
}

function noiseText(noise: Noise): string {
  if (noise.kind === 'uniform') return 'uniform over intervals';
  return `lognormal, mean ${parameterText(noise.pMean)}, sd ${parameterText(noise.pStd)} of ln \u03c3`;
}
