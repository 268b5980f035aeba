/** @file Writes the part that all scripts for other machines share: the command of the cell of a number. */
import { join } from 'node:path';
import { shellLine, shellWord } from '../../core/shell.ts';
import type { CellProcess } from './contract.ts';

export const cellLogName = 'cell.log';

/** Lines of a shell function `cell <number>` that becomes the process of that cell, its output at the end of the cell's log. */
export function cellFunction(cells: readonly CellProcess[]): string {
  const cases = cells.map(
    ({ folder, command }, i) =>
      `    ${i}) exec ${shellLine(command)} >>${shellWord(join(folder, cellLogName))} 2>&1 ;;`,
  );
  return ['cell() {', '  case "$1" in', ...cases, '  esac', '}'].join('\n');
}

/** Lines of a shell function `cell_folder <number>` that prints the folder of that cell. */
export function folderFunction(cells: readonly CellProcess[]): string {
  const cases = cells.map(({ folder }, i) => `    ${i}) echo ${shellWord(folder)} ;;`);
  return ['cell_folder() {', '  case "$1" in', ...cases, '  esac', '}'].join('\n');
}
