/** @file The work of VGG16's convolutions at 224x224, on which LPIPS stands: 15.35 GMAC per image. */
import { convolution } from './network-parts.ts';

/** Source: Simonyan & Zisserman 2015, configuration D; all 13 convolutions, 3x3, halved by pooling after each group. */
const groups = [
  { channels: 64, convolutions: 2, width: 224 },
  { channels: 128, convolutions: 2, width: 112 },
  { channels: 256, convolutions: 3, width: 56 },
  { channels: 512, convolutions: 3, width: 28 },
  { channels: 512, convolutions: 3, width: 14 },
] as const;

/** One forward pass of one image: multiply-adds, and numbers in the outputs of all convolutions. */
export const lpipsCount: { readonly macs: number; readonly outputs: number } = count();

function count(): { macs: number; outputs: number } {
  let [macs, outputs, inChannels] = [0, 0, 3];
  for (const { channels, convolutions, width } of groups) {
    for (let i = 0; i < convolutions; i++) {
      macs += convolution(3, inChannels, channels, width);
      outputs += channels * width ** 2;
      inChannels = channels;
    }
  }
  return { macs, outputs };
}
