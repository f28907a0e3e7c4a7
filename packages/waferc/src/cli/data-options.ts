// The options that name input data, shared by the verbs that run something.
import type { Graph } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import type { Command } from "commander";
import { readCase, type Case } from "../data/cases.ts";
import { readInputs } from "../data/inputs.ts";
import type { TensorSpec } from "../data/tensor-spec.ts";
import { parseCount } from "./option-values.ts";
import { collect } from "./verb.ts";

export interface DataOptions {
  readonly case?: string;
  readonly input?: readonly string[];
  readonly randomInputs?: boolean;
  readonly seed?: string;
}

export function addDataOptions(command: Command): Command {
  return command
    .option("--case <folder>", "inputs from a case: input_0.pb, .npy or .npz")
    .option("--input <name=file>", "one input from a .npy, .npz or .pb file; may be repeated", collect)
    .option("--random-inputs", "random values for the inputs that are not given")
    .option("--seed <n>", "seed of the random inputs", "1");
}

export interface GivenData {
  readonly inputs: Map<string, Tensor>;
  readonly case: Case | undefined;
}

/** Reads the data that the options name. `graph` tells random inputs what ids exist. */
export function readData(options: DataOptions, order: readonly TensorSpec[], graph?: Graph): GivenData {
  const data = options.case === undefined ? undefined : readCase(options.case);
  const random = options.randomInputs ? { seed: parseCount("--seed", options.seed ?? "1"), graph } : undefined;
  return { inputs: readInputs(order, { data, files: options.input, random }), case: data };
}
