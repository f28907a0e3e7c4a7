// The process that runs cases: its parent sees when one hangs or takes the process down. Prints nothing; messages go to the parent.
import { Rng } from "@waferc/base";
import { fileOfCase, runCase, type CaseResult } from "./fuzz-case.ts";
import { readCorpus } from "./corpus.ts";
import { SLOW_SECONDS, type FuzzJob, type FuzzMessage } from "./fuzz-protocol.ts";

function timeCase(bytes: Uint8Array, seed: number, index: number): CaseResult & { readonly seconds: number } {
  const started = performance.now();
  const result = runCase(bytes, new Rng(seed).fork(`run ${index}`));
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

process.once("message", ({ seed, from, to }: FuzzJob) => {
  const corpus = readCorpus();
  const send = (message: FuzzMessage): void => void process.send?.(message);
  for (let index = from; index < to; index++) {
    const bytes = fileOfCase(seed, index, corpus);
    send({ index });
    let timed = timeCase(bytes, seed, index);
    // Other work on the machine can delay a case: what counts is the better of two runs.
    if (timed.seconds > SLOW_SECONDS) timed = timeCase(bytes, seed, index);
    send({ index, done: { ...timed, rssBytes: process.memoryUsage.rss() } });
  }
});
