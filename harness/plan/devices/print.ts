/** @file Expenses as a table: one line per scale and device, then what the figures rest on. */
import { formatBytes, formatDuration, significant } from '../../core/units.ts';
import { rateText } from '../print.ts';
import type { Expense, Span } from './expense.ts';
import type { MemoryFit } from './fit.ts';
import type { DeviceModel } from './models.ts';

/**
 * @param models the rows of the table of devices that the estimates rest on
 * @param pricePerHour as given; its currency is the person's
 */
export function expenseText(
  expenses: readonly Expense[],
  models: readonly DeviceModel[],
  pricePerHour?: number,
): string {
  const isPriced = pricePerHour !== undefined;
  const head = ['scale', 'device', 'cells', 'device time', 'device hours', 'kWh', 'memory', 'images per pass'];
  const rows = [
    [...head, ...(isPriced ? [`money at ${pricePerHour} an hour`] : [])],
    ...expenses.map((expense) => [...expenseRow(expense), ...(isPriced ? [spanOf(expense.money, money)] : [])]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]! + 2)).join('')}`.trimEnd(),
  );
  return ['Expense', ...lines, '', ...notes(expenses, models)].join('\n');
}

function expenseRow({ scale, calibration, cells, deviceSeconds, joules, memory, passImages }: Expense): string[] {
  const [least, most] = passImages;
  return [
    scale,
    calibration.device,
    String(cells),
    spanOf(deviceSeconds, formatDuration),
    spanOf(deviceSeconds, (seconds) => amount(seconds / 3600)),
    spanOf(joules, (joule) => amount(joule / 3.6e6)),
    memory ? memoryText(memory) : 'unknown',
    least === most ? String(least) : `${least} to ${most}`,
  ];
}

function memoryText({ peakBytes, memoryBytes, fits }: MemoryFit): string {
  return `${formatBytes(peakBytes)} of ${formatBytes(memoryBytes)}${fits ? '' : ': does not fit'}`;
}

function notes(expenses: readonly Expense[], models: readonly DeviceModel[]): string[] {
  const rates = [...new Set(expenses.map(({ calibration }) => rateText(calibration)))];
  const isEstimated = expenses.some(({ calibration }) => calibration.basis?.kind === 'estimated');
  const sheets = models.map(
    ({ name, memoryGiB, peak, bandwidth, watts, source, evidence }) =>
      `${name}: ${memoryGiB} GiB, peak ${peak} TFLOP/s, ${bandwidth} TB/s, ${watts} W (${source}, ${evidence})`,
  );
  return [
    ...rates.map((rate) => `Rate: ${rate}.`),
    ...(isEstimated
      ? [
          'An estimate is scaled from an A100 by peak and bandwidth: this project has not been run on the device. `npm run engine -- check` on it measures the rate.',
        ]
      : []),
    ...sheets,
    'Device hours are those of one device. Energy is that of the board at its greatest power, without the machine around it. Memory is an estimate. Scoring is not counted.',
  ];
}

function spanOf(span: Span | null, text: (value: number) => string): string {
  if (span === null) return 'unknown';
  const [low, middle, high] = [span.low, span.middle, span.high].map(text);
  return low === high ? middle! : `${middle!} (${low!} to ${high!})`;
}

/** Two digits at least, whole numbers from 100 on. */
function amount(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : significant(value, 2);
}

function money(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 2, minimumFractionDigits: 2 });
}
