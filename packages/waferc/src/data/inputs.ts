// Input data of a run: from a case, from files, or random. Files override the case.
import type { Graph } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import { failOption } from "../refusal.ts";
import { readTensor, readTensors, tensorOfCase, type Case } from "./cases.ts";
import { randomInputs } from "./random-inputs.ts";
import type { TensorSpec } from "./tensor-spec.ts";

export interface DataRequest {
  readonly data?: Case | undefined;
  /** `NAME=FILE`, or an .npz whose arrays are named after inputs. */
  readonly files?: readonly string[] | undefined;
  /** Fills what is not given otherwise. */
  readonly random?: { readonly seed: number; readonly graph: Graph | undefined } | undefined;
}

/**
 * Tensors by input name, not yet checked against the specs.
 * @param order the model's inputs in file order, pinned ones included: a case's files go by position
 */
export function readInputs(
  order: readonly TensorSpec[],
  { data, files = [], random }: DataRequest,
): Map<string, Tensor> {
  const tensors = new Map<string, Tensor>();
  if (random !== undefined) for (const [name, tensor] of randomInputs(order, random)) tensors.set(name, tensor);
  if (data !== undefined) {
    order.forEach(({ name }, index) => {
      const tensor = tensorOfCase(data.inputs, index, name);
      if (tensor !== undefined) tensors.set(name, tensor);
    });
  }
  for (const file of files) {
    const equals = file.indexOf("=");
    if (equals > 0) tensors.set(file.slice(0, equals), readTensor(file.slice(equals + 1)));
    else if (/\.npz$/.test(file)) for (const [name, tensor] of readTensors(file)) tensors.set(name, tensor);
    else
      failOption("--input", `Cannot read input "${file}": it is not NAME=FILE or an .npz`, [
        "--input input_ids=ids.npy",
      ]);
  }
  return tensors;
}
