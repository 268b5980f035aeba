/** @file Folders of small programs for a PATH of a test's own. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Makes a folder with shell scripts of the given names and texts.
 * @param real programs of this machine that are linked into it
 */
export function programFolder(
  folder: string,
  scripts: Readonly<Record<string, string>>,
  real: readonly string[] = [],
): string {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  for (const path of real) symlinkSync(path, join(folder, path.slice(path.lastIndexOf('/') + 1)));
  return folder;
}
