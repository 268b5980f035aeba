/** @file Finds a program in the folders of PATH, as a shell does. */
import { diskOf, constants } from '../disk.ts';
import { delimiter, join } from 'node:path';

const { accessSync, statSync } = diskOf('process/program');

/** The path of an executable file of that name; a name with a slash is a path already. */
export function findProgram(name: string, environment: NodeJS.ProcessEnv): string | undefined {
  const candidates = name.includes('/')
    ? [name]
    : (environment.PATH ?? '').split(delimiter).map((folder) => join(folder || '.', name));
  return candidates.find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
