/** @file The parameters of VGG16, with the names of torchvision's checkpoint. */
import type { Parameter } from '../../parameter.ts';
import type { VggGroup } from './modules.ts';

/** Weights and biases of all 13 convolutions; none is trained here. */
export function vgg16Parameters(groups: readonly VggGroup[]): Parameter[] {
  return groups.flat().flatMap(({ name, inChannels, outChannels }) => [
    { name: `${name}.weight`, shape: [3, 3, inChannels, outChannels], initial: { kind: 'zeros' }, trainable: false },
    { name: `${name}.bias`, shape: [outChannels], initial: { kind: 'zeros' }, trainable: false },
  ]);
}
