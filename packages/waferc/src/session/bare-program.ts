// A program without a model around it: a .wfp or .dfir file. Its streams are its inputs and outputs; its machine is the one it names.
import { existsSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { decodeProgram, parseProgram, type Program, type TensorSource } from "@waferc/ir/program";
import { loadMachine, type Machine } from "@waferc/machine";
import { openCompiledModel } from "../artefacts/compiled-model.ts";
import { MANIFEST_FILE, notCompiled } from "../artefacts/manifest.ts";
import { failOption, failUsage } from "../refusal.ts";
import { readUserFile, readUserText } from "../data/files.ts";
import { checkInputs, type TensorSpec } from "../data/tensor-spec.ts";
import { makeEntryRunner, type ProgramEngine } from "./entry-runner.ts";
import type { Session } from "./session.ts";
import { feedStream, streamSpecs, takeStream } from "./stream-data.ts";

export interface BareProgram {
  readonly program: Program;
  readonly machine: Machine;
  readonly weights: TensorSource;
}

/** Reads a program file; weights come from the compiled directory that it lies in. */
export function openBareProgram(path: string, overrides: readonly string[] = []): BareProgram {
  const folder = dirname(path);
  if (existsSync(join(folder, MANIFEST_FILE)) && extname(path) === ".wfp") return openCompiledModel(folder);
  const program =
    extname(path) === ".wfp"
      ? decodeProgram(readUserFile(path, "FILE"), path)
      : parseProgram(readUserText(path, "FILE"), { file: path }).program;
  const machine = machineOf(program, overrides);
  const weights: TensorSource = (index) => {
    throw notCompiled(folder, `the data of tensor "${program.tensors[index]?.name}" is not there`);
  };
  return { program, machine, weights };
}

/** The machine that a program names; its digest, if the program has one, must be that of the machine with the overrides. */
function machineOf({ machine: { name, sha256 } }: Program, overrides: readonly string[]): Machine {
  const machine = loadMachine(name, overrides);
  if (sha256 === "" || sha256 === machine.sha256) return machine;
  return failOption("--set", `Cannot use machine "${name}" for the program: it was made for one with other numbers`, [
    "give the overrides that it was compiled with: --set PATH=VALUE",
    "or run the compiled directory, which has its machine",
  ]);
}

export interface EntryChoice {
  readonly entry?: string | undefined;
  readonly steps?: ReadonlyMap<string, number> | undefined;
}

/** The entry of that name; by default the only one, else `prefill`. */
export function chooseEntry(program: Program, name: string | undefined): Program["entries"][number] {
  const { entries } = program;
  const wanted = name ?? (entries.length === 1 ? entries[0]?.name : "prefill");
  const found = entries.find((entry) => entry.name === wanted);
  if (found !== undefined) return found;
  return failUsage(
    `Cannot find entry "${wanted}": the program has ${entries.map((one) => `"${one.name}"`).join(", ")}`,
  );
}

export function openBareSession(bare: BareProgram, engine: ProgramEngine, choice: EntryChoice = {}): Session {
  const entry = chooseEntry(bare.program, choice.entry);
  const specsOf = (direction: "in" | "out"): TensorSpec[] =>
    streamSpecs(entry.streams.filter((stream) => stream.direction === direction));
  const run = makeEntryRunner(engine, { ...bare, entry: entry.name, steps: choice.steps });
  const inputs = specsOf("in");
  return {
    engine,
    inputs,
    outputs: specsOf("out"),
    run(given, onProgress) {
      checkInputs(inputs, given);
      const streams = entry.streams.filter(({ direction }) => direction === "in");
      const data = new Map(streams.map((stream) => [stream.tensor, feedStream(stream, (name) => given.get(name)!)]));
      const { outputs, cost } = run(data, onProgress);
      const delivered = entry.streams.filter(({ direction }) => direction === "out");
      return {
        outputs: new Map(delivered.flatMap((stream) => takeStream(stream, outputs.get(stream.tensor)!))),
        cost,
      };
    },
  };
}
