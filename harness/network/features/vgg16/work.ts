/** @file The work of LPIPS: all convolutions of VGG16 at 224x224, 15.35 GMAC per image. */
import { vgg16Groups } from './modules.ts';
import { convolution } from '../../parts.ts';

/** Width to which images are resized before VGG16. */
const inputWidth = 224;

/** One forward pass of one image: multiply-adds, and numbers in the outputs of all convolutions. The five linear layers are nothing beside them. */
export const lpipsWork: { readonly macs: number; readonly outputs: number } = vgg16Groups()
  .flatMap((group, poolings) => group.map((layer) => ({ ...layer, width: inputWidth / 2 ** poolings })))
  .reduce(
    ({ macs, outputs }, { inChannels, outChannels, width }) => ({
      macs: macs + convolution(3, inChannels, outChannels, width),
      outputs: outputs + outChannels * width ** 2,
    }),
    { macs: 0, outputs: 0 },
  );
