// `waferc run` and `waferc simulate`: executes a compiled program, or evaluates a model's graph.
import type { Command } from "commander";
import { resolveTarget } from "../../data/target.ts";
import { saveOutputs } from "../../data/outputs.ts";
import { openTarget } from "../../session/open-session.ts";
import { SESSION_ENGINES, type SessionEngine } from "../../session/session.ts";
import { addDataOptions, readData, type DataOptions } from "../data-options.ts";
import { EXIT } from "../exit.ts";
import { parseChoice, parseSteps } from "../option-values.ts";
import { printCost, printOutputs, reportRun } from "../run-report.ts";
import { addVerb, collect, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface RunOptions extends CommonOptions, DataOptions {
  readonly engine?: string;
  readonly saveOutputs?: string;
  readonly entry?: string;
  readonly step?: readonly string[];
  readonly set?: readonly string[];
}

export const runVerb: Verb = {
  name: "run",
  declare(program, run) {
    const command = addVerb(program, "run", {
      summary: "execute a compiled program on the fast engine",
      usage: "<target>",
      examples: [
        "run build/tinyworld --case golden/tensors/tinyworld/prefill/test_data_set_1",
        "run build/tinyworld --input input_ids=ids.npy --save-outputs out",
        "run models/tinyworld/prefill.onnx --engine reference --case golden/tensors/tinyworld/prefill/test_data_set_0",
      ],
    });
    declareOptions(command, `engine: ${SESSION_ENGINES.join(", ")}`).action((target: string, options: RunOptions) =>
      run("run", options, (ctx) => runTarget(target, options, undefined, ctx)),
    );
  },
};

export const simulateVerb: Verb = {
  name: "simulate",
  declare(program, run) {
    const command = addVerb(program, "simulate", {
      summary: "execute a compiled program on the cycle engine",
      usage: "<target>",
      examples: ["simulate build/tinyworld --case golden/tensors/tinyworld/prefill/test_data_set_1"],
    });
    declareOptions(command).action((target: string, options: RunOptions) =>
      run("simulate", options, (ctx) => runTarget(target, options, "cycle", ctx)),
    );
  },
};

function declareOptions(command: Command, engines?: string): Command {
  if (engines !== undefined) command.option("--engine <engine>", engines);
  return addDataOptions(command)
    .option("--save-outputs <folder>", "write output_0.npy, output_1.npy, ..")
    .option("--entry <name>", "for a program file: its entry (the only one, else prefill)")
    .option("--set <path=value>", "for a program file: override a field of its machine; may be repeated", collect)
    .option("--step <name=n>", "for a program file: value of a step scalar; may be repeated", collect);
}

function runTarget(path: string, options: RunOptions, fixed: SessionEngine | undefined, ctx: VerbContext): VerbResult {
  const engine =
    fixed ?? (options.engine === undefined ? undefined : parseChoice("--engine", options.engine, SESSION_ENGINES));
  const { session, inputOrder, graph } = openTarget(resolveTarget(path), engine, {
    entry: options.entry,
    overrides: options.set,
    steps: parseSteps(options.step ?? []),
  });
  const { inputs } = readData(options, inputOrder, graph);
  const label = `run on ${session.engine}`;
  const started = ctx.seconds();
  ctx.activity({ label });
  const run = session.run(inputs, (progress) => ctx.activity({ label, ...progress }));
  const report = reportRun(session.engine, run, ctx.seconds() - started);
  const saved = options.saveOutputs === undefined ? [] : saveOutputs(options.saveOutputs, run.outputs);
  for (const file of saved) ctx.note(`wrote ${file}`);
  return {
    exitCode: EXIT.good,
    text: `${ctx.styles.good("DONE")} ${printCost(session.engine, run.cost, report.wallSeconds)}\n${printOutputs(report.outputs)}`,
    json: { ...report },
  };
}
