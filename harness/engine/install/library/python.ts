/** @file Finds a Python 3 whose pip can download wheels for a named platform. */
import { EngineError, described } from '../../../core/errors.ts';
import type { InstallContext } from '../context.ts';
import { runGuarded } from '../../../system/process/guarded-process.ts';
import { findProgram } from '../../../system/process/program.ts';

/** The first pip that takes several `--platform` options. */
const oldestPip = 21;

const packages = 'On Debian or Ubuntu: sudo apt-get install python3 python3-pip';
const otherWays = 'or name another with PYTHON=/path/to/python3';

/**
 * `PYTHON`, `python3` or `python`, whichever first has pip.
 * @throws EngineError that says whether Python or its pip is missing, and how to get it
 */
export async function findPython({ environment, signal }: InstallContext): Promise<string> {
  const candidates = environment.PYTHON ? [environment.PYTHON] : ['python3', 'python'];
  const present = candidates.filter((name) => findProgram(name, environment) !== undefined);
  if (present.length === 0) {
    throw new EngineError({
      where: 'engine',
      got: described(`no ${candidates.join(' or ')} in PATH`),
      expected: 'Python 3 with pip, which fetches TensorFlow once',
      remedy: `${packages}; ${otherWays}`,
    });
  }
  let said = '';
  for (const python of present) {
    const { code, output, errors } = await runGuarded([python, '-m', 'pip', '--version'], { environment, signal });
    const version = Number(/^pip (\d+)/.exec(output)?.[1]);
    if (code === 0 && version >= oldestPip) return python;
    said = code === 0 ? `pip ${version}` : lastLine(errors);
  }
  throw new EngineError({
    where: present[0]!,
    got: described(`Python without a pip that can be used (${said})`),
    expected: `pip ${oldestPip} or newer, which fetches TensorFlow once`,
    remedy: `${packages}; elsewhere: ${present[0]!} -m ensurepip --upgrade; ${otherWays}`,
  });
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
