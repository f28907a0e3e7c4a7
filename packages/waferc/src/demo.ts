// What `npm start` shows: a trained language model compiled for a simulated mesh of 32x32 cores, checked, executed core by core on two
// engines, verified against onnxruntime, and asked three questions. Uses the library as a user would.
import { existsSync, rmSync } from "node:fs";
import { areTensorsIdentical, type Tensor } from "@waferc/numerics";
import {
  compileModel,
  evaluateQuestions,
  expectedOfCase,
  loadTokenizer,
  openCompiledModel,
  openProgramSession,
  openPromptModel,
  readCase,
  readInputs,
  readQuestions,
  verifyOutputs,
} from "./index.ts";
import { failureOf } from "./cli/exit.ts";
import { formatBytes, formatCount, formatSeconds, makeStyles } from "./cli/render.ts";
import { printDiagnostic } from "@waferc/base";
import { printLedger } from "./report/print-ledger.ts";
import { printVerdictLine } from "./verify/print-verdict.ts";
import type { Session, SessionRun } from "./session/session.ts";

const MODEL = "models/tinyworld/prefill.onnx";
const MACHINE = "mesh32x32";
const CASE = "golden/tensors/tinyworld/prefill/test_data_set_1";
const OUTPUT = "build/tinyworld";
const DUMPS = "build/tinyworld-dumps";
const STORIES = 3;
const LONGEST_STORY = 320;

const styles = makeStyles(process.stdout.isTTY && !process.env["NO_COLOR"]);
const started = performance.now();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function step(title: string): void {
  const seconds = (performance.now() - started) / 1000;
  say(`\n${styles.strong(title)} ${styles.faint(`[${seconds.toFixed(1)} s]`)}`);
}

function compile(): void {
  step(`1. Compile ${MODEL} (sequence 128) for ${MACHINE}`);
  rmSync(DUMPS, { recursive: true, force: true });
  const dims = new Map([
    ["batch", 1],
    ["sequence", 128],
  ]);
  const { report, phases } = compileModel({ model: MODEL, machine: MACHINE, dims }, OUTPUT, { dumpTo: DUMPS });
  const { cores, sramBytes, colors, hostOps, meshMacShare } = report;
  say(`   ${phases.map(({ name, seconds }) => `${name} ${formatSeconds(seconds)}`).join(" · ")}`);
  say(
    `   ${formatCount(cores.used)} of ${formatCount(cores.available)} cores, fullest with ${formatBytes(sramBytes.peak)} of ` +
      `${formatBytes(sramBytes.capacity)}; ${colors.used} of ${colors.available} colours; ${(100 * meshMacShare).toFixed(1)} % of the ` +
      `multiply-accumulates on the mesh, ${hostOps.length} op on the host (${hostOps.map(({ op }) => op).join(", ")})`,
  );
  say(
    `   ${styles.good("LEGAL")} by the independent checker: memory, colours, routes, sends and receives, races, deadlock`,
  );
}

/** Runs the case on both engines; returns the cycle engine's run, and the fast engine for more. */
function runEngines(): { readonly cycle: SessionRun; readonly fast: Session } {
  const model = openCompiledModel(OUTPUT);
  const data = readCase(CASE);
  const inputs = readInputs(model.manifest.signature.inputs, { data });
  step("2. Run it on the fast engine and, every wavelet and queue, on the cycle engine");
  const fastSession = openProgramSession(model, "fast");
  const run = (session: Session): SessionRun => {
    const before = performance.now();
    const result = session.run(inputs);
    const { cycles = 0, waveletHops = 0 } = result.cost;
    const wall = formatSeconds((performance.now() - before) / 1000);
    say(
      `   ${session.engine.padEnd(5)} ${formatCount(cycles)} cycles, ${formatCount(waveletHops)} wavelet-hops, in ${wall}`,
    );
    return result;
  };
  const [fast, cycle] = [run(fastSession), run(openProgramSession(model, "cycle"))];
  const areEqual = [...fast.outputs].every(([name, tensor]) =>
    areTensorsIdentical(tensor, cycle.outputs.get(name) as Tensor),
  );
  if (!areEqual) throw new Error("the engines disagree");
  say(`   ${styles.good("BIT-IDENTICAL")} outputs`);
  step("3. Verify the logits against onnxruntime's");
  const names = model.manifest.signature.outputs.map(({ name }) => name);
  const verdict = verifyOutputs(cycle.outputs, expectedOfCase(data, names), data.meta);
  say(`   ${printVerdictLine(verdict, styles)}`);
  if (!verdict.pass) throw new Error("the outputs are wrong");
  return { cycle, fast: fastSession };
}

function answerStories(session: Session): void {
  step("4. Ask it three questions");
  const tokenizer = loadTokenizer(OUTPUT);
  const model = openPromptModel(session, tokenizer.padId);
  const all = readQuestions("models/tinyworld/questions.jsonl");
  const stories = all.filter(({ prompt }) => prompt.length <= LONGEST_STORY).slice(0, STORIES);
  evaluateQuestions(model, tokenizer, stories, ({ question, text, isCorrect, isGolden }) => {
    const golden = isGolden ? "as in onnxruntime" : `onnxruntime says ${question.golden}`;
    const verdict = isCorrect ? styles.good("right") : styles.warn(`the story says ${question.answer}`);
    say(`   ${wrap(question.prompt)}`);
    say(`   ${styles.strong(`> ${text}`)}  (${verdict}; ${golden})\n`);
    if (isGolden === false) throw new Error("the program does not answer as the model does");
  });
}

function wrap(text: string, width = 96): string {
  return text.replace(new RegExp(`(.{1,${width}})(\\s+|$)`, "g"), "$1\n   ").trimEnd();
}

function showLatency({ cost }: SessionRun): void {
  const { cycles = 0, latencySeconds = 0, ledger } = cost;
  step(
    `5. Time to first token: ${formatCount(cycles)} cycles, ${formatSeconds(latencySeconds)} at the machine's clock`,
  );
  if (ledger !== undefined) say(printLedger(ledger, styles, 6).trimEnd().replace(/^/gm, "   "));
}

function main(): void {
  compile();
  const { cycle, fast } = runEngines();
  answerStories(fast);
  showLatency(cycle);
  step("Done");
  say(`   dumps of every phase   ${DUMPS}/prefill.NN.PHASE.dfir (edit one, then waferc compile --compile-from it)`);
  say(`   the compiled program   ${OUTPUT}/ (copy it anywhere: it is complete)`);
  say(`   the placement          npx waferc inspect ${OUTPUT}`);
  say("   all 200 questions      npx waferc eval build/tinyworld --questions models/tinyworld/questions.jsonl");
}

try {
  if (!existsSync(MODEL)) throw new Error(`run it in the checkout: there is no ${MODEL} here`);
  main();
} catch (error) {
  const { diagnostics, exitCode } = failureOf(error);
  process.stderr.write(
    diagnostics.length > 0 ? `${diagnostics.map(printDiagnostic).join("\n")}\n` : `${String(error)}\n`,
  );
  process.exitCode = exitCode;
}
