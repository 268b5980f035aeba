/** @file The rooms of the project and what each may import; no cycles; knowledge stays in its table, the papers free of tensors and files. */
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { datasetIds } from '../harness/recipe/dataset.ts';

const root = resolve(import.meta.dirname, '..');

/** What trains, samples and scores: everything that measures or proves it may use it whole. */
const uptoRun = [
  'core',
  'system',
  'formats',
  'score',
  'recipe',
  'method',
  'engine',
  'network',
  'plan',
  'data',
  'ranks',
  'train',
  'sample',
  'metrics',
  'results',
  'evaluate',
  'run',
];

/**
 * Room -> rooms that it may import, besides itself. Data flow one way: what is written later here may use what is written earlier.
 * Whoever may import `plan` reads recipes in it, so `recipe` stands beside it.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  system: ['core'],
  formats: ['core', 'system'],
  score: ['core'],
  recipe: ['core', 'system', 'score'],
  method: ['core', 'recipe'],
  engine: ['core', 'system', 'formats'],
  network: ['core', 'system', 'formats', 'recipe', 'method', 'engine'],
  plan: ['core', 'system', 'formats', 'recipe', 'method', 'network'],
  data: ['core', 'system', 'formats', 'recipe', 'plan'],
  ranks: ['core', 'system', 'engine'],
  train: ['core', 'system', 'formats', 'recipe', 'method', 'engine', 'network', 'plan', 'data', 'ranks'],
  sample: ['core', 'system', 'formats', 'recipe', 'method', 'engine', 'network', 'plan'],
  metrics: ['core', 'system', 'formats', 'score', 'engine'],
  results: ['core', 'system', 'formats', 'score', 'recipe', 'plan'],
  judge: ['core', 'score', 'recipe', 'method', 'plan', 'results'],
  evaluate: [
    'core',
    'system',
    'formats',
    'score',
    'recipe',
    'method',
    'engine',
    'network',
    'plan',
    'data',
    'sample',
    'metrics',
    'results',
  ],
  run: [
    'core',
    'system',
    'formats',
    'score',
    'recipe',
    'method',
    'engine',
    'network',
    'plan',
    'data',
    'ranks',
    'train',
    'sample',
    'metrics',
    'results',
    'evaluate',
  ],
  bench: [...uptoRun],
  report: ['core', 'system', 'formats', 'score', 'recipe', 'method', 'plan', 'results', 'judge'],
  verify: [...uptoRun, 'judge', 'report'],
  nightly: [...uptoRun, 'judge', 'bench', 'report', 'verify'],
  cli: ['core', 'system', 'recipe', 'plan', 'run'],
};

/** Rooms that may hold anything: adapters that run reference cases on every other room. */
const unrestricted = ['conformance'];

/** Rooms that work on tensors; all others must run without the library. */
const tensorRooms = [
  'engine',
  'network',
  'train',
  'sample',
  'metrics',
  'evaluate',
  'run',
  'bench',
  'verify',
  'nightly',
  'conformance',
];

/** What other rooms may import of the engine. */
const engineDoors = [
  'engine.ts',
  'ops.ts',
  'install/install.ts',
  'compile/compile.ts',
  'compile/carried.ts',
  'compile/profile.ts',
];

/** Beside them: float64 matrices are native handles, which TensorFlow.js has no tensors for. */
const nativeDoors: Readonly<Record<string, readonly string[]>> = {
  'harness/metrics/linalg/engine.ts': ['binding.ts', 'operations/op.ts'],
};

