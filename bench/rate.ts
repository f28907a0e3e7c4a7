// Benches that answer in a unit: besides vitest's table, each prints the median of its runs as amount per second. Few, long runs: what is benched takes
// a tenth of a second to a minute.
import { bench } from "vitest";

const RUNS = 3;
/** Runs that take longer than this are not repeated. */
const LONG_SECONDS = 8;

export interface RateBench {
  readonly name: string;
  /** What one run does, such as 42825664 wavelet-hops; asked after the runs. */
  readonly amount: () => number;
  readonly unit: string;
  readonly run: () => void;
}

export function benchRate({ name, amount, unit, run }: RateBench): void {
  const seconds: number[] = [];
  const timed = () => {
    if ((seconds[0] ?? 0) > LONG_SECONDS) return;
    const started = performance.now();
    run();
    seconds.push((performance.now() - started) / 1000);
  };
  const print = (what: string, median: number) =>
    console.log(`${what}: ${printRate(amount() / median)} ${unit}/s (${median.toFixed(3)} s)`);
  bench(name, timed, {
    time: 0,
    iterations: RUNS,
    warmupTime: 0,
    warmupIterations: 1,
    teardown(_task, mode) {
      const [first = NaN] = seconds;
      if (mode === "warmup") return print(`${name}, first run`, first);
      const warm = seconds.slice(1).sort((a, b) => a - b);
      const median = warm[Math.floor(warm.length / 2)];
      if (median !== undefined) print(name, median);
    },
  });
}

function printRate(rate: number): string {
  if (rate >= 1e9) return `${(rate / 1e9).toFixed(2)} G`;
  return rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M` : rate.toPrecision(3);
}
