/** @file What a recipe may say: ranges of single numbers and the rules between them, each with its full message. */
import { describe, expect, it } from 'vitest';
import { validateRecipe } from '../../harness/recipe/validate.ts';
import { ct as cifarCt } from '../../recipes/cifar10.ts';
import { recipes } from '../../recipes/index.ts';
import { ict as imagenetIct } from '../../recipes/imagenet64.ts';

type Plain = Record<string, Record<string, unknown>>;

const changed = (base: object, change: (recipe: Plain) => void) => () => {
  const recipe = structuredClone(base) as Plain;
  change(recipe);
  return validateRecipe(recipe);
};

describe('validateRecipe', () => {
  it('accepts every recipe of the project, also after a trip through JSON', () => {
    for (const recipe of Object.values(recipes))
      expect(validateRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual(recipe);
  });

  it.each<[string, (recipe: Plain) => void, string]>([
    [
      'dropout 1',
      (r) => (r.tuning!.dropout = 1),
      'at tuning.dropout: got 1, expected a number from 0 to below 1. Correct the value.',
    ],
    [
      'a text for a number',
      (r) => (r.tuning!.steps = '800000'),
      'at tuning.steps: got "800000", expected an integer from 1. Correct the value.',
    ],
    [
      'half a step',
      (r) => (r.tuning!.steps = 0.5),
      'at tuning.steps: got 0.5, expected an integer from 1. Correct the value.',
    ],
    [
      'a missing number',
      (r) => delete r.tuning!.batchImages,
      'at tuning.batchImages: got nothing, expected an integer from 1. Give a value: nothing has a default.',
    ],
    [
      'a rate that is not finite',
      (r) => (r.tuning!.learningRate = Infinity),
      'at tuning.learningRate: got Infinity, expected a number above 0. Correct the value.',
    ],
    [
      'an unknown kind',
      (r) => (r.method!.noise = { kind: 'gaussian' }),
      'at method.noise: got {"kind":"gaussian"}, expected an object with "kind" one of uniform, lognormal. Correct the value.',
    ],
    [
      'a distance that knows other images',
      (r) => (r.method!.distance = { kind: 'perceptual', features: 'shapes-encoder-1' }),
      'at method.distance.kind: got "perceptual", expected a distance that knows cifar10: shapes-encoder-1 was trained on shapes. Choose lpips, or a distance of pixels.',
    ],
    [
      's0 above s1',
      (r) => (r.method!.curriculum = { kind: 'square-root', s0: 150, s1: 2 }),
      'at method.curriculum.s0: got 150, expected fewer intervals than s1 2. Lower s0 or raise s1.',
    ],
    [
      'an empty grid',
      (r) => (r.levels!.sigmaMin = 80),
      'at levels.sigmaMin: got 80, expected a level below sigmaMax 80. Swap or correct the two ends.',
    ],
    [
      'a second level outside the grid',
      (r) => (r.sampling!.midSigma = 80),
      'at sampling.midSigma: got 80, expected a level between sigmaMin 0.002 and sigmaMax 80, or null to search it. Choose a level inside the grid.',
    ],
    [
      'a resolution that cannot be halved so often',
      (r) => (r.network!.channelMultipliers = [1, 1, 1, 1, 1, 1, 1]),
      'at network.resolution: got 32, expected a multiple of 64, since 7 levels halve it 6 times. Use fewer channelMultipliers.',
    ],
    [
      'attention where the network has no feature map',
      (r) => (r.network!.attentionResolutions = [4]),
      'at network.attentionResolutions: got 4, expected resolutions of the network: 32, 16, 8. Attend at a resolution that occurs.',
    ],
    [
      'channels that the groups do not divide',
      (r) => (r.network!.baseChannels = 130),
      'at network.baseChannels: got 130, expected channels that 32 normalisation groups divide (260 at level 0). Change baseChannels or channelMultipliers.',
    ],
    [
      'a network of another data set',
      (r) => (r.data!.dataset = 'shapes'),
      'at network.resolution: got 32, expected 16, the resolution of shapes. Change the data set or the network.',
    ],
    [
      'no Fourier scale',
      (r) => (r.tuning!.fourierScale = null),
      'at tuning.fourierScale: got null, expected a number: ncsnpp embeds noise by Fourier features. Give its scale.',
    ],
    [
      'a place for dropout that does not exist',
      (r) => (r.tuning!.dropoutMaxResolution = 16),
      'at tuning.dropoutMaxResolution: got 16, expected null, since dropout is 0. Write null or lower it.',
    ],
    [
      'fewer steps than stages',
      (r) => {
        r.method!.curriculum = { kind: 'doubling', s0: 10, s1: 1280 };
        r.tuning!.steps = 7;
      },
      'at tuning.steps: got 7, expected at least 8 steps, one for each stage of the curriculum. Lengthen the run or lower s1.',
    ],
  ])('refuses %s', (_, change, message) => {
    expect(changed(cifarCt, change)).toThrow(`recipe "cifar10-ct" ${message}`);
  });

  it('knows what only the network of ImageNet has', () => {
    expect(changed(imagenetIct, (r) => (r.network!.headChannels = 100))).toThrow(
      'recipe "imagenet64-ict" at network.headChannels: got 100, expected a divisor of the 384 channels at resolution 32. Change headChannels or attentionResolutions.',
    );
    expect(changed(imagenetIct, (r) => (r.tuning!.fourierScale = 16))).toThrow(
      'at tuning.fourierScale: got 16, expected null: adm embeds noise by fixed sinusoids. Write null.',
    );
    expect(changed(imagenetIct, (r) => (r.tuning!.dropoutMaxResolution = 64))).toThrow(
      'at tuning.dropoutMaxResolution: got 64, expected a resolution below 64, or null for dropout everywhere. Write null or lower it.',
    );
  });

  it('says what is wrong with something that is no recipe at all', () => {
    expect(() => validateRecipe(undefined)).toThrow(
      /^recipe: got nothing, expected .*\. Give a value: nothing has a default\.$/,
    );
    expect(() => validateRecipe([])).toThrow(/^recipe: got \[\], expected .*\. Correct the value\.$/);
  });
});