interface Import {
  /** Path from the root, such as `harness/core/errors.ts`. */
  readonly file: string;
  /** As written: `../core/errors.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
}

const files = ['harness', 'recipes', 'scripts'].flatMap((folder) => sourcesBelow(join(root, folder)));
const imports = files.flatMap((file) => importsOf(file));

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Every form of an import: with or without `type`, passed on by `export`, when called for, and inside a type. */
function importsOf(file: string, text = readFileSync(join(root, file), 'utf8')): Import[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      found.push({ file, specifier: (node.moduleSpecifier as ts.StringLiteral).text });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteralLike(argument)) found.push({ file, specifier: argument.text });
    } else if (
      ts.isImportTypeNode(node) &&
      ts.isLiteralTypeNode(node.argument) &&
      ts.isStringLiteral(node.argument.literal)
    ) {
      found.push({ file, specifier: node.argument.literal.text });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const isRelative = ({ specifier }: Import): boolean => specifier.startsWith('.');
const target = ({ file, specifier }: Import): string => relative(root, resolve(root, dirname(file), specifier));
/** `harness/core/errors.ts` -> `core`; `recipes/shapes.ts` -> `recipes`. */
const roomOf = (path: string): string => path.split('/')[path.startsWith('harness/') ? 1 : 0]!;
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
const written = ({ file, specifier }: Import): string => `${file} imports ${specifier}`;

describe('the rooms of harness/', () => {
  it('are all known here', () => {
    const rooms = readdirSync(join(root, 'harness'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(rooms.map(({ name }) => name).filter((name) => !(name in allowed) && !unrestricted.includes(name))).toEqual(
      [],
    );
  });

  it('import only what they may', () => {
    const strangers = imports.filter((one) => {
      if (!isRelative(one) || !one.file.startsWith('harness/')) return false;
      const [from, to] = [roomOf(one.file), roomOf(target(one))];
      if (unrestricted.includes(from)) return !target(one).startsWith('harness/');
      return from !== to && !(target(one).startsWith('harness/') && allowed[from]!.includes(to));
    });
    expect(strangers.map(written)).toEqual([]);
  });

  it('may only use rooms that come before them, so that no two rooms need each other', () => {
    const order = Object.keys(allowed);
    for (const [room, others] of Object.entries(allowed)) {
      expect(others.filter((other) => order.indexOf(other) >= order.indexOf(room))).toEqual([]);
    }
  });

  it('are entered by imports of every form, all of which are seen here', () => {
    const text = `
      import { a } from './a.ts';
      import type { B } from './b.ts';
      import './c.ts';
      export { d } from './d.ts';
      export type * from './e.ts';
      const f = () => import('./f.ts');
      const g = () => import(\`./g.ts\`);
      let h: import('./h.ts').H;
      let i: typeof import('./i.ts');`;
    const seen = importsOf('x.ts', text).map(({ specifier }) => specifier);
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].map((name) => `./${name}.ts`));
  });

  it('have no cycle between files', () => {
    const edges = new Map(
      files.map((file) => [file, imports.filter((one) => one.file === file && isRelative(one)).map(target)]),
    );
    expect(cycleIn(edges)).toBeUndefined();
  });

  it('leave tensors to the rooms that compute with them', () => {
    const strangers = imports.filter(
      (one) =>
        one.file.startsWith('harness/') &&
        one.specifier.startsWith('@tensorflow/') &&
        !tensorRooms.includes(roomOf(one.file)),
    );
    expect(strangers.map(written)).toEqual([]);
  });

  it('enter the engine by its doors', () => {
    const strangers = imports.filter((one) => {
      if (!one.file.startsWith('harness/') || !isRelative(one) || roomOf(one.file) === 'engine') return false;
      const [, door] = /^harness\/engine\/(.+)$/.exec(target(one)) ?? [];
      return door !== undefined && ![...engineDoors, ...(nativeDoors[one.file] ?? [])].includes(door);
    });
    expect(strangers.map(written)).toEqual([]);
  });

  it('leave the native library to the engine', () => {
    const strangers = imports.filter(
      (one) => one.specifier.startsWith('@tensorflow/tfjs-node') && roomOf(one.file) !== 'engine',
    );
    expect(strangers.map(written)).toEqual([]);
  });
});

describe('the file system', () => {
  it('is reached through harness/system alone, which names the path and the cause of every refusal', () => {
    const strangers = imports.filter(
      (one) => /^(node:)?fs(\/|$)/.test(one.specifier) && !one.file.startsWith('harness/system/'),
    );
    expect(strangers.map(written)).toEqual([]);
  });

  it('has one door, harness/system/disk.ts, in which a proof can let every operation fail', () => {
    const doors = imports.filter((one) => /^(node:)?fs(\/|$)/.test(one.specifier)).map(({ file }) => file);
    expect([...new Set(doors)]).toEqual(['harness/system/disk.ts']);
  });
});

describe('the method room', () => {
  it('is pure arithmetic: it imports no package and no part of Node', () => {
    const strangers = imports.filter((one) => roomOf(one.file) === 'method' && !isRelative(one));
    expect(strangers.map(written)).toEqual([]);
  });

  it('keeps its reference forms for reference cases: nothing that runs imports them', () => {
    const strangers = imports.filter(
      (one) =>
        isRelative(one) &&
        target(one).startsWith('harness/method/reference/') &&
        roomOf(one.file) !== 'conformance' &&
        !one.file.startsWith('harness/method/reference/'),
    );
    expect(strangers.map(written)).toEqual([]);
  });

  it('names the source of every exported function', () => {
    const unsourced = files.filter((file) => roomOf(file) === 'method').flatMap(exportedFunctionsWithoutSource);
    expect(unsourced).toEqual([]);
  });
});

describe('the network room', () => {
  /** Files that compute; all others describe networks as data. */
  const computing = /\/(forward|layers|flat|pass|dropout|resample|consistency|network)\.ts$/;

  it('keeps what a network is apart from what it computes: modules, parameters and work know no tensors', () => {
    const strangers = imports.filter(
      (one) => roomOf(one.file) === 'network' && one.specifier.startsWith('@tensorflow/') && !computing.test(one.file),
    );
    expect(strangers.map(written)).toEqual([]);
  });

  it('gives plans the amounts of work alone', () => {
    const amounts = /\/(work|parts|count|parameters|activations)\.ts$/;
    const strangers = imports.filter(
      (one) =>
        roomOf(one.file) === 'plan' &&
        isRelative(one) &&
        roomOf(target(one)) === 'network' &&
        !amounts.test(target(one)),
    );
    expect(strangers.map(written)).toEqual([]);
  });
});

describe('recipes/', () => {
  it('import the recipe room and each other, nothing else', () => {
    const strangers = imports.filter(
      (one) =>
        one.file.startsWith('recipes/') && !(isRelative(one) && ['recipe', 'recipes'].includes(roomOf(target(one)))),
    );
    expect(strangers.map(written)).toEqual([]);
  });

  it('are imported by no room: recipes reach the harness as plans', () => {
    const strangers = imports.filter(
      (one) => one.file.startsWith('harness/') && isRelative(one) && !target(one).startsWith('harness/'),
    );
    expect(strangers.map(written)).toEqual([]);
  });
});

describe('data sets', () => {
  /** Names of data sets that are compared with, switched over or listed: what a set is stands in its table. */
  const asked = (file: string, text: string): string[] => {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
    const isName = (node: ts.Node): boolean =>
      ts.isStringLiteralLike(node) && (datasetIds as readonly string[]).includes(node.text);
    const found: string[] = [];
    const visit = (node: ts.Node): void => {
      const { EqualsEqualsEqualsToken: same, ExclamationEqualsEqualsToken: other } = ts.SyntaxKind;
      if (ts.isBinaryExpression(node) && [same, other].includes(node.operatorToken.kind)) {
        if ([node.left, node.right].some(isName)) found.push(`${file}: ${node.getText()}`);
      } else if (ts.isCaseClause(node) && isName(node.expression))
        found.push(`${file}: case ${node.expression.getText()}`);
      else if (ts.isArrayLiteralExpression(node) && node.elements.some(isName))
        found.push(`${file}: ${node.getText()}`);
      else if (
        ts.isUnionTypeNode(node) &&
        node.types.some((type) => ts.isLiteralTypeNode(type) && isName(type.literal))
      )
        found.push(`${file}: ${node.getText()}`);
      ts.forEachChild(node, visit);
    };
    visit(source);
    return found;
  };

  it('are asked for their facts, never for their names', () => {
    const strangers = files.flatMap((file) => asked(file, readFileSync(join(root, file), 'utf8')));
    expect(strangers).toEqual([]);
  });

  it('are found by their names however these are asked for', () => {
    const text = `
      if (id === 'shapes' || 'cifar10' !== id) f(['imagenet64']);
      switch (id) { case 'shapes': }
      type Some = 'cifar10' | 'imagenet64';`;
    expect(asked('x.ts', text)).toEqual([
      "x.ts: id === 'shapes'",
      "x.ts: 'cifar10' !== id",
      "x.ts: ['imagenet64']",
      "x.ts: case 'shapes'",
      "x.ts: 'cifar10' | 'imagenet64'",
    ]);
  });
});

describe('a closed list of words', () => {
  it.each([
    ['Device', ['cpu', 'gpu']],
    ['Quantisation', ['truncate', 'round']],
  ])('is written once, beside its type %s', (_type, words) => {
    const joined = [words, words.toReversed()].flatMap((order) =>
      [' | ', ', '].map((between) => order.map((word) => `'${word}'`).join(between)),
    );
    const strangers = files.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return !file.startsWith('harness/core/') && joined.some((list) => text.includes(list));
    });
    expect(strangers).toEqual([]);
  });
});

