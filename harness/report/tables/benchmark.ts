/** @file Formats a benchmark as CSV, as lines for a terminal, and as a section of RESULTS.md. */
import { stringify } from 'csv-stringify/sync';
import { formatBytes, formatCount, formatDuration, significant } from '../../core/units.ts';
import {
  benchmarkRows,
  type Benchmark,
  type BenchmarkRow,
  type BenchmarkSubject,
} from '../../results/benchmark/benchmark.ts';
import { fewestRounds, median } from '../../results/benchmark/rounds.ts';

/** In this order in the file: one row per subject and iteration; an empty field is "does not apply" or "not measured". */
export const benchmarkColumns = [
  'what',
  'size',
  'parameters',
  'subject',
  'version',
  'note',
  'device',
  'threads',
  'images',
  'round',
  'iteration',
  'milliseconds',
  'medianMilliseconds',
  'imagesPerSecond',
  'flopsPerSecond',
  'convolutionFlopsPerSecond',
  'shareOfPeak',
  'ratio',
  'ratioLow',
  'ratioHigh',
  'ratioOfFastest',
  'firstCallMilliseconds',
  'compiledEarlier',
  'handlesPerIteration',
  'peakResidentBytes',
  'peakDeviceBytes',
  'foreignProcessorShare',
  'cpuModel',
  'gpuModel',
  'tensorflow',
  'machineFingerprint',
  'commit',
  'dirty',
] as const;

type CsvRow = Readonly<Partial<Record<(typeof benchmarkColumns)[number], string | number | boolean | null>>>;

/** The file's text: RFC 4180 with `\n`, booleans as `true` and `false`, formulas of spreadsheets disarmed. */
export function benchmarkCsv(benchmark: Benchmark): string {
  const rows = benchmarkRows(benchmark);
  const lines = benchmark.subjects.flatMap((subject, i) => csvRows(benchmark, subject, rows[i]!));
  return stringify(lines, {
    header: true,
    columns: [...benchmarkColumns],
    cast: { boolean: (value) => (value ? 'true' : 'false') },
    escape_formulas: true,
    record_delimiter: '\n',
  });
}

function csvRows(benchmark: Benchmark, subject: BenchmarkSubject, row: BenchmarkRow): CsvRow[] {
  const { what, size, parameters, device, threads, machine, provenance } = benchmark;
  const convolutionFlopsPerSecond = median(benchmark.convolutionFlopsPerSecond);
  const { version, note, images, firstCallMilliseconds, handlesPerIteration } = subject;
  const { milliseconds, imagesPerSecond, flopsPerSecond, shareOfPeak, ratio, ratioOfFastest, interval } = row;
  const same: CsvRow = {
    ...{ what, size, parameters, subject: subject.name, version, note, device, threads, images },
    ...{
      medianMilliseconds: milliseconds,
      imagesPerSecond,
      flopsPerSecond,
      convolutionFlopsPerSecond,
      shareOfPeak,
      ratio,
      ratioLow: interval?.low ?? null,
      ratioHigh: interval?.high ?? null,
      ratioOfFastest,
    },
    ...{ firstCallMilliseconds, compiledEarlier: subject.compiledEarlier ?? false, handlesPerIteration },
    peakResidentBytes: subject.peakResidentBytes,
    peakDeviceBytes: subject.peakDeviceBytes,
    foreignProcessorShare: benchmark.foreignProcessorShare,
    cpuModel: machine.cpuModel,
    gpuModel: machine.gpu?.model ?? null,
    tensorflow: machine.tensorflow,
    machineFingerprint: machine.fingerprint,
    commit: provenance.commit,
    dirty: provenance.dirty,
  };
  return subject.rounds.flatMap((durations, round) =>
    durations.map((duration, iteration): CsvRow => ({
      ...same,
      round: round + 1,
      iteration: iteration + 1,
      milliseconds: duration,
    })),
  );
}

const heads = ['', 'ms', 'min', 'max', 'images/s', 'GFLOP/s', 'of peak', 'first call', 'memory', 'handles', 'ratio'];

/** For a person at a terminal: one line per subject, then what was skipped and what the ratios say. */
export function benchmarkLines(benchmark: Benchmark): string[] {
  const cells = [heads, ...tableCells(benchmark)];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const table = cells.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
  );
  return [titleOf(benchmark), '', ...table, '', ...remarks(benchmark)];
}

/** The section of RESULTS.md: a table and where its raw durations are. */
export function benchmarkSection(benchmark: Benchmark, folder: string): string {
  const { machine, provenance } = benchmark;
  return [
    `### Speed: ${titleOf(benchmark)}`,
    markdownTable(heads, tableCells(benchmark)),
    remarks(benchmark)
      .map((text) => `- ${text}`)
      .join('\n'),
    `${machine.os}, ${codeText(provenance)}; every duration: [benchmark.csv](${folder}/benchmark.csv). Measured again by \`${provenance.commands[0]?.line ?? 'npm run bench'}\`.`,
  ].join('\n\n');
}

