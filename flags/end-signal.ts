/**
 * Calls `stop` at SIGTERM or SIGINT, in place of the handlers of the program's main.ts, which end what serves
 * nobody yet. A second signal ends the program at once, with 1.
 */
export function onEndSignal(stop: (signal: NodeJS.Signals) => void): void {
  let stopping = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    stop(signal);
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const before = process.listeners(signal);
    process.on(signal, handle);
    // Afterwards: with its last handler Node forgets a signal that came while the program loaded.
    for (const listener of before) process.off(signal, listener);
  }
}