describe('every folder', () => {
  /** Sixteen formats are found at once; a room of rooms is read in the map of the house. */
  const wide = [
    'harness',
    'harness/formats',
    'harness/conformance/kinds/networks',
    'harness/conformance/kinds/metrics',
  ];
  const most = 15;

  it('can be taken in at a glance', () => {
    const folders = ['harness', 'recipes', 'scripts'].flatMap((folder) => [
      folder,
      ...readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => relative(root, join(entry.parentPath, entry.name))),
    ]);
    const entries = (folder: string): number => readdirSync(join(root, folder)).length;
    const crowded = folders.filter((folder) => !wide.includes(folder) && entries(folder) > most);
    expect(crowded.map((folder) => `${folder}: ${entries(folder)}`)).toEqual([]);
  });
});

describe('every source file', () => {
  it('opens with one sentence that says what it is', () => {
    const silent = files.filter(
      (file) => !/^(#!.*\n)?\/\*\*\n? ?\*? ?@file \S/.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(silent).toEqual([]);
  });

  it('opens with at most a hundred characters, verb or noun first', () => {
    const sentences = files.map((file) => {
      const [, block] = /@file ([\s\S]*?)\*\//.exec(readFileSync(join(root, file), 'utf8')) ?? [];
      const text = (block ?? '').replaceAll(/\s*\n \*\n[\s\S]*/g, '').replaceAll(/\s*\n \* ?/g, ' ');
      return { file, sentence: text.trim().split(/(?<=[.!?])(?<!al\.) /)[0]! };
    });
    const long = sentences.filter(
      ({ sentence }) => sentence.length > 100 || /^(What|How|Which|Where|Whether|Everything)\b/.test(sentence),
    );
    expect(long).toEqual([]);
  });

  it('has a name that says more than utils, helpers, common, misc or shared', () => {
    expect(files.filter((file) => /(^|[/-])(utils?|helpers?|common|misc|shared)\.ts$/.test(file))).toEqual([]);
  });

  it('names its imports with their ending', () => {
    expect(imports.filter((one) => isRelative(one) && !/\.(ts|json)$/.test(one.specifier)).map(written)).toEqual([]);
  });

  it('imports only packages that are installed for use, not those of development', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const strangers = imports.filter(
      (one) => !isRelative(one) && !one.specifier.startsWith('node:') && !(packageOf(one.specifier) in dependencies),
    );
    expect(strangers.map(written)).toEqual([]);
  });
});

/** Files along a cycle, first file twice; undefined where there is none. */
function cycleIn(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const search = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const cycle = search(next, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const cycle = search(file, []);
    if (cycle) return cycle;
  }
  return undefined;
}

function exportedFunctionsWithoutSource(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  return source.statements
    .filter((node) => ts.isFunctionDeclaration(node))
    .filter((node) => node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword))
    .filter((node) => !text.slice(node.getFullStart(), node.getStart()).includes('Source:'))
    .map((node) => `${file}: ${node.name?.text ?? 'default'}`);
}
