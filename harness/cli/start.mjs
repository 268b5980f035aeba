/**
 * @file Starts a command, `node harness/cli/start.mjs <command> [options]`, from a bundle of its sources.
 *
 * Loading three hundred TypeScript files one by one takes longer than most answers. The bundle is made at first use and again as soon as one of
 * its sources is another file than then. A long run keeps the bundle that it began with: what it loads late is of the same version as
 * what it loaded first, whatever happens to the checkout meanwhile.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

const root = resolve(import.meta.dirname, '../..');
const cache = join(root, 'node_modules', '.cache', 'consistency-harness');
/** What npm installed: another version of a package is another bundle. */
const packageList = join(root, 'node_modules', '.package-lock.json');
/** Longer than any process that may still load from an old bundle. */
const keptDays = 60;
/** Small packages that are loaded at every start; the others stay whole, since their instances are shared with native code. */
const bundledPackages = new Set(['commander', 'zod']);

/** @returns {Promise<string>} the file to load: of the bundle, or the source itself where no bundle can be kept */
async function programOf(source) {
  const record = join(cache, `${relative(root, source).replaceAll('/', '-')}.json`);
  const made = recorded(record);
  if (made !== undefined) return made;
  try {
    mkdirSync(cache, { recursive: true });
    return await bundle(source, record);
  } catch (thrown) {
    if (!['EACCES', 'EROFS', 'ENOSPC', 'EPERM', 'ENOTDIR', 'EEXIST'].includes(thrown.code)) throw thrown;
    const { register } = await import('tsx/esm/api');
    register();
    return source;
  }
}

/** The recorded bundle, where every file that went into it is still the same. */
function recorded(record) {
  try {
    const { node, packages, inputs, program } = JSON.parse(readFileSync(record, 'utf8'));
    if (node !== process.version || packages !== stamp(packageList)) return undefined;
    if (inputs.some(([path, was]) => stamp(join(root, path)) !== was)) return undefined;
    statSync(program);
    return program;
  } catch {
    // No record, a cut one, or a source that is gone: the bundle is made again.
    return undefined;
  }
}

/** Changes whenever a file does: its change time is the kernel's own and cannot be set. */
function stamp(path) {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}

async function bundle(source, record) {
  const { build } = await import('esbuild');
  // Before they are read: a file that changes meanwhile must make the bundle old.
  const stamps = new Map();
  const packages = stamp(packageList);
  const folder = join(cache, randomUUID());
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [source],
    outdir: folder,
    bundle: true,
    // What a command loads late stays apart and is loaded late.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    // Errors print the names of their classes.
    keepNames: true,
    outExtension: { '.js': '.mjs' },
    // zod and commander are written for `require` in part.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
    },
    metafile: true,
    logLevel: 'silent',
    plugins: [
      {
        name: 'own sources',
        setup(made) {
          made.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || bundledPackages.has(path.split('/')[0]) ? undefined : { path, external: true },
          );
          // A source goes on to find its neighbours where it stands.
          made.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            stamps.set(path, stamp(path));
            const contents = readFileSync(path, 'utf8')
              .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
              .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
            return { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  const [program] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint !== undefined);
  const inputs = [...stamps].map(([path, was]) => [relative(root, path), was]);
  const content = { node: process.version, packages, inputs, program: join(root, program) };
  const unfinished = `${record}.${randomUUID()}`;
  writeFileSync(unfinished, JSON.stringify(content));
  renameSync(unfinished, record);
  removeOld(folder);
  return content.program;
}

function removeOld(newest) {
  const before = statSync(newest).mtimeMs - keptDays * 86_400_000;
  for (const { name: other, parentPath } of readdirSync(cache, { withFileTypes: true })) {
    const path = join(parentPath, other);
    if (!path.endsWith('.json') && statSync(path).mtimeMs < before) rmSync(path, { recursive: true, force: true });
  }
}

const [name, ...options] = process.argv.slice(2);
const entry = join(root, 'scripts', `${name}.ts`);
process.argv = [process.argv[0], entry, ...options];
process.setSourceMapsEnabled(true);
await import(pathToFileURL(await programOf(entry)).href);
