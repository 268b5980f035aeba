/** @file Type-checks files of the project with edits that are not on disk: what an added row makes the compiler say. */
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const root = join(import.meta.dirname, '..');

/**
 * The compiler's complaints about files, every file read as the edits leave it.
 * @param edits path from the root -> the file's text as it would be
 */
export function faultsWith(
  edits: Readonly<Record<string, (text: string) => string>>,
  files: readonly string[],
): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => readFileSync(path, 'utf8')) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
  const host = ts.createCompilerHost(options);
  const readFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const edit = edits[relative(root, path)];
    if (!edit) return readFile(path, languageVersion, ...rest);
    const [before, after] = [readFileSync(path, 'utf8'), edit(readFileSync(path, 'utf8'))];
    if (before === after) throw new Error(`${path}: the edit found nothing to change`);
    return ts.createSourceFile(path, after, languageVersion);
  };
  const checked = [...Object.keys(edits), ...files].map((file) => join(root, file));
  const program = ts.createProgram(checked, options, host);
  return checked
    .flatMap((path) => program.getSemanticDiagnostics(program.getSourceFile(path)))
    .map(
      ({ file, messageText }) =>
        `${relative(root, file!.fileName)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    );
}
