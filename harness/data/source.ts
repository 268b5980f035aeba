/** @file Interface of a data set: labelled uint8 images, read by index. */
import type { DatasetId } from '../recipe/dataset.ts';

/** What the images of this run really are. Stored in every result: a table never mixes origins. */
export interface Origin {
  /** In words: the generator and its version, or file, size, sha256 and preprocessing. */
  readonly text: string;
  /** Whether these are known to be the images of the published results; otherwise no published claim can be judged with them. */
  readonly published: boolean;
}

/** A set of labelled images. Reading is a pure function of the index: nothing is advanced, shuffled or cached by the caller's order. */
export interface ImageSource {
  readonly id: DatasetId;
  /** Raised whenever a byte of an image or a label changes; results of different versions never share a table. */
  readonly version: number;
  /** Height and width. */
  readonly resolution: number;
  readonly channels: 3;
  /** Number of labels: each is an integer from 0 to classes - 1. */
  readonly classes: number;
  /** `unlimited`: an image of its own for every integer from 0 to 2^53 - 1. */
  readonly trainImages: number | 'unlimited';
  /** Images that training never sees; 0 where the published protocol has none. */
  readonly heldOutImages: number | 'unlimited';
  /** sha256 of the images and labels (of a pinned part of them where they are unlimited). */
  readonly contentHash: string;
  readonly origin: Origin;
  /** Writes training image `index` into `out`, uint8[resolution, resolution, 3], and returns its label. */
  readTrain(index: number, out: Uint8Array): number;
  /** The same for held-out images. */
  readHeldOut(index: number, out: Uint8Array): number;
  /** Gives back files and memory; reading afterwards is an error. */
  close(): void;
}

/** Bytes of one image. */
export function imageBytes(source: Pick<ImageSource, 'resolution' | 'channels'>): number {
  return source.resolution * source.resolution * source.channels;
}
