// What a compile has so far: the nouns that the phases hand on, what was asked for, and data by digest. Readonly; a phase returns the next.
import type { Dataflow } from "@waferc/ir/dataflow";
import type { Graph } from "@waferc/ir/graph";
import type { Layout } from "@waferc/ir/layout";
import type { Program } from "@waferc/ir/program";
import type { Machine } from "@waferc/machine";
import type { DataStore } from "../data/data-store.ts";
import type { BuildInfo } from "./build-info.ts";

/** In order. Names of dumps, of `--compile-to` and of what `passes` prints. */
export const PHASE_NAMES = [
  "import",
  "specialize",
  "canonicalize",
  "partition",
  "lower",
  "place",
  "route",
  "assemble",
  "check",
] as const;

export type PhaseName = (typeof PHASE_NAMES)[number];

export interface CompileState {
  readonly build: BuildInfo;
  /** Models, tokenizers, constants, weights. */
  readonly data: DataStore;
  readonly machine: Machine;
  /** The whole model up to `partition`, then what the mesh runs, up to `lower`. */
  readonly graph?: Graph;
  /** What the host runs before and after the mesh. */
  readonly host?: { readonly pre: Graph; readonly post: Graph };
  readonly dataflow?: Dataflow;
  /** With its own dataflow, which takes the place of `dataflow`. */
  readonly layout?: Layout;
  readonly program?: Program;
}

/** Position of a phase, from 1, as in dump names. */
export function phaseNumber(phase: PhaseName): number {
  return PHASE_NAMES.indexOf(phase) + 1;
}
