/** @file The Python environment of the peers: what is said where it is missing or cannot be made, and what is pinned. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installPeers, peersEnvironment } from '../../../harness/bench/peers/peers-environment.ts';
import { systemClock } from '../../../harness/core/clock.ts';
import { HarnessError, exitCodes } from '../../../harness/core/errors.ts';
import { sha256 } from '../../../harness/core/hash.ts';
import { silence } from '../../../harness/system/progress.ts';

const requirements = resolve(import.meta.dirname, '../../../harness/bench/peers/requirements.txt');
const emptyCache = () => mkdtempSync(join(tmpdir(), 'bench-peers-'));
const options = { output: silence, clock: systemClock };

describe('the pinned list', () => {
  const lines = readFileSync(requirements, 'utf8').trim().split('\n');

  it('names one version and at least one sha256 of every package', () => {
    expect(lines.filter((line) => !/^[a-z0-9-]+==[\w.]+( --hash=sha256:[0-9a-f]{64})+$/.test(line))).toEqual([]);
  });

  it('holds the frameworks and the reader of the common inputs', () => {
    const names = lines.map((line) => line.split('==')[0]);
    expect(names).toEqual(expect.arrayContaining(['torch', 'jax', 'jaxlib', 'numpy', 'safetensors']));
  });
});

describe('an environment', () => {
  it('that is not there is named with the command that makes it', () => {
    const cache = emptyCache();
    const folder = join(cache, 'peers', sha256(readFileSync(requirements)).slice(0, 12));
    expect(() => peersEnvironment(requirements, { CONSISTENCY_CACHE: cache })).toThrow(
      `--peers: got no Python environment in ${folder}, expected the pinned PyTorch and JAX, in an environment of their own. Make it with \`npm run bench -- peers install\` (about 6 GB), or leave out --peers.`,
    );
  });

  it('that is whole is used', async () => {
    const cache = emptyCache();
    const folder = join(cache, 'peers', sha256(readFileSync(requirements)).slice(0, 12));
    mkdirSync(folder, { recursive: true });
    const environment = { CONSISTENCY_CACHE: cache };
    expect(() => peersEnvironment(requirements, environment)).toThrow('got no Python environment');
    writeFileSync(join(folder, 'complete.json'), '{}');
    const place = { folder, python: join(folder, 'bin', 'python') };
    expect(peersEnvironment(requirements, environment)).toEqual(place);
    expect(await installPeers(requirements, { ...options, environment })).toEqual(place);
  });

  it('cannot be made without a Python', async () => {
    const environment = { CONSISTENCY_CACHE: emptyCache(), PATH: '/nowhere', PYTHON: 'python9' };
    await expect(installPeers(requirements, { ...options, environment })).rejects.toThrow(
      'peers: got no python9 in PATH, expected Python 3.11 to 3.14 with venv. Install one (on Debian or Ubuntu: sudo apt-get install python3-venv), or name one with PYTHON=/path/to/python3.',
    );
  });

  it.each<[string, string, string]>([
    [
      'with another Python than the wheels are for',
      'echo 3 9',
      'peers: got Python 3.9, expected Python 3.11 to 3.14 with venv.',
    ],
    [
      'with a Python without venv',
      'echo "No module named ensurepip" >&2; exit 1',
      'peers: got PYTHON without venv and ensurepip, expected Python 3.11 to 3.14 with venv.',
    ],
  ])('cannot be made %s', async (_, answer, message) => {
    const cache = emptyCache();
    const python = program(join(cache, 'python'), answer);
    const environment = { ...process.env, CONSISTENCY_CACHE: cache, PYTHON: python };
    await expect(installPeers(requirements, { ...options, environment })).rejects.toThrow(
      message.replace('PYTHON', python),
    );
  });

  it.each<[string, string, number]>([
    ['ERROR: No matching distribution found for torch==2.15.0', 'exit code 1 (ERROR: No matching', exitCodes.badInput],
    ['WARNING: Max retries exceeded', 'exit code 1 (WARNING: Max retries exceeded)', exitCodes.transient],
    ['ERROR: [Errno 28] No space left on device', 'a full disk', exitCodes.badInput],
  ])('that pip does not finish (%s) leaves nothing behind', async (said, got, exitCode) => {
    const cache = emptyCache();
    // What `python -m venv` makes here is a python that fails as pip does.
    const makesVenv = [
      'if [ "$1" = -c ]; then echo 3 12; exit; fi',
      'mkdir -p "$3/bin"',
      `printf '#!/bin/sh\\necho "%s" >&2\\nexit 1\\n' '${said}' > "$3/bin/python"`,
      'chmod +x "$3/bin/python"',
    ];
    const python = program(join(cache, 'python'), makesVenv.join('\n'));
    const environment = { ...process.env, CONSISTENCY_CACHE: cache, PYTHON: python };
    const thrown: unknown = await installPeers(requirements, { ...options, environment }).catch((e: unknown) => e);
    expect(thrown).toBeInstanceOf(HarnessError);
    expect((thrown as HarnessError).message).toContain(`got ${got}`);
    expect((thrown as HarnessError).exitCode).toBe(exitCode);
    expect(readdirSync(join(cache, 'peers'))).toEqual([]);
  });
});

function program(path: string, script: string): string {
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}
