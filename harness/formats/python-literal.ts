/**
 * @file Reads Python literals as `ast.literal_eval` does.
 *
 * Read are dictionaries, tuples, lists, strings, integers and truth values. Source: the Python language reference, section 2 (lexical
 * analysis); Python 2's `10L` and `u'...'` too.
 */

/** `(1, 2)`: told from the list `[1, 2]`, because NumPy tells them apart. */
export class PythonTuple {
  readonly items: readonly PythonLiteral[];
  constructor(items: readonly PythonLiteral[]) {
    this.items = items;
  }
}

export type PythonLiteral =
  string | number | boolean | null | PythonTuple | readonly PythonLiteral[] | ReadonlyMap<PythonLiteral, PythonLiteral>;

/** Deeper nesting than any header has; a file of brackets must not exhaust the stack. */
const deepest = 50;

/** One token: a text with its prefix and quotes, an integer, a word, or a sign of one character. */
const token =
  /(?<text>(?<prefix>[rRuU]?)(?<quote>'''|"""|'|")(?<inside>(?:\\[^]|(?!\k<quote>)[^\\])*)\k<quote>)|(?<integer>[+-]?(?:0[xX][\da-fA-F_]+|0+|[1-9][\d_]*)L?(?![\w.]))|(?<word>[A-Za-z_]\w*)|(?<sign>[{}()[\],:])/y;

/** The value of the text, or undefined where it is no literal of these kinds: nothing is ever evaluated. */
export function readPythonLiteral(text: string): PythonLiteral | undefined {
  const tokens = tokensOf(text);
  if (!tokens) return undefined;
  const reader = new Reader(tokens);
  try {
    return reader.whole();
  } catch (thrown) {
    if (thrown instanceof NoLiteral) return undefined;
    throw thrown;
  }
}

class NoLiteral extends Error {}

interface Token {
  /** A sign; undefined for a value. */
  readonly sign?: string;
  readonly value?: string | number | boolean | null;
}

const words: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };

function tokensOf(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  const gap = /(?:[ \t\f\r\n]|#[^\n]*|\\\r?\n)*/y;
  for (let at = 0; ;) {
    gap.lastIndex = at;
    gap.exec(text);
    at = gap.lastIndex;
    if (at === text.length) return tokens;
    token.lastIndex = at;
    const found = token.exec(text)?.groups;
    if (!found) return undefined;
    at = token.lastIndex;
    if (found.sign !== undefined) tokens.push({ sign: found.sign });
    else if (found.inside !== undefined) {
      const inside = /r/i.test(found.prefix!) ? found.inside : unescaped(found.inside);
      tokens.push({ value: inside });
    } else if (found.integer !== undefined) tokens.push({ value: Number(found.integer.replace(/[L_]/g, '')) });
    else if (Object.hasOwn(words, found.word!)) tokens.push({ value: words[found.word!]! });
    else return undefined;
  }
}

class Reader {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  whole(): PythonLiteral {
    const value = this.value(0);
    if (this.at < this.tokens.length) throw new NoLiteral();
    return value;
  }

  private value(depth: number): PythonLiteral {
    const { sign, value } = this.tokens[this.at++] ?? {};
    if (depth > deepest) throw new NoLiteral();
    switch (sign) {
      case undefined:
        if (value === undefined) throw new NoLiteral();
        return typeof value === 'string' ? this.joined(value) : value;
      case '{':
        return this.dictionary(depth);
      case '[':
        return this.items(']', depth).items;
      case '(': {
        const { items, commas } = this.items(')', depth);
        // Brackets around one value without a comma are no tuple.
        return items.length === 1 && commas === 0 ? items[0]! : new PythonTuple(items);
      }
      default:
        throw new NoLiteral();
    }
  }

  /** Texts beside each other are one text. */
  private joined(first: string): string {
    let text = first;
    for (let next = this.tokens[this.at]; typeof next?.value === 'string'; next = this.tokens[this.at]) {
      text += next.value;
      this.at++;
    }
    return text;
  }

  private items(end: string, depth: number): { items: PythonLiteral[]; commas: number } {
    const items: PythonLiteral[] = [];
    let commas = 0;
    while (!this.takes(end)) {
      if (items.length > commas) throw new NoLiteral();
      items.push(this.value(depth + 1));
      if (this.takes(',')) commas++;
    }
    return { items, commas };
  }

  private dictionary(depth: number): Map<PythonLiteral, PythonLiteral> {
    const entries = new Map<PythonLiteral, PythonLiteral>();
    for (let between = true; !this.takes('}'); between = this.takes(',')) {
      if (!between) throw new NoLiteral();
      const key = this.value(depth + 1);
      if (!this.takes(':')) throw new NoLiteral();
      entries.set(key, this.value(depth + 1));
    }
    return entries;
  }

  private takes(sign: string): boolean {
    if (this.tokens[this.at]?.sign !== sign) return false;
    this.at++;
    return true;
  }
}

function unescaped(text: string): string {
  const signs: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    '\n': '',
    '\\': '\\',
    "'": "'",
    '"': '"',
  };
  return text.replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|[^])/g, (all, code: string) =>
    code.length > 1 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (signs[code] ?? all),
  );
}
