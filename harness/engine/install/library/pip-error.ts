/** @file Translates pip's messages into errors: network, package index, disk, or a wrong hash. */
import { asWriteError } from '../../../system/files/system-error.ts';
import { withoutCredentials } from '../../../system/download/proxy.ts';
import { EngineError, described, exitCodes } from '../../../core/errors.ts';
import type { Ended } from '../../../system/process/guarded-process.ts';
import type { Requirement } from './wheel-set.ts';

/** The last of these is all that pip says where it may not try again. */
const network =
  /NewConnectionError|ConnectTimeout|ReadTimeout|Failed to establish|name resolution|ProxyError|Max retries|Connection (aborted|reset|refused|broken)|Network is unreachable|timed out|IncompleteRead|SSLError|HTTP error 5\d\d|from versions: none/i;

/** The lines in which pip names the cause rather than what it tried. */
const reasons = /^(ERROR|WARNING: Retrying|error): ?/;

/** @param folder where finished wheels lie, and where one can be put by hand */
export function asPipError(one: Requirement, ended: Ended, folder: string): unknown {
  const said = `${ended.output}\n${ended.errors}`;
  const where = `pip download ${one.name}==${one.version}`;
  if (/No space left on device|Disk quota exceeded/i.test(said)) {
    return asWriteError(folder, Object.assign(new Error(said), { code: 'ENOSPC' }));
  }
  if (said.includes('DO NOT MATCH THE HASHES')) {
    const [, got] = /Got\s+([0-9a-f]{64})/.exec(said) ?? [];
    return new EngineError({
      where,
      got: described(`a file with sha256 ${got ?? '(unknown)'}`),
      expected: `sha256 ${one.sha256}`,
      remedy:
        'The file was not kept and must not be used: see with `pip config list` from which index it comes, then start again',
    });
  }
  if (network.test(said)) {
    return new EngineError(
      {
        where,
        got: described(`no connection to the package index (${lastReason(said)})`),
        expected: 'to download it',
        remedy: `Check the network and pip's proxy and index (\`pip config list\`), then start again: finished files are kept. Without a network put the wheel with sha256 ${one.sha256} into ${folder} by hand`,
      },
      { exitCode: exitCodes.transient },
    );
  }
  if (/No matching distribution|Could not find a version/.test(said)) {
    return new EngineError({
      where,
      got: described('a package index without this version'),
      expected: 'an index with the pinned file',
      remedy: 'See with `pip config list` which index pip asks, and use one that carries all of PyPI',
    });
  }
  return new EngineError({
    where,
    got: described(`pip's exit code ${ended.code} (${lastReason(said)})`),
    expected: 'to download it',
    remedy: 'Mend what pip names, then start again: finished files are kept',
  });
}

function lastReason(said: string): string {
  const lines = said.split('\n').filter((line) => line.trim() !== '');
  const line = lines.findLast((one) => reasons.test(one)) ?? lines.at(-1) ?? 'it said nothing';
  return withoutCredentials(line).replace(reasons, '').trim().slice(0, 120);
}
