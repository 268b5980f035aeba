/** @file Events of a training run: the lines of `events.jsonl`. */

export const eventsFileName = 'events.jsonl';

export type TrainEvent =
  | { readonly event: 'start'; readonly step: 0; readonly images: 0 }
  | { readonly event: 'resume' | 'checkpoint' | 'score' | 'finish'; readonly step: number; readonly images: number }
  | {
      readonly event: 'train';
      readonly step: number;
      readonly images: number;
      readonly loss: number;
      readonly gradientNorm: number;
      readonly levels: number;
      readonly trainSeconds: number;
    }
  /** Bits of steps `step`, `step` + 1 ...: 8 hexadecimal digits each. */
  | { readonly event: 'digest'; readonly step: number; readonly loss: string; readonly gradientNorm: string }
  /** The first 16 hexadecimal digits of each tensor's sha256 after `step` steps. */
  | { readonly event: 'tensors'; readonly step: number; readonly sha256: Readonly<Record<string, string>> };
