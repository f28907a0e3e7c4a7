// What the fuzzer mutates: small models made here, and those of the repository that are below 200 kB.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { SEED_MODELS } from "./seed-models.ts";
import type { Corpus } from "./fuzz-case.ts";

const MAX_BYTES = 200_000;

/** Reads the models below `models/` of the working directory. */
export function readCorpus(): Corpus {
  const files = readdirSync("models", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".onnx"));
  const large = files
    .sort()
    .map((name) => new Uint8Array(readFileSync(join("models", name))))
    .filter(({ length }) => length < MAX_BYTES);
  return { small: SEED_MODELS, large };
}
