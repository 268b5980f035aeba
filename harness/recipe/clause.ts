/** @file Type of one clause of a paper: text, code, tests that hold it, and any deviation. */

/**
 * Where a clause is known from: its paper, code (the authors' or that of others who followed the paper), texts of others that quote the paper,
 * or memory alone, to be confirmed.
 */
type KnownFrom = 'read in the paper' | 'read in code' | 'read in other texts' | 'recalled';

export interface Clause {
  readonly paper: 'CT' | 'iCT';
  /** Where in the paper: `table 3`, `algorithm 1, line 4`, `appendix C`; its subject where the place was not read. */
  readonly place: string;
  readonly says: string;
  readonly known: KnownFrom;
  /** `<file>#<name>`: a declaration at the top of a file, or `<class>.<method>`. */
  readonly code: readonly string[];
  /** `<test file> > <words of a test's title>`, or a reference case below tests/golden such as `networks/ema/ct-short`. */
  readonly heldBy: readonly string[];
  readonly deviation: string | null;
}
