/** @file Interface of a kind of reference cases. */
import type { ConformanceCase } from '../case.ts';
import type { ProducedTensors } from '../judge/judge-tensors.ts';
import type { Produce, Produced } from '../judge/judge-values.ts';

/** Of the set `networks`: tensors by name. */
export type NetworkKind = Kind<ProducedTensors, TensorPart>;

/** Of the set `metrics`: named values; where a case expects a refusal, `produce` throws. */
export type MetricKind = Kind<Produced, ValuePart>;

/** Runs a case by the project's own public functions: as a whole, or in parts that are judged one by one. */
type Kind<Result, Part> = {
  /** Whether the engine must be loaded before the kind runs, or which of its cases need it. */
  readonly needsEngine: boolean | ((reference: ConformanceCase) => boolean);
} & (
  | { readonly produce: (reference: ConformanceCase) => Result | Promise<Result> }
  | { readonly partsOf: (reference: ConformanceCase) => readonly Part[] }
);

/** Tensors that are judged apart from others of their case. */
export interface TensorPart {
  /** Stands before the tensor with the largest error. */
  readonly name?: string;
  readonly produce: () => ProducedTensors | Promise<ProducedTensors>;
  /** The tolerance of a tensor, as it stands in a pack; that of the case unless given. */
  readonly toleranceOf?: (tensor: string) => unknown;
  /** Names of the expected tensors; all of the case unless given. */
  readonly expected?: readonly string[];
}

/** Values that are judged apart from others of their case. */
export interface ValuePart {
  /** Stands before the value with the largest error. */
  readonly name?: string;
  readonly produce: Produce;
  /** As they stand in a pack; those of the case unless given. */
  readonly expected?: Readonly<Record<string, unknown>>;
  readonly tolerance?: Readonly<Record<string, unknown>>;
}
