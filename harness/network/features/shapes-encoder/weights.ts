/** @file The committed weights of the shapes encoder: file and hash. */
import { fileURLToPath } from 'node:url';

/** Made by `npm run train-shapes-encoder`; 112 KB. */
export const encoderWeightsFile = fileURLToPath(new URL('./shapes-encoder.safetensors', import.meta.url));
export const encoderWeightsSha256 = '01414caff4b797bc54847d2e8ab4fb406b4b322d01d2363b6a8af23024b3c634';
