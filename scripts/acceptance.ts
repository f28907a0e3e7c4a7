// What is too long for `npm test` and still checked by CI: the demonstration of `npm start`, all of tinyworld's questions, trained models on the reference
// evaluator, and three thousand mutated model files. Each step prints what it measured. `npm run acceptance` runs them alone; `npm run ready -- --acceptance` adds them to its steps.
import { readFileSync } from "node:fs";
import { main as evidence } from "./evidence.ts";
import { main as fuzz } from "./fuzz.ts";
import { runNode } from "./process.ts";

/** A step of `ready`: the text of the failure, or undefined. */
export interface AcceptanceStep {
  readonly name: string;
  run(): Promise<string | undefined>;
}

const CLI = "packages/waferc/bin/waferc.mjs";
const DEMO = "packages/waferc/dist/demo.js";
const COMPILED = "build/tinyworld";
const QUESTIONS = "models/tinyworld/questions.jsonl";

export const ACCEPTANCE: readonly AcceptanceStep[] = [
  { name: "demo", run: runDemo },
  { name: "eval", run: answerAll },
  { name: "reference-models", run: () => command("evidence", evidence(["minilm", "stories260k"])) },
  { name: "fuzz", run: () => command("fuzz", fuzz(["--count", "3000"])) },
];

/** Needs a build; `eval` uses what `demo` compiled. */
export async function main(): Promise<number> {
  for (const { name, run } of ACCEPTANCE) {
    const failure = await run();
    console.log(`${failure === undefined ? "ok  " : "FAIL"} ${name}`);
    if (failure === undefined) continue;
    console.log(failure);
    return 1;
  }
  return 0;
}

async function command(name: string, running: Promise<number>): Promise<string | undefined> {
  const code = await running;
  return code === 0 ? undefined : `${name} exits with ${code}`;
}

async function runDemo(): Promise<string | undefined> {
  const code = await runNode(["--enable-source-maps", DEMO]);
  return code === 0 ? undefined : `the demonstration exits with ${code}`;
}

interface EvalOutput {
  readonly questions: number;
  readonly correct: number;
  readonly golden?: { readonly questions: number; readonly agree: number };
  readonly wallSeconds: number;
}

/** Every golden answer must be reproduced, mistakes included. */
async function answerAll(): Promise<string | undefined> {
  const asked = readFileSync(QUESTIONS, "utf8").trim().split("\n").length;
  const output: string[] = [];
  const code = await runNode([CLI, "eval", COMPILED, "--questions", QUESTIONS, "--json", "-q"], { capture: output });
  if (code !== 0) return `eval exits with ${code}\n${output.join("")}`;
  const result = JSON.parse(output.join("")) as EvalOutput;
  const agree = result.golden?.agree ?? 0;
  const seconds = result.wallSeconds.toFixed(1);
  console.log(`eval: ${agree} of ${asked} golden answers, ${result.correct} right, ${seconds} s`);
  return agree === asked ? undefined : `only ${agree} of ${asked} golden answers`;
}
