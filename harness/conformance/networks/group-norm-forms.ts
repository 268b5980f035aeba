/** @file Forms of group normalisation in which a reference case is run: all that the loaded engine has. */
import { runsNativeOperations } from '../../engine/ops.ts';
import type { PassOptions } from '../../network/pass.ts';

/** How a network is told of a form. */
export type GroupNormForm = Pick<PassOptions, 'groupNorm'>;

const plain: [string, GroupNormForm] = ['plain group normalisation', {}];
const native: [string, GroupNormForm] = ['native group normalisation', { groupNorm: 'native' }];

/** Their names and settings, once the engine is loaded. */
export function groupNormForms(): [name: string, form: GroupNormForm][] {
  return runsNativeOperations() ? [plain, native] : [plain];
}
