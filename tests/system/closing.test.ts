/** @file What was opened is closed once, last first, also where a closing fails. */
import { describe, expect, it } from 'vitest';
import { Closing } from '../../harness/system/closing.ts';

describe('Closing', () => {
  it('closes in the reverse order, once', () => {
    const closed: string[] = [];
    {
      using closing = new Closing();
      expect(closing.add('first', (name) => closed.push(name))).toBe('first');
      closing.add('second', (name) => closed.push(name));
      closing[Symbol.dispose]();
    }
    expect(closed).toEqual(['second', 'first']);
  });

  it('closes the others where one cannot be closed, and throws its error', () => {
    const closed: string[] = [];
    const closing = new Closing();
    closing.add('first', (name) => closed.push(name));
    closing.add('second', () => {
      throw new Error('stuck');
    });
    expect(() => closing[Symbol.dispose]()).toThrow('stuck');
    expect(closed).toEqual(['first']);
  });
});
