// What a verb of the command line is: how it declares itself, what it gets, and what it returns. Verbs neither print results nor exit.
import type { Diagnostic } from "@waferc/base";
import type { Command } from "commander";
import type { Activity } from "./io.ts";
import type { JsonObject } from "../artefacts/json.ts";
import type { Styles } from "./render.ts";

export interface VerbContext {
  readonly styles: Styles;
  readonly columns: number;
  readonly isVerbose: boolean;
  /** A line for people on stderr; not with -q. */
  note(text: string): void;
  /** What is going on; undefined when nothing is. Not with -q. */
  activity(activity: Activity | undefined): void;
  seconds(): number;
  readonly evalWorker?: URL | undefined;
}

export interface VerbResult {
  readonly exitCode: number;
  /** For people, on stdout. */
  readonly text: string;
  /** The verb's own keys of `--json`. */
  readonly json: JsonObject;
  /** Warnings and notes, or what is wrong. */
  readonly diagnostics?: readonly Diagnostic[];
  /** Whether the diagnostics are what was asked for: they then follow the text on stdout. */
  readonly isReport?: boolean;
}

export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
}

export type VerbAction = (ctx: VerbContext) => VerbResult | Promise<VerbResult>;

/** Runs an action and takes care of what it returns or throws. */
export type VerbRunner = (verb: string, options: CommonOptions, action: VerbAction) => Promise<void>;

export interface Verb {
  readonly name: string;
  declare(program: Command, run: VerbRunner): void;
}

export interface VerbText {
  readonly summary: string;
  /** Arguments behind the name, such as "<model>". */
  readonly usage: string;
  readonly examples: readonly string[];
}

/** A command with the options that all verbs share, and examples in its help. */
export function addVerb(program: Command, name: string, { summary, usage, examples }: VerbText): Command {
  return program
    .command(`${name} ${usage}`.trim())
    .description(summary)
    .option("--json", "print one JSON object on stdout")
    .option("-q, --quiet", "no messages and no progress")
    .option("-v, --verbose", "more detail")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ waferc ${example}`).join("\n")}`);
}

/** For repeatable options: collects the values in order. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value];
}
