// Tensor data in files beside the model. This package reads no files: the caller hands in an `ExternalData` reader that is
// rooted in the model's folder. Locations are checked here, by one function for every tensor site, before any reader
// sees them; the reader must still refuse links that leave the folder (CVE-2026-27489, CVE-2026-34447).

/** Reads ranges of the files beside a model. */
export interface ExternalData {
  /** Length of a file in bytes, or undefined if there is none that may be read. */
  byteLengthOf(location: string): number | undefined;
  /** Why there is none, to continue "w.bin ..", if the reader can say. */
  refusalOf?(location: string): string | undefined;
  /** SHA-1 of a whole file in lower-case hex; only readers that are to verify checksums have it. */
  sha1Of?(location: string): string | undefined;
  read(location: string, offset: number, byteCount: number): Uint8Array;
}

/** Where a tensor's external data is; `length` undefined means what the tensor's type and dims need. */
export interface ExternalRange {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
  /** SHA-1 of the whole file, as the model states it. */
  readonly checksum: string | undefined;
}

/** Why a location must not be opened, or undefined if it may: relative, forward slashes, never upwards. */
export function refuseLocation(location: string): string | undefined {
  if (location === "") return "the location is empty";
  if (location.includes("\0")) return "the location contains a NUL";
  if (location.includes("\\")) return "the location contains a backslash; ONNX wants POSIX paths";
  if (location.startsWith("/") || /^[A-Za-z]:/.test(location)) return "the location is absolute";
  if (location.includes("_ORT_MEM_ADDR_")) return "the location is an in-memory marker of onnxruntime, not a file";
  if (location.split("/").includes("..")) return "the location leads out of the model's folder";
  return undefined;
}

/**
 * The range that a tensor's `external_data` entries describe; a string says what is wrong with them.
 * Unknown keys are ignored; a key given twice is an error, because readers disagree which one wins.
 */
export function parseExternalRange(
  entries: readonly { key?: string | null; value?: string | null }[],
): ExternalRange | string {
  const found = new Map<string, string>();
  for (const { key, value } of entries) {
    const name = key ?? "";
    if (found.has(name)) return `the key "${name}" is given twice`;
    found.set(name, value ?? "");
  }
  const location = found.get("location");
  if (location === undefined) return "the location is missing";
  const refusal = refuseLocation(location);
  if (refusal !== undefined) return refusal;
  const offset = parseCount(found.get("offset") ?? "0");
  if (offset === undefined) return `the offset "${found.get("offset") ?? ""}" is not a byte count`;
  const lengthText = found.get("length");
  const length = lengthText === undefined ? undefined : parseCount(lengthText);
  if (lengthText !== undefined && length === undefined) return `the length "${lengthText}" is not a byte count`;
  return { location, offset, length, checksum: found.get("checksum") };
}

function parseCount(text: string): number | undefined {
  const count = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(count) ? count : undefined;
}
