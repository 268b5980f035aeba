/** @file Kind `inception-score`: both published variants, from logits or probabilities. */
import { isRecord } from '../../../core/record.ts';
import { blockScore, shuffledScore } from '../../../metrics/values/inception-score.ts';
import { configNumber, type ConformanceCase } from '../../case.ts';
import type { Produced, ProducedValue } from '../../judge/judge-values.ts';
import { tensorIndices, tensorRows } from '../../judge/tensor-rows.ts';
import type { MetricKind } from '../kind.ts';

export const kind: MetricKind = { needsEngine: false, produce: measure };

function measure(reference: ConformanceCase): Produced {
  const input = reference.config.input === 'probabilities' ? 'probabilities' : 'logits';
  const rows = tensorRows(reference, input);
  const values: Record<string, ProducedValue> = {};
  if (typeof reference.config.splits === 'number') {
    const splits = configNumber(reference, 'splits');
    const order = reference.tensors.has('permutation') ? tensorIndices(reference, 'permutation')[0] : undefined;
    const shuffled = shuffledScore(rows, splits, input, order);
    const inOrder = shuffledScore(
      rows,
      splits,
      input,
      Uint32Array.from({ length: rows.n }, (_, i) => i),
    );
    values.torch_fidelity_mean = shuffled.mean;
    values.torch_fidelity_std = shuffled.std;
    values.per_split_shuffled = shuffled.perSplit;
    values.unshuffled_mean = inOrder.mean;
    values.unshuffled_std = inOrder.std;
  }
  if (typeof reference.config.openai_split_size === 'number') {
    const blocks = blockScore(rows, configNumber(reference, 'openai_split_size'), input);
    values.openai_mean = blocks.mean;
    values.per_block_openai = blocks.perSplit;
    if (isRecord(reference.json.expected) && 'openai_block_count' in reference.json.expected) {
      values.openai_block_count = blocks.perSplit.length;
    }
  }
  return { values };
}