/** @param heads of the columns, the first to the left and the others to the right */
export function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]): string => `| ${row.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}

/** For a reader: the commit that was measured. */
export function codeText({ commit, dirty }: Benchmark['provenance']): string {
  if (commit === null) return 'an unknown commit';
  const changes = dirty === null ? ', changes not known' : dirty ? ' with changes' : '';
  return `commit ${commit.slice(0, 12)}${changes}`;
}

function titleOf(benchmark: Benchmark): string {
  const { what, size, parameters, subjects, device, threads, machine, convolutionFlopsPerSecond } = benchmark;
  const { images, rounds } = subjects[0]!;
  const network = parameters === null ? '' : `, ${formatCount(parameters)} parameters, ${images} images`;
  const on = device === 'gpu' ? (machine.gpu?.model ?? 'GPU') : `${machine.cpuModel}, ${threads} threads`;
  const peak = `convolution peak ${gigaflops(median(convolutionFlopsPerSecond))} GFLOP/s`;
  return `${what} ${size}${network}; ${on}; ${rounds.length} rounds, ${peak}`;
}

function tableCells(benchmark: Benchmark): string[][] {
  return benchmarkRows(benchmark).map((row, i) => {
    const { note, firstCallMilliseconds, peakResidentBytes, peakDeviceBytes, handlesPerIteration } =
      benchmark.subjects[i]!;
    const memory = peakDeviceBytes === null ? '' : ` + ${formatBytes(peakDeviceBytes)}`;
    return [
      note === null ? row.name : `${row.name} (${note})`,
      ...[row.milliseconds, row.fastest, row.slowest].map((ms) => significant(ms, 4)),
      significant(row.imagesPerSecond, 4),
      row.flopsPerSecond === null ? '\u2013' : gigaflops(row.flopsPerSecond),
      row.shareOfPeak === null ? '\u2013' : `${(100 * row.shareOfPeak).toFixed(0)} %`,
      formatDuration(firstCallMilliseconds / 1000),
      `${formatBytes(peakResidentBytes)}${memory}`,
      handlesPerIteration === null ? '\u2013' : significant(handlesPerIteration, 3),
      row.ratio.toFixed(3),
    ];
  });
}

/** What the first subject is to each of the others, what was compiled earlier, and what was not measured. */
function remarks(benchmark: Benchmark): string[] {
  const [first, ...others] = benchmarkRows(benchmark);
  const [own, ...compared] = benchmark.subjects;
  const ratios = others.map((row, i) => {
    const memory = own!.peakResidentBytes / compared[i]!.peakResidentBytes;
    return `${first!.name} takes ${timeText(row)} and ${memory.toFixed(2)} x the memory of ${row.name}${standingText(row)}.`;
  });
  const few = others.length > 0 && own!.rounds.length < fewestRounds;
  const earlier = benchmark.subjects.filter(({ compiledEarlier }) => compiledEarlier).map(({ name }) => name);
  return [
    ...ratios,
    ...(few ? [`${own!.rounds.length} rounds give no interval (${fewestRounds} do): neither ahead nor behind.`] : []),
    ...earlier.map(
      (name) => `The first call of ${name} is of an earlier benchmark on this machine, whose compilation was kept.`,
    ),
    ...idleness(benchmark).map((text) => `${text}.`),
    ...benchmark.skipped.map(({ name, why }) => `Not measured: ${name}: ${why}.`),
  ];
}

/** Time of the first subject over that of a row; ends of an interval change places with their reciprocals. */
function timeText({ ratio, ratioOfFastest, interval }: BenchmarkRow): string {
  const share = (value: number): string => (1 / value).toFixed(3);
  const between = interval ? `95 % interval ${share(interval.high)} to ${share(interval.low)}, ` : '';
  return `${share(ratio)} x the time (${between}fastest rounds ${share(ratioOfFastest)})`;
}

const standings = {
  ahead: 'ahead',
  behind: 'behind',
  undecided: 'neither ahead nor behind, since the interval holds 1',
};

function standingText({ first }: BenchmarkRow): string {
  return first === null ? '' : `: ${standings[first]}`;
}

/** Above this, durations say as much of the other processes as of the subjects. */
const foreignLimit = 0.03;

/** What others took of the processors, without a full stop; nothing where it is not known. */
export function idleness({ foreignProcessorShare: share }: Pick<Benchmark, 'foreignProcessorShare'>): string[] {
  if (share === null) return [];
  const said = `Other processes took ${(100 * share).toFixed(1)} % of the processors during the rounds`;
  return [share > foreignLimit ? `${said}: measure again on an idle machine` : said];
}

function gigaflops(flopsPerSecond: number): string {
  return significant(flopsPerSecond / 1e9, 4);
}
