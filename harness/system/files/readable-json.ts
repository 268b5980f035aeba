/** @file Formats JSON for people: a value that fits stays on one line, and numbers are filled into lines. */

const width = 120;

/** The text of a plain value, indented by two, with a final newline; parses to what `JSON.stringify` would give. */
export function readableJson(value: unknown): string {
  return `${write(value, '', 0)}\n`;
}

/** @param taken characters of the current line before and after the value */
function write(value: unknown, indent: string, taken: number): string {
  const compact = JSON.stringify(value);
  if (
    typeof value !== 'object' ||
    value === null ||
    (spaced(value, compact).length + taken <= width && isShallow(value))
  ) {
    return spaced(value, compact);
  }
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item === 'number')) return `[\n${flow(value, inner)}\n${indent}]`;
    return `[\n${value.map((item) => `${inner}${write(item, inner, inner.length + 1)}`).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const lines = entries.map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return `${head}${write(item, inner, head.length + 1)}`;
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** One-line form with a space after each comma and colon. */
function spaced(value: unknown, compact: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => spaced(item, JSON.stringify(item))).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return compact;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return '{}';
  return `{ ${entries.map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item, JSON.stringify(item))}`).join(', ')} }`;
}

function isShallow(value: object): boolean {
  return Object.values(value).every((item) => typeof item !== 'object' || item === null || Array.isArray(item));
}

/** Numbers filled into lines. */
function flow(numbers: readonly number[], indent: string): string {
  const lines: string[] = [];
  let line = indent;
  numbers.forEach((number, i) => {
    const word = `${JSON.stringify(number)}${i < numbers.length - 1 ? ',' : ''}`;
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  });
  return [...lines, line].join('\n');
}
