/** @file Words as a shell reads them. */

/** A word as a shell reads it: quoted where it must be. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line of these words. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
