/**
 * @file The parameters of NCSN++: names, shapes and starting distributions.
 * Source: openai/consistency_models_cifar10 `jcm/models/ncsnpp.py`, `layerspp.py`, `layers.py` (`default_init`).
 */
import type { Initial, Parameter } from '../parameter.ts';
import type { AttentionModule, BlockModule, NcsnppArchitecture } from './modules.ts';

/** Scale of layers that start as good as zero: the authors' variance scaling refuses 0 and takes 1e-10. */
const silent = 1e-10;
/** Scale of the query, key and value projections. */
const attentionScale = 0.1;

/**
 * Every parameter of the network in forward order.
 * @param fourierScale standard deviation of the frozen Fourier frequencies: 16 in CT, 0.02 in iCT
 */
export function ncsnppParameters(architecture: NcsnppArchitecture, fourierScale: number): Parameter[] {
  const { baseChannels, embeddingChannels } = architecture;
  const { encoder, middle, decoder } = architecture;
  return [
    {
      name: 'GaussianFourierProjection_0/W',
      shape: [baseChannels],
      initial: { kind: 'normal', standardDeviation: fourierScale },
      trainable: false,
    },
    ...dense('Dense_0', 2 * baseChannels, embeddingChannels),
    ...dense('Dense_1', embeddingChannels, embeddingChannels),
    ...convolution('Conv_0', 3, architecture.imageChannels, baseChannels),
    ...encoder.flatMap(({ block, attention, pyramid }) => [
      ...blockParameters(block, embeddingChannels),
      ...(attention ? attentionParameters(attention) : []),
      ...(pyramid
        ? convolution(`${pyramid.name}/Conv2d_0`, 3, pyramid.inChannels, pyramid.outChannels, 1, 'weight')
        : []),
    ]),
    ...blockParameters(middle.first, embeddingChannels),
    ...attentionParameters(middle.attention),
    ...blockParameters(middle.second, embeddingChannels),
    ...decoder.flatMap(({ block, attention }) => [
      ...blockParameters(block, embeddingChannels),
      ...(attention ? attentionParameters(attention) : []),
    ]),
    ...groupNorm('GroupNorm_0', architecture.outputChannels),
    ...convolution('Conv_1', 3, architecture.outputChannels, architecture.imageChannels, silent),
  ];
}

export function blockParameters(module: BlockModule, embeddingChannels: number): Parameter[] {
  const { name, inChannels, outChannels, projected } = module;
  return [
    ...groupNorm(`${name}/GroupNorm_0`, inChannels),
    ...convolution(`${name}/Conv_0`, 3, inChannels, outChannels),
    ...dense(`${name}/Dense_0`, embeddingChannels, outChannels),
    ...groupNorm(`${name}/GroupNorm_1`, outChannels),
    ...convolution(`${name}/Conv_1`, 3, outChannels, outChannels, silent),
    ...(projected ? convolution(`${name}/Conv_2`, 1, inChannels, outChannels) : []),
  ];
}

function attentionParameters({ name, channels }: AttentionModule): Parameter[] {
  return [
    ...groupNorm(`${name}/GroupNorm_0`, channels),
    ...[attentionScale, attentionScale, attentionScale, silent].flatMap((scale, i) => [
      {
        name: `${name}/NIN_${i}/W`,
        shape: [channels, channels],
        initial: fanAverage(scale, channels, channels),
        trainable: true,
      },
      { name: `${name}/NIN_${i}/b`, shape: [channels], initial: zeros, trainable: true },
    ]),
  ];
}

const zeros: Initial = { kind: 'zeros' };

function groupNorm(name: string, channels: number): Parameter[] {
  return [
    { name: `${name}/scale`, shape: [channels], initial: { kind: 'ones' }, trainable: true },
    { name: `${name}/bias`, shape: [channels], initial: zeros, trainable: true },
  ];
}

function dense(name: string, inChannels: number, outChannels: number): Parameter[] {
  return [
    {
      name: `${name}/kernel`,
      shape: [inChannels, outChannels],
      initial: fanAverage(1, inChannels, outChannels),
      trainable: true,
    },
    { name: `${name}/bias`, shape: [outChannels], initial: zeros, trainable: true },
  ];
}

function convolution(
  name: string,
  width: number,
  inChannels: number,
  outChannels: number,
  scale = 1,
  kernel = 'kernel',
): Parameter[] {
  const area = width * width;
  return [
    {
      name: `${name}/${kernel}`,
      shape: [width, width, inChannels, outChannels],
      initial: fanAverage(scale, area * inChannels, area * outChannels),
      trainable: true,
    },
    { name: `${name}/bias`, shape: [outChannels], initial: zeros, trainable: true },
  ];
}

function fanAverage(scale: number, fanIn: number, fanOut: number): Initial {
  return { kind: 'fan-average-uniform', scale, fanIn, fanOut };
}
