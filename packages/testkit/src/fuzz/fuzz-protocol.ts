// What the fuzzer and the process that runs its cases tell each other, and the limits of a case.
import type { CaseResult } from "./fuzz-case.ts";

/** A case that takes longer is a failure. */
export const SLOW_SECONDS = 2;
/** So is one that makes the process larger. */
export const MOST_RSS_BYTES = 2 ** 30;

export interface FuzzJob {
  readonly seed: number;
  readonly from: number;
  /** Not included. */
  readonly to: number;
}

/** Sent before a case and after it. */
export interface FuzzMessage {
  readonly index: number;
  readonly done?: CaseResult & { readonly seconds: number; readonly rssBytes: number };
}
