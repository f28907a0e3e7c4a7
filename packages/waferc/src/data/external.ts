// Reads tensor data in files beside a model. Rooted in the model's folder: a link that leaves it is refused, whether it is the file or a
// folder on the way. Files are opened for each read, without following a last link, and must still be what they were when they
// were first looked at. Nothing is read until a tensor is asked for, and then only its bytes.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, type Stats } from "node:fs";
import { dirname, join, sep } from "node:path";
import { CompileError, makeDiagnostic } from "@waferc/base";
import type { ExternalData } from "@waferc/onnx";
import { CODES } from "../codes.ts";

/** A reader that can say afterwards what it was asked for. */
export interface ExternalFiles extends ExternalData {
  /** Files that are there and were asked for, with their digests, in the order of their names. */
  used(): readonly { readonly name: string; readonly sha256: string }[];
  /** Bytes of tensor data that were read so far. */
  bytesRead(): number;
}

export interface ExternalFilesOptions {
  /** Refuse files with a second name somewhere else (CVE-2026-34446). Package managers make such files, so they are allowed unless this is set. */
  readonly refuseHardLinks?: boolean;
  /** Compare the checksums that the model states, which reads the files completely. */
  readonly verifyChecksums?: boolean;
}

/** What a location leads to: a file that may be read, or why it may not. */
type Found =
  { readonly path: string; readonly stats: Stats; readonly refusal?: undefined } | { readonly refusal: string };

const CHUNK_BYTES = 16 * 1024 * 1024;

export function externalDataBeside(model: string, options: ExternalFilesOptions = {}): ExternalFiles {
  const root = realpathSync(dirname(model));
  const found = new Map<string, Found>();
  const checksums = new Map<string, string>();
  let bytesRead = 0;
  const look = (location: string): Found => {
    const known = found.get(location) ?? lookUp(root, location, options.refuseHardLinks ?? false);
    found.set(location, known);
    return known;
  };
  const sha1Of = (location: string): string | undefined => {
    const file = look(location);
    if (file.refusal !== undefined) return undefined;
    const sum = checksums.get(location) ?? digestFile(file.path, "sha1");
    checksums.set(location, sum);
    return sum;
  };
  return {
    byteLengthOf(location) {
      const file = look(location);
      return file.refusal === undefined ? file.stats.size : undefined;
    },
    refusalOf: (location) => look(location).refusal,
    ...(options.verifyChecksums === true ? { sha1Of } : {}),
    read(location, offset, byteCount) {
      const file = look(location);
      if (file.refusal !== undefined) throw unreadable(location, `it ${file.refusal}`);
      const bytes = readRange(file.path, file.stats, offset, byteCount);
      bytesRead += byteCount;
      return bytes;
    },
    used() {
      return [...found]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([name, file]) =>
          file.refusal === undefined ? [{ name, sha256: digestFile(file.path, "sha256") }] : [],
        );
    },
    bytesRead: () => bytesRead,
  };
}

function lookUp(root: string, location: string, refuseHardLinks: boolean): Found {
  try {
    const path = realpathSync(join(root, location));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep))
      return { refusal: "is a link that leads out of the model's folder" };
    // Not blocking: a named pipe would otherwise wait for somebody to write.
    const file = openSync(path, constants.O_RDONLY | noFollow | (constants.O_NONBLOCK ?? 0));
    try {
      const stats = fstatSync(file);
      if (!stats.isFile()) return { refusal: "is not a regular file" };
      if (refuseHardLinks && stats.nlink > 1) return { refusal: `is a hard link: the file has ${stats.nlink} names` };
      return { path, stats };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as { code?: string }).code;
    return {
      refusal: code === "ENOENT" || code === "ENOTDIR" ? "is missing" : `cannot be read (${code ?? String(error)})`,
    };
  }
}

/** Not there on Windows. */
const noFollow = constants.O_NOFOLLOW ?? 0;

function readRange(path: string, before: Stats, offset: number, byteCount: number): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | noFollow);
  try {
    const { dev, ino, size } = fstatSync(file);
    if (dev !== before.dev || ino !== before.ino || size !== before.size)
      throw unreadable(path, "it was changed while it was in use");
    const bytes = new Uint8Array(byteCount);
    for (let done = 0; done < byteCount;) {
      const got = readSync(file, bytes, done, Math.min(byteCount - done, CHUNK_BYTES), offset + done);
      if (got === 0) throw unreadable(path, `it ends before byte ${offset + byteCount}`);
      done += got;
    }
    return bytes;
  } finally {
    closeSync(file);
  }
}

function unreadable(file: string, why: string): CompileError {
  const at = { kind: "argument", name: "MODEL" } as const;
  return new CompileError([
    makeDiagnostic(CODES["CLI-001"], { message: `Cannot read external data "${file}": ${why}`, at }),
  ]);
}

/** In pieces, because such files may be larger than memory. */
function digestFile(path: string, algorithm: "sha1" | "sha256"): string {
  const hash = createHash(algorithm);
  const chunk = new Uint8Array(CHUNK_BYTES);
  const file = openSync(path, constants.O_RDONLY | noFollow);
  try {
    for (let got = readSync(file, chunk); got > 0; got = readSync(file, chunk)) hash.update(chunk.subarray(0, got));
  } finally {
    closeSync(file);
  }
  return hash.digest("hex");
}
