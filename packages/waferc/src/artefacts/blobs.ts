// Big data by digest: a list of tensors becomes one file and an index, and is found again by digest or position.
import type { BlobKey, TensorSource } from "@waferc/ir/graph";
import { bytesOf, tensorFromBytes } from "@waferc/numerics";
import type { BlobRecord } from "./manifest.ts";

/** Pieces begin at multiples of this, so that typed arrays of any element type fit on them. */
const ALIGNMENT = 8;

/** Lays pieces one behind the other; equal digests are stored once. */
export class BlobWriter {
  readonly #records = new Map<string, BlobRecord>();
  readonly #pieces: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  #length = 0;

  add(sha256: string, bytes: Uint8Array): BlobRecord {
    const known = this.#records.get(sha256);
    if (known !== undefined) return known;
    const record = { sha256, offset: this.#length, bytes: bytes.length };
    this.#records.set(sha256, record);
    this.#pieces.push({ offset: record.offset, bytes });
    this.#length = Math.ceil((record.offset + bytes.length) / ALIGNMENT) * ALIGNMENT;
    return record;
  }

  addSource(sha256: string, source: TensorSource): void {
    this.add(sha256, bytesOf(source.read()));
  }

  get records(): readonly BlobRecord[] {
    return [...this.#records.values()];
  }

  toBytes(): Uint8Array {
    const all = new Uint8Array(this.#length);
    for (const { offset, bytes } of this.#pieces) all.set(bytes, offset);
    return all;
  }
}

/** Finds constants of a graph text in a file of blobs. */
export function blobFinder(records: readonly BlobRecord[], bytes: () => Uint8Array) {
  const byDigest = new Map(records.map((record) => [record.sha256, record]));
  return (key: BlobKey): TensorSource | undefined => {
    const record = byDigest.get(key.sha256);
    if (record === undefined) return undefined;
    const read = () =>
      tensorFromBytes(key.dtype, key.shape, bytes().subarray(record.offset, record.offset + record.bytes));
    return { ...key, read };
  };
}
