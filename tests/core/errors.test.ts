/** @file Error messages: one line, value quoted, remedy at the end; exit codes. */
import { describe, expect, it } from 'vitest';
import {
  CheckpointedExit,
  DataError,
  DivergenceError,
  EngineError,
  HarnessError,
  RecipeError,
  described,
  exitCodes,
  quoteValue,
  systemCode,
} from '../../harness/core/errors.ts';

const fault = { where: 'tuning.dropout', got: '0.3', expected: 'a number below 1', remedy: 'Remove the quotes' };

describe('HarnessError', () => {
  it('says where, what was got, what was expected and what to do', () => {
    const error = new RecipeError(fault);
    expect(error.message).toBe('tuning.dropout: got "0.3", expected a number below 1. Remove the quotes.');
    expect(error.fault).toBe(fault);
    expect([error.name, error instanceof HarnessError]).toEqual(['RecipeError', true]);
  });

  it('is one line whatever names and contents of files hold, and shows every character', () => {
    const where = 'a\nb\u001b[31m.png';
    const got = described('Unexpected token \ufeff{\r\n\t\u2028\u202e\u0085 is not JSON');
    expect(new DataError({ where, got, expected: 'JSON', remedy: 'Mend it' }).message).toBe(
      'a\\nb\\u001b[31m.png: got Unexpected token \\ufeff{\\r\\n\\t\\u2028\\u202e\\u0085 is not JSON, expected JSON. Mend it.',
    );
  });

  it('keeps its cause', () => {
    const cause = new Error('EIO');
    expect(new DataError(fault, { cause }).cause).toBe(cause);
  });

  it('carries the exit code of its class', () => {
    expect(new RecipeError(fault).exitCode).toBe(65);
    expect(new DivergenceError(fault).exitCode).toBe(70);
    expect(new CheckpointedExit().exitCode).toBe(85);
    expect(new EngineError(fault).exitCode).toBe(65);
    expect(new EngineError(fault, { exitCode: exitCodes.noDevice }).exitCode).toBe(69);
  });
});

describe('quoteValue', () => {
  it.each<[unknown, string]>([
    ['a "quoted" text\nof two lines', '"a \\"quoted\\" text\\nof two lines"'],
    [0.1, '0.1'],
    [-0, '0'],
    [NaN, 'NaN'],
    [12n, '12'],
    [true, 'true'],
    [undefined, 'nothing'],
    [null, 'null'],
    [[1, 'a'], '[1,"a"]'],
    [{ kind: 'ema' }, '{"kind":"ema"}'],
    [new TypeError('x is undefined'), 'x is undefined'],
    [described('a file of 12 bytes'), 'a file of 12 bytes'],
    [() => 1, 'function'],
  ])('writes %o as %s', (value, text) => {
    expect(quoteValue(value)).toBe(text);
  });

  it('never fills more than a line', () => {
    expect(quoteValue('x'.repeat(500))).toBe(`"${'x'.repeat(196)}...`);
  });
});

describe('systemCode', () => {
  it('is the code of a system error and of nothing else', () => {
    expect(systemCode(Object.assign(new Error('full'), { code: 'ENOSPC' }))).toBe('ENOSPC');
    expect([
      systemCode(new Error('x')),
      systemCode('ENOSPC'),
      systemCode(Object.assign(new Error(), { code: 28 })),
    ]).toEqual([undefined, undefined, undefined]);
  });
});
