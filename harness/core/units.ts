/** @file Formats quantities with units, for terminals and reports. */

const binarySteps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** 1536 -> `1.50 KiB`; below 1 KiB in whole bytes. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let step = 0;
  while (Math.abs(value) >= 1024 && step < binarySteps.length - 1) {
    value /= 1024;
    step++;
  }
  return step === 0 ? `${value} B` : `${significant(value, 3)} ${binarySteps[step]!}`;
}

/** Seconds as the two largest units that matter: `42 s`, `3 min 05 s`, `2 h 10 min`, `12 d 4 h`; below 10 s with one decimal. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return 'unknown';
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(seconds / 3600);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** 409600000 -> `409.6 M`, 12800 -> `12,800`. */
export function formatCount(count: number): string {
  if (Math.abs(count) >= 1e9) return `${trim((count / 1e9).toFixed(3))} G`;
  if (Math.abs(count) >= 1e6) return `${trim((count / 1e6).toFixed(2))} M`;
  return count.toLocaleString('en-US', { maximumFractionDigits: 1 });
}

/** A number with so many significant digits, without exponent between 1e-4 and 1e6. */
export function significant(value: number, digits: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -4 || magnitude >= 6) return value.toExponential(digits - 1);
  return value.toFixed(Math.max(0, digits - 1 - magnitude));
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}

function trim(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
