/**
 * @file Locates a user-supplied TensorFlow, named by CONSISTENCY_TENSORFLOW.
 *
 * The variable holds the folder that `tf.sysconfig.get_lib()` prints.
 */
import { exists, realPath } from '../../../system/files/files.ts';
import { join, resolve } from 'node:path';
import { EngineError, described } from '../../../core/errors.ts';
import { sha256 } from '../../../core/hash.ts';
import type { AddonPlace } from './addon.ts';
import { linkedLibraries } from './sources.ts';
import { fileState } from '../recorded-file.ts';

const header = 'include/tensorflow/c/eager/c_api.h';

/**
 * Where the addon of the named TensorFlow lies; undefined when none is named. A TensorFlow that is replaced under the same path has
 * other sizes and times, so that another addon is built.
 * @throws EngineError when the folder, one of the two libraries or the headers are not there
 */
export function ownTensorflow(root: string, environment: NodeJS.ProcessEnv): AddonPlace | undefined {
  const named = environment.CONSISTENCY_TENSORFLOW;
  if (!named) return undefined;
  const folder = resolve(named);
  for (const file of ['', ...linkedLibraries, header]) {
    if (!exists(join(folder, file))) throw missing(folder, file);
  }
  const real = realPath(folder);
  return {
    folder: join(root, `own-${sha256(real).slice(0, 8)}`),
    tensorflow: { libraries: real, include: join(real, 'include'), runPath: real },
    linkedTo: Object.fromEntries(linkedLibraries.map((name) => [name, { ...fileState(join(real, name)) }])),
  };
}

function missing(folder: string, file: string): EngineError {
  return new EngineError({
    where: `CONSISTENCY_TENSORFLOW=${folder}`,
    got: described(file === '' ? 'no such folder' : `a folder without ${file}`),
    expected: `the folder that holds ${linkedLibraries.join(', ')} and include/`,
    remedy:
      'Name what `python3 -c "import tensorflow as tf; print(tf.sysconfig.get_lib())"` prints for TensorFlow 2.21, or unset the variable to have the pinned one fetched',
  });
}
