// Output tensors as files, and what is printed about them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tensorDigest, writeNpy, type Tensor } from "@waferc/numerics";

export interface OutputFact {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Over row-major little-endian data. */
  readonly sha256: string;
}

export function outputFacts(outputs: ReadonlyMap<string, Tensor>): OutputFact[] {
  return [...outputs].map(([name, tensor]) => ({
    name,
    dtype: tensor.dtype,
    shape: tensor.shape,
    sha256: tensorDigest(tensor),
  }));
}

/** Writes `output_0.npy`, `output_1.npy`, .. in the order of the model's outputs; returns their paths. */
export function saveOutputs(folder: string, outputs: ReadonlyMap<string, Tensor>): string[] {
  mkdirSync(folder, { recursive: true });
  return [...outputs.values()].map((tensor, i) => {
    const path = join(folder, `output_${i}.npy`);
    writeFileSync(path, writeNpy(tensor));
    return path;
  });
}
