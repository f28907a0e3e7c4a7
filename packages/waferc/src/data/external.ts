// Reads tensor data in files beside a model. Rooted in the model's folder: a link that leaves it is treated as missing.
import { createHash } from "node:crypto";
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { ExternalData } from "@waferc/onnx";

/** A reader that can say afterwards which files it was asked for. */
export interface ExternalFiles extends ExternalData {
  /** Files that are there and were asked for, with their digests, in the order of their names. */
  used(): readonly { readonly name: string; readonly sha256: string }[];
}

export function externalDataBeside(model: string): ExternalFiles {
  const root = realpathSync(dirname(model));
  const asked = new Set<string>();
  const resolve = (location: string): string | undefined => {
    try {
      const real = realpathSync(join(root, location));
      const isInside = real.startsWith(root.endsWith(sep) ? root : root + sep);
      return isInside && statSync(real).isFile() ? real : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    byteLengthOf(location) {
      asked.add(location);
      const path = resolve(location);
      return path === undefined ? undefined : statSync(path).size;
    },
    read(location, offset, byteCount) {
      const path = resolve(location);
      if (path === undefined) throw new RangeError(`external data "${location}" is not in the model's folder`);
      const bytes = new Uint8Array(byteCount);
      const file = openSync(path, "r");
      try {
        let done = 0;
        while (done < byteCount) {
          const got = readSync(file, bytes, done, byteCount - done, offset + done);
          if (got === 0) throw new RangeError(`external data "${location}" ends before byte ${offset + byteCount}`);
          done += got;
        }
      } finally {
        closeSync(file);
      }
      return bytes;
    },
    used() {
      const found = [...asked].sort().flatMap((name) => {
        const path = resolve(name);
        return path === undefined ? [] : [{ name, sha256: digestFile(path) }];
      });
      return found;
    },
  };
}

const CHUNK_BYTES = 16 * 1024 * 1024;

/** In pieces, because such files may be larger than memory. */
function digestFile(path: string): string {
  const hash = createHash("sha256");
  const chunk = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, "r");
  try {
    for (let got = readSync(file, chunk); got > 0; got = readSync(file, chunk)) hash.update(chunk.subarray(0, got));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
