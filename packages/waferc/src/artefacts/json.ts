// The one object that `--json` prints: envelope, values that JSON cannot say made safe, keys in the order they were given.
import type { Diagnostic } from "@waferc/base";

/** Of everything that waferc writes as JSON: major.minor. Readers refuse another major. */
export const SCHEMA_VERSION = "1.0";

export type JsonObject = Readonly<Record<string, unknown>>;

export interface Envelope {
  readonly command: string;
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Text of the envelope with the verb's own keys. */
export function printEnvelope({ command, ok, diagnostics }: Envelope, body: JsonObject): string {
  return printJson({ schemaVersion: SCHEMA_VERSION, command, ok, diagnostics, ...body });
}

/**
 * JSON with two spaces of indent and a final line end. NaN and infinities become the strings "nan", "inf" and "-inf"; bigints become
 * numbers if one holds them exactly, else strings; maps become objects, sets and typed arrays lists.
 */
export function printJson(value: unknown): string {
  return `${JSON.stringify(toJsonValue(value), undefined, 2)}\n`;
}

function toJsonValue(value: unknown): unknown {
  switch (typeof value) {
    case "number":
      return safeNumber(value);
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case "object":
      return value === null ? null : toJsonObject(value);
    default:
      return value;
  }
}

function safeNumber(value: number): number | string {
  if (Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

function toJsonObject(value: object): unknown {
  if (Array.isArray(value)) return value.map(toJsonValue);
  if (value instanceof Map) return toJsonObject(Object.fromEntries(value));
  if (value instanceof Set) return [...value].map(toJsonValue);
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as Iterable<number | bigint>, toJsonValue);
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([key, field]) => [key, toJsonValue(field)]));
}
