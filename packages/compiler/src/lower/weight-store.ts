/**
 * Constant matrices as the mesh wants them, found by what they were made from and told apart by digest. One store serves every candidate
 * region of a compilation: what a constant looks like does not depend on the region, so each is made and hashed once.
 */
import { sha256 } from "@waferc/base";
import type { WeightTensor } from "@waferc/ir/dataflow";

/** A weight with its data. */
export interface WeightData extends WeightTensor {
  /** Row-major, rows x cols. */
  read(): Float32Array;
}

export interface WeightRecipe {
  /** Names the origin and everything that was done to it: equal keys, equal data. */
  readonly key: string;
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
  /** Digest of the data, where somebody knows it. */
  readonly sha256?: string | undefined;
  read(): Float32Array;
}

export class WeightStore {
  readonly #byKey = new Map<string, WeightData>();
  readonly #byContent = new Map<string, WeightData>();
  readonly #names = new Set<string>();

  /** The weight of a recipe; one that exists with the same size and data is used again. */
  intern(recipe: WeightRecipe): WeightData {
    const key = `${recipe.key} ${recipe.rows}x${recipe.cols}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const weight = this.#make(recipe);
    this.#byKey.set(key, weight);
    return weight;
  }

  #make({ name, rows, cols, sha256: digest, read }: WeightRecipe): WeightData {
    let data: Float32Array | undefined;
    const sha = digest ?? sha256(bytesOf((data = read())));
    const content = `${sha} ${rows}x${cols}`;
    const known = this.#byContent.get(content);
    if (known !== undefined) return known;
    const kept = data;
    const weight = { name: this.#uniqueName(name), rows, cols, sha256: sha, read: kept ? () => kept : read };
    this.#byContent.set(content, weight);
    return weight;
  }

  #uniqueName(wanted: string): string {
    let name = wanted;
    for (let suffix = 1; this.#names.has(name); suffix++) name = `${wanted}.${suffix}`;
    this.#names.add(name);
    return name;
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
