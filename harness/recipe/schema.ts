/** @file Schema of a recipe from outside: every key required, none unknown; each message states a rule. */
import { z } from 'zod';
import { datasetIds } from './dataset.ts';
import { perceptualFeatureNames } from './perceptual-features.ts';
import type { Recipe } from './types.ts';
import { quantisations } from '../core/quantisation.ts';

const text = z.string('a text').min(1, 'a text that is not empty');
const positive = z.number('a number above 0').positive('a number above 0');
const integerFrom = (least: number) => z.int(`an integer from ${least}`).min(least, `an integer from ${least}`);
const share = z.number('a number from 0 to 1').min(0, 'a number from 0 to 1').max(1, 'a number from 0 to 1');
const below1 = z
  .number('a number from 0 to below 1')
  .min(0, 'a number from 0 to below 1')
  .lt(1, 'a number from 0 to below 1');
const inside01 = z
  .number('a number between 0 and 1')
  .gt(0, 'a number between 0 and 1')
  .lt(1, 'a number between 0 and 1');
const flag = z.boolean('true or false');

function oneOf<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z.enum(names, `one of ${names.join(', ')}`);
}

function union<const Options extends readonly [z.ZodObject, ...z.ZodObject[]]>(kinds: string, options: Options) {
  return z.discriminatedUnion('kind', options, `an object with "kind" one of ${kinds}`);
}

const kind = <const K extends string>(name: K) => z.literal(name);

const curriculum = { s0: integerFrom(1), s1: integerFrom(2) };

const network = {
  resolution: integerFrom(4),
  baseChannels: integerFrom(4),
  channelMultipliers: z.array(integerFrom(1), 'a list of integers').min(1, 'at least one multiplier'),
  blocksPerLevel: integerFrom(1),
  attentionResolutions: z.array(integerFrom(1), 'a list of integers'),
};

export const recipeSchema = z.strictObject({
  id: z.string('a text').regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lowercase words joined by hyphens'),
  version: integerFrom(1),
  source: text,
  method: z.strictObject({
    teacher: union('ema, stop-gradient', [
      z.strictObject({ kind: kind('ema'), mu0: inside01, convention: oneOf(['code', 'paper']) }),
      z.strictObject({ kind: kind('stop-gradient') }),
    ]),
    distance: union('lpips, perceptual, squared-l2, l1, pseudo-huber', [
      z.strictObject({ kind: kind('lpips'), pooling: oneOf(['max', 'average']) }),
      z.strictObject({ kind: kind('perceptual'), features: oneOf(perceptualFeatureNames) }),
      z.strictObject({ kind: kind('squared-l2') }),
      z.strictObject({ kind: kind('l1') }),
      z.strictObject({ kind: kind('pseudo-huber'), cPerSqrtDim: positive }),
    ]),
    noise: union('uniform, lognormal', [
      z.strictObject({ kind: kind('uniform') }),
      z.strictObject({ kind: kind('lognormal'), pMean: z.number('a number'), pStd: positive }),
    ]),
    curriculum: union('square-root, doubling', [
      z.strictObject({ kind: kind('square-root'), ...curriculum }),
      z.strictObject({ kind: kind('doubling'), ...curriculum }),
    ]),
    weighting: union('uniform, inverse-gap', [
      z.strictObject({ kind: kind('uniform') }),
      z.strictObject({ kind: kind('inverse-gap') }),
    ]),
  }),
  tuning: z.strictObject({
    steps: integerFrom(1),
    batchImages: integerFrom(1),
    learningRate: positive,
    dropout: below1,
    dropoutMaxResolution: integerFrom(1).nullable(),
    fourierScale: positive.nullable(),
    samplingEmaDecay: below1,
  }),
  levels: z.strictObject({ sigmaMin: positive, sigmaMax: positive, rho: positive, sigmaData: positive }),
  network: union('ncsnpp, adm', [
    z.strictObject({ kind: kind('ncsnpp'), ...network }),
    z.strictObject({
      kind: kind('adm'),
      ...network,
      headChannels: integerFrom(1),
      scaleShiftNorm: flag,
      qkvNorm: flag,
      dropoutBy: oneOf(['feature-map', 'block-input']),
      classes: integerFrom(1).nullable(),
    }),
  ]),
  optimizer: z.strictObject({
    kind: kind('radam'),
    variant: oneOf(['optax', 'torch']),
    beta1: below1,
    beta2: inside01,
    epsilon: positive,
  }),
  data: z.strictObject({ dataset: oneOf(datasetIds), horizontalFlip: share }),
  sampling: z.strictObject({ midSigma: positive.nullable(), clip: flag, quantise: oneOf(quantisations) }),
  deviations: z.array(z.strictObject({ what: text, why: text, source: text }), 'a list of deviations'),
}) satisfies z.ZodType<Recipe>;

/** The keys that are known at a path of a value, following a union by the value's own `kind`; none where the path leads nowhere. */
export function knownKeys(path: readonly PropertyKey[], value: unknown): string[] {
  let schema: unknown = recipeSchema;
  let at: unknown = value;
  for (const step of path) {
    const object = objectAt(schema, at);
    if (object) schema = object.shape[step as string];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else return [];
    at = (at as Readonly<Record<PropertyKey, unknown>> | undefined)?.[step];
  }
  return Object.keys(objectAt(schema, at)?.shape ?? {});
}

function objectAt(schema: unknown, value: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return undefined;
  const named = (value as { readonly kind?: string } | undefined)?.kind;
  return (schema.options as readonly z.ZodObject[]).find((option) => {
    const literal: unknown = option.shape.kind;
    return named !== undefined && literal instanceof z.ZodLiteral && literal.values.has(named);
  });
}
