// `waferc compile`: a model, or a dump of an earlier compile, to a directory that runs.
import { CompileError, makeDiagnostic } from "@waferc/base";
import { MANIFEST_FILE } from "../../artefacts/manifest.ts";
import { buildArtefacts, type Artefacts } from "../../artefacts/build-artefacts.ts";
import { checkDirectoryWritable, writeDirectory } from "../../artefacts/write-directory.ts";
import { CODES } from "../../codes.ts";
import { readCase } from "../../data/cases.ts";
import { beginCompile } from "../../pipelines/begin.ts";
import { runPhases, verifyResumed, type CompilePlan, type CompileRun } from "../../pipelines/compile.ts";
import { PHASE_NAMES, phaseNumber, type CompileState, type PhaseName } from "../../pipelines/compile-state.ts";
import { modelPathFrom } from "../../pipelines/compile-model.ts";
import { cannotResume, readDump } from "../../pipelines/dump.ts";
import { failUsage } from "../../refusal.ts";
import { describeCompile, printCompile } from "../compile-output.ts";
import { EXIT } from "../exit.ts";
import { parseChoice, parseCount, parseDims, parsePins } from "../option-values.ts";
import { addVerb, collect, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface CompileOptions extends CommonOptions {
  readonly machine?: string;
  readonly set?: readonly string[];
  readonly dim?: readonly string[];
  readonly pin?: readonly string[];
  readonly shapesFrom?: string;
  readonly seed?: string;
  readonly weights?: string;
  readonly groups?: string;
  readonly dryRun?: boolean;
  readonly requireFull?: boolean;
  readonly compileTo?: string;
  readonly compileFrom?: string;
  readonly dumpPhasesTo?: string;
  readonly output?: string;
}

export const compileVerb: Verb = {
  name: "compile",
  declare(program, run) {
    addVerb(program, "compile", {
      summary: "compile a model for a machine into a directory that runs",
      usage: "[model]",
      examples: [
        "compile models/tinyworld/prefill.onnx --machine mesh32x32 --dim batch=1 --dim sequence=128 -o build/tinyworld",
        "compile models/bert/bert_opset17.onnx --machine mesh16x16 --shapes-from golden/tensors/bert/bert_opset17/test_data_set_0 -o build/bert",
        "compile models/tinyworld/prefill.onnx --machine mesh16x16 --dim batch=1 --dim sequence=40 --dump-phases-to build/dumps -o build/t40",
        "compile --compile-from build/dumps/prefill.06.place.dfir -o build/edited",
      ],
    })
      .option("--machine <name>", "machine, or a machine file: waferc arch list")
      .option("--set <path=value>", "override a field of the machine; may be repeated", collect)
      .option("--dim <name=n>", "length of a symbolic dimension; may be repeated", collect)
      .option("--pin <input=value>", "fix an input to a number, true, false or a file; may be repeated", collect)
      .option("--shapes-from <case>", "bind dimensions, and inputs that only decide control flow, from a case")
      .option("--seed <n>", "seed of the search (1)")
      .option("--weights <mode>", "embed or reference (embed)")
      .option("--groups <n>", "split the mesh part into n regions (1)")
      .option("--require-full", "refuse if an operator stays on the host, and list them all")
      .option("--dry-run", "say what would fit where; write nothing")
      .option("--compile-to <phase>", `stop after a phase: ${PHASE_NAMES.join(", ")}`)
      .option("--compile-from <dump>", "resume behind a dump's phase")
      .option("--dump-phases-to <folder>", "write MODEL.NN.PHASE.dfir after each phase")
      .option("-o, --output <dir>", "directory to write (build/MODEL)")
      .action((model: string | undefined, options: CompileOptions) =>
        run("compile", options, (ctx) => compileVerbAction(model, options, ctx)),
      );
  },
};

interface Start {
  readonly state: CompileState;
  readonly plan: CompilePlan;
}

function compileVerbAction(model: string | undefined, options: CompileOptions, ctx: VerbContext): VerbResult {
  const to = options.compileTo === undefined ? undefined : parseChoice("--compile-to", options.compileTo, PHASE_NAMES);
  const start =
    options.compileFrom === undefined ? fromModel(model, options, ctx) : fromDump(options.compileFrom, options);
  const folder = options.output ?? `build/${start.state.build.name}`;
  const isWhole = to === undefined || to === "check";
  const writes = isWhole && !options.dryRun;
  if (writes) checkDirectoryWritable(folder, MANIFEST_FILE);
  const run = runPhases(start.state, {
    ...start.plan,
    to,
    dumpTo: options.dumpPhasesTo,
    onPhase: (label, share) => ctx.activity(share === undefined ? { label } : { label, done: share, total: 1 }),
    seconds: () => ctx.seconds(),
  });
  if (options.requireFull) refuseHostOps(run);
  for (const dump of run.dumps) if (ctx.isVerbose) ctx.note(`wrote ${dump}`);
  if (!isWhole) return stoppedEarly(run, to, options);
  ctx.activity({ label: "write" });
  const artefacts = buildArtefacts(run.state, model === undefined ? "" : modelPathFrom(folder, model));
  if (writes) writeDirectory(folder, artefacts.files, MANIFEST_FILE);
  return finished(run, artefacts, writes ? folder : undefined, ctx);
}

function fromModel(model: string | undefined, options: CompileOptions, ctx: VerbContext): Start {
  if (model === undefined)
    failUsage("Cannot compile without a model", ["waferc compile MODEL --machine mesh32x32 -o DIR"]);
  if (options.machine === undefined) {
    failUsage("Cannot compile without a machine", ["--machine mesh32x32", "waferc arch list prints all of them"]);
  }
  const { state, external, notes } = beginCompile({
    model,
    machine: options.machine,
    overrides: options.set ?? [],
    dims: parseDims(options.dim ?? []),
    pins: parsePins(options.pin ?? []),
    shapesFrom: options.shapesFrom === undefined ? undefined : readCase(options.shapesFrom),
    seed: parseCount("--seed", options.seed ?? "1"),
    weights: parseChoice("--weights", options.weights ?? "embed", ["embed", "reference"]),
    groups: parseCount("--groups", options.groups ?? "1", 1),
  });
  for (const note of notes) ctx.note(note);
  return { state, plan: { external } };
}

/** What an option may still change when a compile resumes: the seed. The rest is decided in the dump. */
function fromDump(path: string, options: CompileOptions): Start {
  for (const option of ["machine", "set", "dim", "pin", "shapesFrom", "weights", "groups"] as const) {
    if (options[option] !== undefined) {
      throw cannotResume(path, `--${option === "shapesFrom" ? "shapes-from" : option} is decided in the dump`);
    }
  }
  const resumed = readDump(path);
  const { phase, state } = resumed;
  if (state.build.weights === "reference")
    throw cannotResume(path, "its weights stay in a model whose place it does not hold");
  verifyResumed(resumed);
  const to = options.compileTo as PhaseName | undefined;
  if (to !== undefined && phaseNumber(to) <= phaseNumber(phase))
    throw cannotResume(path, `phase "${to}" has run already`);
  const seed = options.seed === undefined ? state.build.seed : parseCount("--seed", options.seed);
  return { state: { ...state, build: { ...state.build, seed } }, plan: { after: phase } };
}

/** @throws CompileError CLI-013 with every operator that the host would run */
function refuseHostOps({ state }: CompileRun): void {
  const refusals = state.build.hostOps.map(({ node, op, reason }) =>
    makeDiagnostic(CODES["CLI-013"], {
      message: `Cannot run ${op} on the mesh: ${reason}`,
      at: { kind: "onnx", node },
    }),
  );
  if (refusals.length > 0) throw new CompileError(refusals);
}

function stoppedEarly(run: CompileRun, to: PhaseName | undefined, options: CompileOptions): VerbResult {
  const where = options.dumpPhasesTo === undefined ? "; --dump-phases-to DIR keeps what it made" : "";
  return {
    exitCode: EXIT.good,
    diagnostics: run.diagnostics,
    text: `DONE up to ${to}${where}\n`,
    json: { phases: run.phases, dumps: run.dumps },
  };
}

function finished(run: CompileRun, artefacts: Artefacts, folder: string | undefined, ctx: VerbContext): VerbResult {
  return {
    exitCode: EXIT.good,
    diagnostics: run.diagnostics,
    text: printCompile(run, artefacts, folder, ctx),
    json: describeCompile(run, artefacts, folder),
  };
}
