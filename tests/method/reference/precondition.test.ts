/** @file The scalings of the plain EDM denoiser. */
import { describe, expect, it } from 'vitest';
import { edmScalings } from '../../../harness/method/reference/precondition.ts';

describe('edmScalings', () => {
  it('have no offset', () => {
    expect(edmScalings(3, { sigmaData: 4 })).toEqual({ cSkip: 16 / 25, cOut: 12 / 5, cIn: 1 / 5 });
  });
});
