/** @file Decoded image: RGB bytes, row by row. */

export interface RgbImage {
  readonly width: number;
  readonly height: number;
  /** uint8[height, width, 3] */
  readonly data: Uint8Array;
}

/** Images of more pixels than this are refused before memory is allocated for them: a header of a few bytes can claim any size. */
export const mostPixels = 2 ** 28;
