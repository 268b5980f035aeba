/** @file Validates a recipe: its shape, then the rules that relate its numbers. */
import { RecipeError } from '../core/errors.ts';
import { suggestion } from '../core/suggest.ts';
import type { z } from 'zod';
import { knownKeys, recipeSchema } from './schema.ts';
import { datasets } from './dataset.ts';
import { perceptualFeatures } from './perceptual-features.ts';
import type { Network, Recipe } from './types.ts';

/**
 * The value as a recipe: a copy of plain JSON.
 * @throws RecipeError naming the first key that is missing, unknown, out of range or at odds with another
 */
export function validateRecipe(value: unknown): Recipe {
  const result = recipeSchema.safeParse(value, { reportInput: true });
  if (!result.success) throw faultOf(result.error.issues[0]!, value);
  const recipe: Recipe = result.data;
  for (const [path, got, expected, remedy] of contradictions(recipe)) {
    throw new RecipeError({ where: `${nameOf(recipe)} at ${path}`, got, expected, remedy });
  }
  return recipe;
}

type Contradiction = readonly [path: string, got: unknown, expected: string, remedy: string];

function* contradictions(recipe: Recipe): Generator<Contradiction> {
  yield* levelContradictions(recipe);
  yield* networkContradictions(recipe.network);
  yield* tuningContradictions(recipe);
  yield* distanceContradictions(recipe);
}

function* levelContradictions({ levels, sampling, method: { curriculum } }: Recipe): Generator<Contradiction> {
  if (!(levels.sigmaMin < levels.sigmaMax)) {
    yield [
      'levels.sigmaMin',
      levels.sigmaMin,
      `a level below sigmaMax ${levels.sigmaMax}`,
      'Swap or correct the two ends',
    ];
  }
  if (!(curriculum.s0 < curriculum.s1)) {
    yield ['method.curriculum.s0', curriculum.s0, `fewer intervals than s1 ${curriculum.s1}`, 'Lower s0 or raise s1'];
  }
  const { midSigma } = sampling;
  if (midSigma !== null && !(midSigma > levels.sigmaMin && midSigma < levels.sigmaMax)) {
    const expected = `a level between sigmaMin ${levels.sigmaMin} and sigmaMax ${levels.sigmaMax}, or null to search it`;
    yield ['sampling.midSigma', midSigma, expected, 'Choose a level inside the grid'];
  }
}

function* distanceContradictions({ data: { dataset }, method: { distance } }: Recipe): Generator<Contradiction> {
  if (distance.kind === 'perceptual' && dataset !== perceptualFeatures[distance.features].trainedOn) {
    const expected = `a distance that knows ${dataset}: ${distance.features} was trained on ${perceptualFeatures[distance.features].trainedOn}`;
    yield ['method.distance.kind', distance.kind, expected, 'Choose lpips, or a distance of pixels'];
  }
}

function* networkContradictions(network: Network): Generator<Contradiction> {
  const { resolution, channelMultipliers, attentionResolutions, baseChannels } = network;
  const halvings = channelMultipliers.length - 1;
  if (resolution % 2 ** halvings !== 0) {
    const expected = `a multiple of ${2 ** halvings}, since ${channelMultipliers.length} levels halve it ${halvings} times`;
    yield ['network.resolution', resolution, expected, 'Use fewer channelMultipliers'];
  }
  const resolutions = channelMultipliers.map((_, level) => resolution / 2 ** level);
  for (const attention of attentionResolutions) {
    if (!resolutions.includes(attention)) {
      const expected = `resolutions of the network: ${resolutions.join(', ')}`;
      yield ['network.attentionResolutions', attention, expected, 'Attend at a resolution that occurs'];
    }
  }
  for (const [level, multiplier] of channelMultipliers.entries()) {
    const channels = baseChannels * multiplier;
    const groups = network.kind === 'adm' ? 32 : Math.min(Math.floor(channels / 4), 32);
    if (channels % groups !== 0) {
      const expected = `channels that ${groups} normalisation groups divide (${channels} at level ${level})`;
      yield ['network.baseChannels', baseChannels, expected, 'Change baseChannels or channelMultipliers'];
    }
    if (
      network.kind === 'adm' &&
      attentionResolutions.includes(resolutions[level]!) &&
      channels % network.headChannels
    ) {
      const expected = `a divisor of the ${channels} channels at resolution ${resolutions[level]!}`;
      yield ['network.headChannels', network.headChannels, expected, 'Change headChannels or attentionResolutions'];
    }
  }
}

function* tuningContradictions({ tuning, network, data, method: { curriculum } }: Recipe): Generator<Contradiction> {
  const { resolution } = datasets[data.dataset];
  if (network.resolution !== resolution) {
    const expected = `${resolution}, the resolution of ${data.dataset}`;
    yield ['network.resolution', network.resolution, expected, 'Change the data set or the network'];
  }
  if (network.kind === 'ncsnpp' && tuning.fourierScale === null) {
    yield ['tuning.fourierScale', null, 'a number: ncsnpp embeds noise by Fourier features', 'Give its scale'];
  }
  if (network.kind === 'adm' && tuning.fourierScale !== null) {
    yield ['tuning.fourierScale', tuning.fourierScale, 'null: adm embeds noise by fixed sinusoids', 'Write null'];
  }
  const { dropout, dropoutMaxResolution } = tuning;
  if (dropoutMaxResolution !== null && (dropout === 0 || dropoutMaxResolution >= network.resolution)) {
    const expected =
      dropout === 0
        ? 'null, since dropout is 0'
        : `a resolution below ${network.resolution}, or null for dropout everywhere`;
    yield ['tuning.dropoutMaxResolution', dropoutMaxResolution, expected, 'Write null or lower it'];
  }
  const stages = Math.log2(Math.floor(curriculum.s1 / curriculum.s0)) + 1;
  if (curriculum.kind === 'doubling' && tuning.steps < stages) {
    const expected = `at least ${Math.ceil(stages)} steps, one for each stage of the curriculum`;
    yield ['tuning.steps', tuning.steps, expected, 'Lengthen the run or lower s1'];
  }
}

function faultOf(issue: z.core.$ZodIssue, value: unknown): RecipeError {
  // An unknown kind is a fault of the choice that it names, not of the word alone.
  const steps = issue.code === 'invalid_union' ? issue.path.slice(0, -1) : issue.path;
  const path = steps.map(String).join('.');
  const where = path === '' ? nameOf(value) : `${nameOf(value)} at ${path}`;
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const known = knownKeys(issue.path, value);
    return new RecipeError({ where, got: key, expected: 'a known key', remedy: suggestion(key, known) });
  }
  const remedy = issue.input === undefined ? 'Give a value: nothing has a default' : 'Correct the value';
  return new RecipeError({ where, got: issue.input, expected: issue.message, remedy });
}

function nameOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? `recipe "${id}"` : 'recipe';
}
