// Reads tensor data in files beside a model. Rooted in the model's folder: a link that leaves it is treated as missing.
import { closeSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { ExternalData } from "@waferc/onnx";

export function externalDataBeside(model: string): ExternalData {
  const root = realpathSync(dirname(model));
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
  };
}
