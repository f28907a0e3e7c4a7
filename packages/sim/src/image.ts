// The image of an entry: a program, a machine, step scalars and weights resolved into flat tables that an engine executes. What
// is here is fixed during a run, except memory and the loop words of the frames; engines keep their own state beside it.
// Assumes a well-formed program (ir/program `verify`); what depends on values is checked when it happens.
import type { Machine } from "@waferc/machine";
import type { Entry, Program, TensorSource } from "@waferc/ir/program";
import { ProgramFault } from "./fault.ts";
import { compileCode, type CompiledCode } from "./image/code.ts";
import { buildCores, type CoreTable } from "./image/cores.ts";
import { buildFabric, type Fabric, RuleLists } from "./image/fabric.ts";
import { preload } from "./image/preload.ts";

export interface Image {
  readonly program: Program;
  readonly machine: Machine;
  readonly entry: Entry;
  readonly codes: readonly CompiledCode[];
  readonly cores: CoreTable;
  readonly fabric: Fabric;
  /** Lane of formal colour f of core k: coreLanes[coreLaneBase[k] + f]; -1 where the code does not use it. */
  readonly coreLanes: Int32Array;
  readonly coreLaneBase: Int32Array;
  /** The pool as raw words, as f32 and as half words; empty when only timing is wanted. */
  readonly words: Int32Array;
  readonly floats: Float32Array;
  readonly halves: Uint16Array;
  readonly isTimingOnly: boolean;
}

/** An image without its memory. */
export type ImageParts = Omit<Image, "words" | "floats" | "halves">;

export interface ImageOptions {
  /** Name of the entry; the first one by default. */
  readonly entry?: string;
  /** Values of the entry's step scalars. */
  readonly steps?: ReadonlyMap<string, number>;
  /** No memory and no weights: the timed engines then compute cycles without values. */
  readonly timingOnly?: boolean;
  /** Gives the pool its place: `cores.memoryWords` words (none for timing only), all 0. By default, an array of its own. */
  readonly allocate?: (parts: ImageParts) => Int32Array | undefined;
  /** The pool of an image of the same entry, with its bindings: it is taken, and no weights are asked for. */
  readonly preloaded?: Int32Array;
}

/**
 * Resolves one entry.
 * @throws ProgramFault SIM-001 (machine), SIM-002 (steps, weights), SIM-003 (a binding out of bounds), SIM-004, SIM-005
 */
export function loadImage(
  program: Program,
  machine: Machine,
  weights: TensorSource,
  options: ImageOptions = {},
): Image {
  const entry = findEntry(program, options.entry);
  checkMachine(program, machine);
  const steps = checkSteps(entry, options.steps ?? new Map<string, number>());
  const ruleLists = new RuleLists();
  const codes = entry.codes.map((code) => compileCode(code, steps, ruleLists.indexOf));
  const cores = buildCores(machine, entry, codes, steps);
  const fabric = buildFabric({ machine, entry, codes, cores, ruleLists });
  const isTimingOnly = options.timingOnly ?? false;
  const parts: ImageParts = {
    program,
    machine,
    entry,
    codes,
    cores,
    fabric,
    ...resolveCoreLanes(entry, codes, cores, fabric),
    isTimingOnly,
  };
  const { preloaded } = options;
  const words = preloaded ?? options.allocate?.(parts) ?? new Int32Array(isTimingOnly ? 0 : cores.memoryWords);
  if (!isTimingOnly && !preloaded) preload(program, codes, cores, weights, words);
  return {
    ...parts,
    words,
    floats: new Float32Array(words.buffer, words.byteOffset, words.length),
    halves: new Uint16Array(words.buffer, words.byteOffset, words.length * 2),
  };
}

function findEntry(program: Program, name: string | undefined): Entry {
  const entry = name === undefined ? program.entries[0] : program.entries.find((candidate) => candidate.name === name);
  if (entry) return entry;
  const names = program.entries.map((candidate) => candidate.name).join(", ");
  throw new RangeError(`program "${program.name}" has no entry "${name ?? ""}"; it has ${names || "none"}`);
}

function checkMachine(program: Program, machine: Machine): void {
  const { width, height, name } = program.machine;
  if (width === machine.width && height === machine.height) return;
  throw new ProgramFault(
    "SIM-001",
    `Cannot run a program for "${name}" (${width} x ${height} cores) on "${machine.name}" (${machine.width} x ${machine.height})`,
  );
}

function checkSteps(entry: Entry, given: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  for (const { name, min, max } of entry.steps) {
    const value = given.get(name);
    if (value === undefined || !Number.isInteger(value) || value < min || value > max) {
      const shown = value === undefined ? "it is missing" : `it is ${value}`;
      throw new ProgramFault(
        "SIM-002",
        `Cannot start entry "${entry.name}": step "${name}" must lie in ${min} .. ${max}, but ${shown}`,
      );
    }
  }
  return new Map(entry.steps.map(({ name }) => [name, given.get(name)!]));
}

function resolveCoreLanes(entry: Entry, codes: readonly CompiledCode[], cores: CoreTable, fabric: Fabric) {
  const coreLaneBase = new Int32Array(cores.count);
  let total = 0;
  for (let k = 0; k < cores.count; k++) {
    coreLaneBase[k] = total;
    total += codes[cores.codeOf[k]!]!.colorUses.length;
  }
  const coreLanes = new Int32Array(total);
  for (let k = 0; k < cores.count; k++) {
    const { colors } = entry.classes[cores.classOf[k]!]!;
    codes[cores.codeOf[k]!]!.colorUses.forEach((_, formal) => {
      coreLanes[coreLaneBase[k]! + formal] = fabric.laneOf(cores.router[k]!, colors[formal]!);
    });
  }
  return { coreLanes, coreLaneBase };
}

/** Coordinates of core k. */
export function coreCoord(image: Image, core: number): { x: number; y: number } {
  const router = image.cores.router[core]!;
  return { x: router % image.fabric.width, y: Math.floor(router / image.fabric.width) };
}

/** `code[path]` of a step, for messages. */
export function stepName(image: Image, core: number, pc: number): string {
  const code = image.codes[image.cores.codeOf[core]!]!;
  return `${code.code.name}[${code.steps[pc]!.path}]`;
}
