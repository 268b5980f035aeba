/** @file Chooses the rows of a night: by name, by length and by device; every other row is left out by name. */
import { UsageError } from '../../core/errors.ts';
import { suggestion } from '../../core/suggest.ts';
import type { Device } from '../../core/device.ts';
import type { Delivery } from '../night.ts';
import type { NightlyPlan, NightlyRow } from '../row.ts';

export interface Choice {
  /** Ids of rows or of groups; null: all. */
  readonly only: readonly string[] | null;
  readonly quick: boolean;
  readonly device: Device;
}

export interface Selection {
  readonly rows: readonly NightlyRow[];
  readonly leftOut: Readonly<Record<string, Delivery>>;
}

/** @throws UsageError for an id that no row or group has, and when nothing is left */
export function chooseRows(plan: NightlyPlan, { only, quick, device }: Choice): Selection {
  const known = [...new Set(plan.rows.flatMap(({ id, group }) => [id, group]))];
  for (const id of only ?? []) {
    if (known.includes(id)) continue;
    throw new UsageError({
      where: '--only',
      got: id,
      expected: 'rows or groups of the nightly plan',
      remedy: suggestion(id, known),
    });
  }
  const reason = (row: NightlyRow): string | null => {
    if (only !== null && !only.includes(row.id) && !only.includes(row.group)) return 'not named by --only';
    if (quick && !row.quick) return 'not part of --quick';
    return row.device === 'gpu' && device !== 'gpu' ? 'it needs a GPU, and the night ran on the CPU' : null;
  };
  const reasons = plan.rows.map((row) => ({ row, why: reason(row) }));
  const rows = reasons.filter(({ why }) => why === null).map(({ row }) => row);
  if (rows.length === 0) {
    const named = only?.join(',') ?? 'all';
    const remedy = reasons.find(({ why }) => why !== 'not named by --only')?.why ?? 'Name other rows';
    throw new UsageError({ where: '--only', got: named, expected: 'a row that can be measured here', remedy });
  }
  const leftOut = reasons.flatMap(({ row, why }) =>
    why === null ? [] : [[row.id, { kind: 'left-out', why }] as const],
  );
  return { rows, leftOut: Object.fromEntries(leftOut) };
}

/** Rows by group, in the order of the plan. */
export function byGroup<R extends NightlyRow>(rows: readonly R[]): Map<string, R[]> {
  const groups = new Map<string, R[]>();
  for (const row of rows) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}
