// The process that runs cases: its parent sees when one hangs or takes the process down. Prints nothing; messages go to the parent.
import { Rng } from "@waferc/base";
import { fileOfCase, runCase, type CaseResult } from "./fuzz-case.ts";
import { readCorpus } from "./corpus.ts";
import type { FuzzJob, FuzzMessage } from "./fuzz-protocol.ts";

/** Time of the processor, so that other work on the machine does not count. */
function timeCase(bytes: Uint8Array, seed: number, index: number): CaseResult & { readonly seconds: number } {
  const before = process.cpuUsage();
  const result = runCase(bytes, new Rng(seed).fork(`run ${index}`));
  const { user, system } = process.cpuUsage(before);
  return { ...result, seconds: (user + system) / 1e6 };
}

process.once("message", ({ seed, from, to }: FuzzJob) => {
  const corpus = readCorpus();
  const send = (message: FuzzMessage): void => void process.send?.(message);
  for (let index = from; index < to; index++) {
    const bytes = fileOfCase(seed, index, corpus);
    send({ index });
    const timed = timeCase(bytes, seed, index);
    send({ index, done: { ...timed, rssBytes: process.memoryUsage.rss() } });
  }
});
