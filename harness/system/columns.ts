/**
 * @file Measures and cuts text by its width in terminal columns.
 *
 * Most characters take one; Chinese, Japanese, Korean and emoji take two.
 */

const characters = new Intl.Segmenter();
const wide =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]|\ufe0f/u;

/** The longest beginning of a line that takes at most so many columns; where something is left out it ends in `...`, if there is room. */
export function cutToColumns(line: string, columns: number): string {
  const all = [...characters.segment(line)].map(({ segment }) => segment);
  if (columnsOf(all) <= columns) return line;
  const dots = columns > 10 ? '...' : '';
  let room = columns - dots.length;
  const end = all.findIndex((one) => (room -= columnsOf([one])) < 0);
  return all.slice(0, end).join('') + dots;
}

function columnsOf(text: readonly string[]): number {
  return text.reduce((sum, one) => sum + (wide.test(one) ? 2 : 1), 0);
}
