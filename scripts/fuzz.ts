// `npm run fuzz -- [--count N] [--from N] [--seed S] [--case N]`: builds, then imports, checks and canonicalises N seeded files (3000 by default) in a child process. Fails
// on anything thrown but a refusal, on a case over 2 s or 1 GiB, on a hang or a crash; each failing file is kept in build/fuzz with its
// message. `--case` runs one case of a seed here and prints what becomes of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Rng } from "@waferc/base";
import { main as build } from "./build.ts";

const KEPT = "build/fuzz";
const LEAST_DECODED = 0.3;
const PROGRESS_CASES = 5000;

const OPTIONS = {
  count: { type: "string", default: "3000" },
  from: { type: "string", default: "0" },
  seed: { type: "string", default: "1" },
  case: { type: "string" },
} as const;

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const numbers = [values.count, values.from, values.seed, values.case ?? "0"].map(Number);
  const [count = 0, from = 0, seed = 0, one = 0] = numbers;
  if (!numbers.every(Number.isSafeInteger)) {
    console.error("fuzz: --count, --from, --seed and --case take whole numbers");
    return 2;
  }
  const built = await build();
  if (built !== 0) return built;
  return values.case === undefined ? fuzz(seed, from, from + count) : replay(seed, one);
}

async function fuzz(seed: number, from: number, to: number): Promise<number> {
  const { fileOfCase, readCorpus, runFuzz, shareDecoded } = await import("@waferc/testkit/fuzz");
  const corpus = readCorpus();
  const started = performance.now();
  const report = await runFuzz({
    seed,
    from,
    to,
    child: pathToFileURL(resolve("packages/testkit/dist/fuzz/fuzz-child.js")),
    onProgress: (done) => void (done % PROGRESS_CASES === 0 && console.error(`fuzz: ${done} of ${to - from}`)),
    onFailure({ index, message }) {
      const path = join(KEPT, `${seed}-${index}`);
      mkdirSync(KEPT, { recursive: true });
      writeFileSync(`${path}.onnx`, fileOfCase(seed, index, corpus));
      writeFileSync(`${path}.txt`, `npm run fuzz -- --seed ${seed} --case ${index}\n${message}\n`);
      console.log(`FAIL case ${index}: ${firstLines(message)}\n  ${path}.onnx`);
    },
  });
  const { cases, stages, failures } = report;
  const seconds = (performance.now() - started) / 1000;
  const share = shareDecoded(report);
  console.log(
    `seed ${seed}, cases ${from} to ${to - 1}: ${cases} in ${seconds.toFixed(0)} s, ${failures.length} failures`,
  );
  console.log(
    `refused by decoder ${stages.bytes}, by checks ${stages.model}, by passes ${stages.passes}; canonical ${stages.canonical}`,
  );
  console.log(
    `past decoding ${(share * 100).toFixed(1)} %; slowest ${report.slowestSeconds.toFixed(2)} s; largest process ${mebibytes(report.largestRssBytes)} MiB`,
  );
  if (share >= LEAST_DECODED) return failures.length === 0 ? 0 : 1;
  console.log(`fuzz: at least ${LEAST_DECODED * 100} % must get past decoding`);
  return 1;
}

async function replay(seed: number, index: number): Promise<number> {
  const { fileOfCase, readCorpus, runCase } = await import("@waferc/testkit/fuzz");
  const bytes = fileOfCase(seed, index, readCorpus());
  const started = performance.now();
  const { stage, failure } = runCase(bytes, new Rng(seed).fork(`run ${index}`));
  console.log(
    `case ${index} of seed ${seed}: ${bytes.length} B, ${stage}, ${((performance.now() - started) / 1000).toFixed(2)} s`,
  );
  console.log(failure ?? "no failure");
  return failure === undefined ? 0 : 1;
}

function firstLines(message: string): string {
  return message.split("\n").slice(0, 3).join("\n  ");
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0);
}
