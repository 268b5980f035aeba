/** @file Bundles code of this project as one script for a browser. */
import { buildSync } from 'esbuild';

/** @param entry path of the script's first file */
export function bundledScript(entry: string): string {
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'silent',
  });
  return outputFiles[0]!.text.trim();
}
