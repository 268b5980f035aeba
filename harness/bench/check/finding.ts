/** @file Findings of a check: what was looked at, how it came out, and in words what was found. */

export interface Finding {
  /** What was looked at: `driver`, `random words`. */
  readonly what: string;
  readonly outcome: 'passed' | 'warned' | 'failed' | 'skipped';
  readonly detail: string;
}

export function finding(what: string, outcome: Finding['outcome'], detail: string): Finding {
  return { what, outcome, detail };
}
