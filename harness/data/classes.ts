/**
 * @file Checks that the network has a label for every class of the data set.
 *
 * The check comes before anything is packed or trained.
 */
import { DataError, described } from '../core/errors.ts';

/** @throws DataError when the data have labels that the network has not: an index beyond its table is an error on one device and zeros on another */
export function requireClasses(where: string, classes: number, networkClasses: number | null): void {
  if (networkClasses === null || classes <= networkClasses) return;
  throw new DataError({
    where,
    got: described(`${classes.toLocaleString('en-US')} classes`),
    expected: `at most the ${networkClasses.toLocaleString('en-US')} of the network`,
    remedy: 'Name a data set of the classes of the recipe with --data',
  });
}
