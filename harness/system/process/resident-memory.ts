/** @file Peak resident memory of this process. */

/** The largest resident memory so far, in bytes. The system tells it in KiB. */
export function peakResidentBytes(): number {
  return process.resourceUsage().maxRSS * 1024;
}
