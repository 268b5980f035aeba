/** @file Forms of group normalisation in which a reference case is run: all that the loaded engine has. */
import { runsNativeOperations } from '../../engine/ops.ts';
import type { PassOptions } from '../../network/pass.ts';
import type { TensorPart } from '../kinds/kind.ts';

/** How a network is told of a form. */
export type GroupNormForm = Pick<PassOptions, 'groupNorm'>;

const plain = { name: 'plain group normalisation', form: {} };
const native = { name: 'native group normalisation', form: { groupNorm: 'native' } } as const;

/** The case in each form, once the engine is loaded. */
export function inGroupNormForms(produce: (form: GroupNormForm) => ReturnType<TensorPart['produce']>): TensorPart[] {
  const forms = runsNativeOperations() ? [plain, native] : [plain];
  return forms.map(({ name, form }) => ({ name, produce: () => produce(form) }));
}
