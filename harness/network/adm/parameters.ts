/**
 * @file Parameters of the ADM U-Net: names, shapes, initial distributions, axes in the checkpoints.
 *
 * Source: openai/consistency_models `cm/unet.py`.
 */
import type { Initial, Parameter } from '../parameter.ts';
import type { AdmArchitecture, AdmAttention, AdmBlock } from './modules.ts';

/**
 * Every parameter of the network in forward order.
 *
 * Convolutions and linear layers start as torch's do: U(-b, b) with b = 1 / sqrt(fan-in), weight and bias alike; the last convolution of
 * each block, of each attention and of the network start at zero; label embeddings are standard normal.
 * Source: openai/consistency_models `cm/unet.py` (`zero_module`); pytorch `nn.Conv2d`, `nn.Linear`, `nn.Embedding`.
 */
export function admParameters(architecture: AdmArchitecture): Parameter[] {
  const { baseChannels, embeddingChannels, classes, encoder, middle, decoder } = architecture;
  const { stemChannels, outputChannels } = architecture;
  return [
    ...linear('time_embed.0', baseChannels, embeddingChannels),
    ...linear('time_embed.2', embeddingChannels, embeddingChannels),
    ...(classes === null
      ? []
      : [
          {
            name: labelTable,
            shape: [classes, embeddingChannels],
            initial: { kind: 'normal', standardDeviation: 1 } as const,
            trainable: true,
          },
        ]),
    ...convolution('input_blocks.0.0', 3, architecture.imageChannels, stemChannels),
    ...[...encoder, middle, ...decoder].flatMap(({ modules }) =>
      modules.flatMap((module) =>
        module.kind === 'block' ? blockParameters(module, architecture) : attentionParameters(module),
      ),
    ),
    ...groupNorm('out.0', outputChannels),
    ...silent(convolution('out.2', 3, outputChannels, architecture.imageChannels)),
  ];
}

function blockParameters(
  { name, inChannels, outChannels, projected }: AdmBlock,
  { embeddingChannels, scaleShiftNorm }: AdmArchitecture,
): Parameter[] {
  return [
    ...groupNorm(`${name}.in_layers.0`, inChannels),
    ...convolution(`${name}.in_layers.2`, 3, inChannels, outChannels),
    ...linear(`${name}.emb_layers.1`, embeddingChannels, scaleShiftNorm ? 2 * outChannels : outChannels),
    ...groupNorm(`${name}.out_layers.0`, outChannels),
    ...silent(convolution(`${name}.out_layers.3`, 3, outChannels, outChannels)),
    ...(projected ? convolution(`${name}.skip_connection`, 1, inChannels, outChannels) : []),
  ];
}

function attentionParameters({ name, channels }: AdmAttention): Parameter[] {
  return [
    ...groupNorm(`${name}.norm`, channels),
    ...convolution(`${name}.qkv`, 1, channels, 3 * channels),
    ...silent(convolution(`${name}.proj_out`, 1, channels, channels)),
  ];
}

const labelTable = 'label_emb.weight';

const zeros: Initial = { kind: 'zeros' };

function groupNorm(name: string, channels: number): Parameter[] {
  return [
    { name: `${name}.weight`, shape: [channels], initial: { kind: 'ones' }, trainable: true },
    { name: `${name}.bias`, shape: [channels], initial: zeros, trainable: true },
  ];
}

function linear(name: string, inChannels: number, outChannels: number): Parameter[] {
  return layer(name, [inChannels, outChannels], inChannels);
}

function convolution(name: string, width: number, inChannels: number, outChannels: number): Parameter[] {
  return layer(name, [width, width, inChannels, outChannels], width * width * inChannels);
}

function layer(name: string, shape: readonly number[], fanIn: number): Parameter[] {
  const initial: Initial = { kind: 'fan-in-uniform', fanIn };
  return [
    { name: `${name}.weight`, shape, initial, trainable: true },
    { name: `${name}.bias`, shape: [shape.at(-1)!], initial, trainable: true },
  ];
}

/** The same parameters starting at zero, bias included. */
function silent(parameters: readonly Parameter[]): Parameter[] {
  return parameters.map((parameter) => ({ ...parameter, initial: zeros }));
}

/**
 * The axes of a checkpoint's tensor in the order of ours: convolutions OIHW -> HWIO, linear layers (out, in) -> (in, out); null where both
 * agree (vectors, and the table of label embeddings).
 */
export function torchAxes({ name, shape }: Parameter): readonly number[] | null {
  if (shape.length === 4) return [2, 3, 1, 0];
  return shape.length === 2 && name !== labelTable ? [1, 0] : null;
}
