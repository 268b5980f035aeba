/** @file Runs the command of its arguments guarded, until it is killed. */
import { runGuarded } from '../../../harness/system/process/guarded-process.ts';

await runGuarded(process.argv.slice(2), { environment: process.env, signal: new AbortController().signal });
