// `waferc verify`: runs a model or program and compares its outputs with golden ones, or with the reference evaluator.
import type { Tensor } from "@waferc/numerics";
import { resolveTarget } from "../../data/target.ts";
import { openTarget, openReference, type OpenedTarget } from "../../session/open-session.ts";
import { SESSION_ENGINES } from "../../session/session.ts";
import { printOutputLine, printVerdictLine } from "../../verify/print-verdict.ts";
import { expectedOfCase, verifyOutputs, type ToleranceOverride, type Verdict } from "../../verify/verify-outputs.ts";
import { addDataOptions, readData, type DataOptions, type GivenData } from "../data-options.ts";
import { EXIT } from "../exit.ts";
import { failUsage } from "../../refusal.ts";
import { parseAmount, parseChoice } from "../option-values.ts";
import { printCost, reportRun } from "../run-report.ts";
import { addVerb, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface VerifyOptions extends CommonOptions, DataOptions {
  readonly engine?: string;
  readonly rtol?: string;
  readonly atol?: string;
  readonly peakTol?: string;
  readonly against?: string;
  readonly model?: string;
}

export const verifyVerb: Verb = {
  name: "verify",
  declare(program, run) {
    const command = addVerb(program, "verify", {
      summary: "compare outputs with golden ones, or with the reference evaluator",
      usage: "<target>",
      examples: [
        "verify build/tinyworld --case golden/tensors/tinyworld/prefill/test_data_set_1",
        "verify models/bert/bert_opset17.onnx --engine reference --case golden/tensors/bert/bert_opset17/test_data_set_0",
        "verify build/tinyworld --against reference --random-inputs --seed 7",
      ],
    });
    addDataOptions(command)
      .option("--engine <engine>", `engine: ${SESSION_ENGINES.join(", ")}`)
      .option("--rtol <r>", "relative tolerance; beats the case's and the type's")
      .option("--atol <a>", "absolute tolerance")
      .option("--peak-tol <p>", "tolerance relative to the output's largest magnitude")
      .option("--against <what>", "reference: compare with the graph evaluator")
      .option("--model <file>", "the model to compare with, if the directory does not hold it")
      .action((target: string, options: VerifyOptions) =>
        run("verify", options, (ctx) => verifyTarget(target, options, ctx)),
      );
  },
};

function verifyTarget(path: string, options: VerifyOptions, ctx: VerbContext): VerbResult {
  const target = resolveTarget(path);
  const asked = options.engine === undefined ? undefined : parseChoice("--engine", options.engine, SESSION_ENGINES);
  const against = options.against === undefined ? undefined : parseChoice("--against", options.against, ["reference"]);
  if (options.case === undefined && against === undefined) {
    failUsage("Cannot verify without something to compare with", [
      "--case CASE",
      "--against reference --random-inputs",
    ]);
  }
  const opened = openTarget(target, asked ?? (target.kind === "model" ? "reference" : undefined), {
    model: options.model,
  });
  const reference = against === undefined ? undefined : openReference(target, { model: options.model });
  const data = readData(options, opened.inputOrder, reference?.graph ?? opened.graph);
  const { session } = opened;
  const label = `run on ${session.engine}`;
  const started = ctx.seconds();
  ctx.activity({ label });
  const run = session.run(data.inputs, (progress) => ctx.activity({ label, ...progress }));
  const report = reportRun(session.engine, run, ctx.seconds() - started);
  ctx.activity({ label: "compare" });
  const expected = expectedOutputs(opened, data, reference, ctx);
  const verdict = verifyOutputs(run.outputs, expected, flagTolerance(options), data.case?.meta ?? {});
  return {
    exitCode: verdict.pass ? EXIT.good : EXIT.mismatch,
    text: printVerdict(verdict, printCost(session.engine, run.cost, report.wallSeconds), ctx),
    json: { ...report, pass: verdict.pass, outputs: outputRecords(verdict, report.outputs) },
  };
}

function expectedOutputs(
  opened: OpenedTarget,
  data: GivenData,
  reference: OpenedTarget | undefined,
  ctx: VerbContext,
): ReadonlyMap<string, Tensor> {
  if (reference !== undefined) {
    const label = "evaluate the reference";
    const progress = (state: { done?: number; total?: number }): void => ctx.activity({ label, ...state });
    return reference.session.run(data.inputs, progress).outputs;
  }
  if (data.case === undefined) failUsage("Cannot verify without a case");
  return expectedOfCase(
    data.case,
    opened.session.outputs.map(({ name }) => name),
  );
}

function flagTolerance(options: VerifyOptions): ToleranceOverride {
  return {
    rtol: parseAmount("--rtol", options.rtol),
    atol: parseAmount("--atol", options.atol),
    peakTol: parseAmount("--peak-tol", options.peakTol),
  };
}

function printVerdict(verdict: Verdict, cost: string, { styles, isVerbose }: VerbContext): string {
  const lines = [`${printVerdictLine(verdict, styles)} · ${cost}`];
  if (isVerbose || verdict.outputs.length > 1 || !verdict.pass) {
    for (const output of verdict.outputs) lines.push(printOutputLine(output, styles));
  }
  return `${lines.join("\n")}\n`;
}

/** The metrics of each verified output, with the facts of the run's. */
function outputRecords(verdict: Verdict, facts: readonly { readonly name: string }[]): unknown[] {
  const byName = new Map(facts.map((fact) => [fact.name, fact]));
  return verdict.outputs.map(({ name, ...metrics }) => ({ name, ...byName.get(name), ...metrics }));
}
