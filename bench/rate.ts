// Benches that answer in a unit: besides vitest's table, each prints the median of its runs as amount per second. Few, long runs: what is benched takes
// a tenth of a second to a minute.
import { bench } from "vitest";

const RUNS = 3;

export interface RateBench {
  readonly name: string;
  /** What one run does, such as 42825664 wavelet-hops; asked after the runs. */
  readonly amount: () => number;
  readonly unit: string;
  readonly run: () => void;
}

export function benchRate({ name, amount, unit, run }: RateBench): void {
  let seconds: number[] = [];
  const timed = () => {
    const started = performance.now();
    run();
    seconds.push((performance.now() - started) / 1000);
  };
  bench(name, timed, {
    time: 0,
    iterations: RUNS,
    warmupTime: 0,
    warmupIterations: 1,
    teardown(_task, mode) {
      const median = seconds.sort((a, b) => a - b)[Math.floor(seconds.length / 2)] ?? NaN;
      seconds = [];
      const what = mode === "run" ? name : `${name}, first run`;
      console.log(`${what}: ${printRate(amount() / median)} ${unit}/s (${median.toFixed(3)} s)`);
    },
  });
}

function printRate(rate: number): string {
  if (rate >= 1e9) return `${(rate / 1e9).toFixed(2)} G`;
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M` : rate.toPrecision(3);
}
