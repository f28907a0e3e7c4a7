// The command line as a function: arguments and an `io` in, an exit code out. Prints results of verbs on stdout, everything else on stderr.
import { printDiagnostic, type Diagnostic } from "@waferc/base";
import { Command, CommanderError } from "commander";
import { TOOL_VERSION } from "../version.ts";
import { EXIT, failureOf } from "./exit.ts";
import type { CliIo } from "./io.ts";
import { printEnvelope } from "../artefacts/json.ts";
import { makeStyles, type Styles } from "./render.ts";
import { writeReproducer } from "./reproducer.ts";
import type { CommonOptions, VerbAction, VerbContext } from "./verb.ts";
import { VERBS } from "./verbs/index.ts";

/** Runs one command. Never throws, never exits the process. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT.good;
  const wantsJson = argv.includes("--json");
  const program = new Command("waferc");
  const run = async (verb: string, options: CommonOptions, action: VerbAction): Promise<void> => {
    exitCode = await runVerb({ verb, argv, options, io }, action);
  };
  program
    .description("Compiles ONNX transformers for wafer-scale meshes and executes the placed program.")
    .version(TOOL_VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.out(text),
      // With --json the failure is printed as an object below.
      writeErr: (text) => (wantsJson ? undefined : io.err(text)),
      getOutHelpWidth: () => io.columns,
      getErrHelpWidth: () => io.columns,
    })
    .showHelpAfterError("(waferc VERB --help shows an example)");
  for (const verb of VERBS) verb.declare(program, run);
  // Sub-commands copy these settings when they are made, so they are made after them.
  try {
    await program.parseAsync([...argv], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const failure = failureOf(error);
    const isAsked = failure.exitCode === EXIT.good;
    if (wantsJson && !isAsked) {
      io.out(printEnvelope({ command: argv[0] ?? "", ok: false, diagnostics: failure.diagnostics }, {}));
    }
    return failure.exitCode;
  }
  return exitCode;
}

interface VerbRun {
  readonly verb: string;
  readonly argv: readonly string[];
  readonly options: CommonOptions;
  readonly io: CliIo;
}

async function runVerb({ verb, argv, options, io }: VerbRun, action: VerbAction): Promise<number> {
  const ctx = makeContext(options, io);
  const errStyles = makeStyles(io.hasColorErr);
  try {
    const result = await action(ctx);
    io.activity(undefined);
    const { exitCode, diagnostics = [], json, text } = result;
    if (options.json) io.out(printEnvelope({ command: verb, ok: exitCode === EXIT.good, diagnostics }, json));
    else if (result.isReport) {
      io.out(text);
      printDiagnostics(diagnostics, { options: {}, write: io.out, styles: ctx.styles });
    } else {
      printDiagnostics(diagnostics, { options, write: io.err, styles: errStyles });
      io.out(text);
    }
    return exitCode;
  } catch (error) {
    io.activity(undefined);
    const failure = failureOf(error);
    const diagnostics = [...failure.diagnostics];
    if ("internal" in failure) diagnostics.push(writeReproducer(argv, failure.internal));
    if (options.json) io.out(printEnvelope({ command: verb, ok: false, diagnostics }, {}));
    else printDiagnostics(diagnostics, { options: {}, write: io.err, styles: errStyles });
    return failure.exitCode;
  }
}

function makeContext(options: CommonOptions, io: CliIo): VerbContext {
  const isQuiet = options.quiet ?? false;
  return {
    styles: makeStyles(io.hasColorOut),
    columns: io.columns,
    isVerbose: options.verbose ?? false,
    note: (text) => (isQuiet ? undefined : io.err(`${text}\n`)),
    activity: (activity) => (isQuiet ? undefined : io.activity(activity)),
    seconds: () => io.seconds(),
    evalWorker: io.evalWorker,
  };
}

interface Printing {
  readonly options: CommonOptions;
  readonly write: (text: string) => void;
  readonly styles: Styles;
}

/** Errors always; warnings and notes not with -q. */
function printDiagnostics(diagnostics: readonly Diagnostic[], { options, write, styles }: Printing): void {
  for (const diagnostic of diagnostics) {
    if (options.quiet && diagnostic.severity !== "error") continue;
    const [head = "", ...rest] = printDiagnostic(diagnostic).split("\n");
    const paint = diagnostic.severity === "error" ? styles.bad : styles.warn;
    const label = `${diagnostic.severity}[${diagnostic.code}]`;
    write(`${[paint(label) + head.slice(label.length), ...rest].join("\n")}\n`);
  }
}
