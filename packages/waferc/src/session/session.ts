// A session: something that takes a model's inputs and gives its outputs, many times. Engines that execute a compiled program also
// say how long the wafer took.
import type { Tensor } from "@waferc/numerics";
import type { TensorSpec } from "../data/tensor-spec.ts";
import type { LedgerRecord } from "../report/ledger-record.ts";

export type SessionEngine = "fast" | "cycle" | "untimed" | "reference";

export const SESSION_ENGINES = ["fast", "cycle", "untimed", "reference"] as const satisfies readonly SessionEngine[];

/** What a run cost on the wafer; `reference` has none of it. */
export interface RunCost {
  readonly cycles?: number;
  readonly quiescentCycles?: number;
  /** Cycles at the machine's clock. */
  readonly latencySeconds?: number;
  readonly waveletHops?: number;
  readonly contentionEvents?: number;
  readonly ledger?: LedgerRecord;
}

export interface SessionRun {
  /** By name, in the order of the model's outputs. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  readonly cost: RunCost;
}

/** Called now and then while a run takes long. */
export type RunListener = (progress: {
  readonly done?: number;
  readonly total?: number;
  readonly detail?: string;
}) => void;

export interface Session {
  readonly engine: SessionEngine;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  /** @throws CompileError CLI-002 if inputs do not fit; ProgramFault if the program breaks a rule */
  run(inputs: ReadonlyMap<string, Tensor>, onProgress?: RunListener): SessionRun;
}
