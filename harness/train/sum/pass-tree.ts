/**
 * @file The fixed tree in which the passes of a batch are added, whoever computes them.
 *
 * A sum of floats depends on its order. Here the order depends on the number of passes alone: a stretch of passes is the sum of its two halves,
 * the first one the longer where the number is odd. Passes 0 to 3 are (0 + 1) + (2 + 3), on one rank, on two or on four.
 */

/** Passes `first` to `end` - 1. */
export interface Stretch {
  readonly first: number;
  readonly end: number;
}

/** The two parts of a stretch of more than one pass. */
function halves({ first, end }: Stretch): readonly [Stretch, Stretch] {
  const middle = first + Math.ceil((end - first) / 2);
  return [
    { first, end: middle },
    { first: middle, end },
  ];
}

/** The passes of a rank: consecutive ones, as many as every other has. @param passes a multiple of `ranks` */
export function passesOf(rank: number, ranks: number, passes: number): Stretch {
  const each = passes / ranks;
  return { first: rank * each, end: (rank + 1) * each };
}

/** The largest stretches of the tree that make up `part` together, in order: what a rank can add by itself. */
export function wholeStretches(passes: number, part: Stretch): Stretch[] {
  const within = (stretch: Stretch): Stretch[] => {
    if (stretch.first >= part.end || stretch.end <= part.first) return [];
    if (stretch.first >= part.first && stretch.end <= part.end) return [stretch];
    return halves(stretch).flatMap(within);
  };
  return within({ first: 0, end: passes });
}

/**
 * The sum of a stretch in the order of the tree, from the first pass to the last.
 * @param known the value of a stretch that is known, such as a pass; undefined: it is the sum of its halves
 */
export function sumInTree<T>(stretch: Stretch, known: (stretch: Stretch) => T | undefined, add: (a: T, b: T) => T): T {
  const value = known(stretch);
  if (value !== undefined) return value;
  const [left, right] = halves(stretch);
  const first = sumInTree(left, known, add);
  return add(first, sumInTree(right, known, add));
}
