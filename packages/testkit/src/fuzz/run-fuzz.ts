// Runs cases in a child process and judges them: what was thrown, how long it took, how large the process became. A child that hangs or dies is replaced, and
// the case that it was at is a failure.
import { fork, type ChildProcess } from "node:child_process";
import type { Stage } from "./fuzz-case.ts";
import { MOST_RSS_BYTES, SLOW_SECONDS, type FuzzJob, type FuzzMessage } from "./fuzz-protocol.ts";

const HANG_SECONDS = 30;
/** A child runs so many cases; fresh ones keep what one case leaves behind from counting against another. */
const CASES_PER_CHILD = 5000;

export interface FuzzFailure {
  readonly index: number;
  readonly message: string;
}

export interface FuzzReport {
  readonly cases: number;
  readonly stages: Readonly<Record<Stage, number>>;
  readonly failures: readonly FuzzFailure[];
  readonly slowestSeconds: number;
  readonly largestRssBytes: number;
}

export interface FuzzOptions {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** The built file of `fuzz-child.ts`. */
  readonly child: URL;
  readonly onFailure?: (failure: FuzzFailure) => void;
  readonly onProgress?: (done: number) => void;
}

/** Share of the cases that got past decoding. */
export function shareDecoded({ cases, stages }: FuzzReport): number {
  return cases === 0 ? 0 : 1 - stages.bytes / cases;
}

export async function runFuzz(options: FuzzOptions): Promise<FuzzReport> {
  const state = new FuzzState(options);
  for (let next = options.from; next < options.to;) {
    next = await runChild(state, { seed: options.seed, from: next, to: Math.min(options.to, next + CASES_PER_CHILD) });
  }
  return state.report;
}

class FuzzState {
  readonly stages: Record<Stage, number> = { bytes: 0, model: 0, passes: 0, canonical: 0 };
  readonly failures: FuzzFailure[] = [];
  cases = 0;
  slowestSeconds = 0;
  largestRssBytes = 0;
  readonly options: FuzzOptions;

  constructor(options: FuzzOptions) {
    this.options = options;
  }
  fail(index: number, message: string): void {
    const failure = { index, message };
    this.failures.push(failure);
    this.options.onFailure?.(failure);
  }
  finish({ index, done }: FuzzMessage): void {
    this.cases += 1;
    this.options.onProgress?.(this.cases);
    if (done === undefined) return;
    this.stages[done.stage] += 1;
    this.slowestSeconds = Math.max(this.slowestSeconds, done.seconds);
    this.largestRssBytes = Math.max(this.largestRssBytes, done.rssBytes);
    if (done.failure !== undefined) this.fail(index, done.failure);
    if (done.seconds > SLOW_SECONDS)
      this.fail(index, `takes ${done.seconds.toFixed(1)} s, more than ${SLOW_SECONDS} s`);
    if (done.rssBytes > MOST_RSS_BYTES)
      this.fail(
        index,
        `makes the process ${(done.rssBytes / 2 ** 20).toFixed(0)} MiB large, more than ${MOST_RSS_BYTES / 2 ** 20} MiB`,
      );
  }
  get report(): FuzzReport {
    const { cases, stages, failures, slowestSeconds, largestRssBytes } = this;
    return { cases, stages, failures, slowestSeconds, largestRssBytes };
  }
}

/** Runs a job and returns the case to go on with, which is before the job's end if the child did not reach it. */
function runChild(state: FuzzState, job: FuzzJob): Promise<number> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = fork(state.options.child, [], { execArgv: ["--max-old-space-size=768"] });
    let current = job.from;
    let isOver = false;
    let watch: NodeJS.Timeout | undefined;
    const end = (next: number): void => {
      isOver = true;
      clearTimeout(watch);
      resolve(next);
    };
    const expectSign = (): void => {
      clearTimeout(watch);
      watch = setTimeout(() => {
        state.fail(current, `hangs: no end after ${HANG_SECONDS} s`);
        state.cases += 1;
        child.kill("SIGKILL");
        end(current + 1);
      }, HANG_SECONDS * 1000);
    };
    child.on("error", reject);
    child.on("message", (message: FuzzMessage) => {
      if (isOver) return;
      expectSign();
      current = message.done === undefined ? message.index : message.index + 1;
      if (message.done === undefined) return;
      state.finish(message);
      if (message.done.rssBytes <= MOST_RSS_BYTES) return;
      // A child that is too large once would be so for all cases after it.
      child.kill("SIGKILL");
      end(current);
    });
    child.on("exit", (code, signal) => {
      if (isOver) return;
      if (current >= job.to) return end(job.to);
      state.fail(current, `takes the process down: ${signal ?? `exit code ${code}`}`);
      state.cases += 1;
      end(current + 1);
    });
    expectSign();
    child.send(job);
  });
}
