// Bytes by digest: model files, constants and weights, wherever they are kept. Read when somebody asks.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { digestBytes } from "../artefacts/digest.ts";
import { readBytes } from "./files.ts";

export class DataStore {
  readonly #readers = new Map<string, () => Uint8Array>();
  readonly #folder: string | undefined;

  /** @param folder files named after their digests, as a dump has them */
  constructor(folder?: string) {
    this.#folder = folder;
  }

  /** Keeps bytes; returns their digest. */
  put(bytes: Uint8Array): string {
    const sha256 = digestBytes(bytes);
    this.putLazy(sha256, () => bytes);
    return sha256;
  }

  putLazy(sha256: string, read: () => Uint8Array): void {
    if (!this.has(sha256)) this.#readers.set(sha256, read);
  }

  has(sha256: string): boolean {
    return this.#readers.has(sha256) || this.#fileOf(sha256) !== undefined;
  }

  /** @throws RangeError if nobody has the data, or a file of it was changed */
  read(sha256: string): Uint8Array {
    const reader = this.#readers.get(sha256);
    if (reader !== undefined) return reader();
    const file = this.#fileOf(sha256);
    if (file === undefined) throw new RangeError(`data sha256:${sha256} is not there`);
    const bytes = readBytes(file);
    if (digestBytes(bytes) !== sha256) throw new RangeError(`data file ${file} does not have the digest of its name`);
    return bytes;
  }

  #fileOf(sha256: string): string | undefined {
    if (this.#folder === undefined) return undefined;
    const path = join(this.#folder, dataFileName(sha256));
    return existsSync(path) ? path : undefined;
  }
}

export function dataFileName(sha256: string): string {
  return `${sha256}.bin`;
}
