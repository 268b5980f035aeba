/** @file Events of a training run: the lines of `events.jsonl`. */

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
    };
