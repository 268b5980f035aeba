/** @file The answer of a measured process: found among other lines, refused when it is of another protocol. */
import { describe, expect, it } from 'vitest';
import { answerIn, answerLine } from '../../../harness/nightly/measure/protocol.ts';
import { answer, values } from './fixture.ts';

describe('answerIn', () => {
  const given = answer(values.fixed!);

  it('finds the answer among everything else that the process printed', () => {
    expect(answerIn(`installing\n${answerLine(given)}\nbye\n`)).toEqual(given);
  });

  it('says why there is none', () => {
    expect(answerIn('nothing to say\n')).toEqual({ why: 'it gave no answer' });
  });

  it('takes no answer of another protocol', () => {
    const line = answerLine(given).replace('"protocol":1', '"protocol":2');
    expect(whyNot(line)).toMatch(/^its answer is of another protocol \(protocol: /);
  });

  it('takes no line that was cut', () => {
    expect(whyNot(answerLine(given).slice(0, -5))).toContain('another protocol');
  });
});

/** Why a line is no answer. */
function whyNot(line: string): string {
  const said = answerIn(line);
  return 'why' in said ? said.why : '';
}
