/** @file Requests to stop: the first asks for a checkpoint, a second one ends the process at once. */

const stopSignals = ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const;

export interface StopRequest {
  readonly requested: () => boolean;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** Listens for SIGINT (Ctrl-C), SIGTERM and SIGUSR1 (what schedulers send before they pre-empt a job). */
export function listenForStop(onFirst: (signal: string) => void): StopRequest {
  let asked = false;
  const handler = (signal: NodeJS.Signals): void => {
    if (asked && signal !== 'SIGUSR1') process.exit(130);
    if (!asked) onFirst(signal);
    asked = true;
  };
  for (const signal of stopSignals) process.on(signal, handler);
  return {
    requested: () => asked,
    release: () => {
      for (const signal of stopSignals) process.off(signal, handler);
    },
  };
}

/** Calls back with each signal of these that this process gets, until the returned function is called. */
export function passSignals(onSignal: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of stopSignals) process.on(signal, onSignal);
  return () => {
    for (const signal of stopSignals) process.off(signal, onSignal);
  };
}
