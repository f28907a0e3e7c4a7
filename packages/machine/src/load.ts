// From machine files to machines: join the `extends` chain, apply overrides, validate against the schema, take the values.
// An override replaces a value and its origin, so that the schema judges it like any other.
import { CompileError, DiagnosticSink, sha256 } from "@waferc/base";
import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import { canonicalJson, isArray, isObject } from "./canonical-json.ts";
import type { Json } from "./canonical-json.ts";
import { MACHINE_FILES } from "./catalog.ts";
import { closestName } from "./closest-name.ts";
import { CODES } from "./codes.ts";
import { usableRect } from "./defects.ts";
import { isOnGrid } from "./geometry.ts";
import type { Machine } from "./machine.ts";
import schema from "./machine.schema.json" with { type: "json" };

type JsonObject = { readonly [key: string]: Json };

let compiled: ValidateFunction | undefined;

/** The schema's validator, compiled when the first machine is loaded. */
function validator(): ValidateFunction {
  compiled ??= new Ajv({ allErrors: true, strictTypes: false }).compile(schema);
  return compiled;
}

/** Names of the machines that `loadMachine` knows, smallest grid first. */
export const machineNames: readonly string[] = MACHINE_FILES.filter((file) => file["abstract"] !== true).map((file) =>
  String(file["name"]),
);

/**
 * The machine of that name with some of its values replaced.
 * @param overrides each `PATH=JSON`, such as `core.sramBytes=65536` or `defects.cores=[{"x":1,"y":2}]`
 * @throws CompileError MCH-001 to MCH-006, with every problem that there is
 */
export function loadMachine(name: string, overrides: readonly string[] = []): Machine {
  return resolveMachine(machineDescription(name), overrides);
}

/**
 * The file of that name joined with what it extends: every value with its source, as `waferc arch show` prints it.
 * @throws CompileError MCH-001
 */
export function machineDescription(name: string): JsonObject {
  const file = machineNames.includes(name) ? MACHINE_FILES.find((candidate) => candidate["name"] === name) : undefined;
  if (file) return joinChain(file);
  throw unknownMachine(name, machineNames);
}

function unknownMachine(name: string, known: readonly string[]): CompileError {
  const diag = new DiagnosticSink();
  const closest = closestName(name, known);
  diag.report(CODES["MCH-001"], {
    message: `Cannot find machine "${name}"`,
    at: { kind: "argument", name: "machine" },
    help: [...(closest ? [`did you mean "${closest}"?`] : []), `there are ${known.join(", ")}`],
  });
  return new CompileError(diag.diagnostics);
}

/**
 * The machine that a description states; for descriptions that are not in this package, which may extend one that is.
 * @throws CompileError MCH-001 to MCH-006
 */
export function resolveMachine(description: JsonObject, overrides: readonly string[] = []): Machine {
  const diag = new DiagnosticSink();
  let changed: JsonObject = joinChain(description);
  for (const override of overrides) changed = applyOverride(changed, override, diag);
  const validate = validator();
  if (!validate(changed)) for (const error of validate.errors ?? []) reportSchemaError(error, changed, diag);
  diag.throwIfErrors();
  const { description: _, ...values } = valuesOf(changed) as JsonObject;
  const resolved = { ...values, sha256: sha256(new TextEncoder().encode(canonicalJson(values))) };
  const machine = deepFreeze(resolved) as unknown as Machine;
  checkDefects(machine, diag);
  checkReserved(machine, diag);
  diag.throwIfErrors();
  return machine;
}

/**
 * A description with some of its values replaced, as `resolveMachine` would read it.
 * @throws CompileError MCH-001 to MCH-006 if it would not
 */
export function overrideDescription(description: JsonObject, overrides: readonly string[]): JsonObject {
  resolveMachine(description, overrides);
  const diag = new DiagnosticSink();
  return overrides.reduce((changed, override) => applyOverride(changed, override, diag), joinChain(description));
}

/** A file over the file it extends, group by group; the keys that only steer the joining are dropped. */
function joinChain(file: JsonObject): JsonObject {
  const { extends: parent, abstract: _, ...own } = file;
  if (parent === undefined) return own;
  const base = MACHINE_FILES.find((candidate) => candidate["name"] === parent);
  if (base) return mergeObjects(joinChain(base), own);
  throw unknownMachine(
    String(parent),
    MACHINE_FILES.map((candidate) => String(candidate["name"])),
  );
}

function mergeObjects(base: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) && !("value" in value) ? mergeObjects(old, value) : value;
  }
  return merged;
}

/** Paths of everything that an override can replace: sourced values, plain lists and texts. */
function valuePaths(node: JsonObject, prefix = ""): string[] {
  return Object.entries(node).flatMap(([key, value]) =>
    isObject(value) && !("value" in value) ? valuePaths(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

function applyOverride(description: JsonObject, override: string, diag: DiagnosticSink): JsonObject {
  const at = { kind: "argument", name: `set ${override}` } as const;
  const equals = override.indexOf("=");
  const [path, text] = [override.slice(0, equals).trim(), override.slice(equals + 1).trim()];
  const value = equals > 0 ? parseJson(text) : undefined;
  if (value === undefined) {
    diag.report(CODES["MCH-003"], {
      message: `Cannot read override "${override}"`,
      at,
      help: ["write PATH=VALUE with a JSON value, such as core.sramBytes=65536"],
    });
    return description;
  }
  const paths = valuePaths(description);
  if (!paths.includes(path)) {
    const closest = closestName(path, paths) ?? paths.find((known) => known.endsWith(`.${path}`));
    const message = `Cannot find field "${path}" in machine "${String(description["name"])}"`;
    diag.report(CODES["MCH-002"], { message, at, help: closest ? [`did you mean "${closest}"?`] : paths });
    return description;
  }
  return replaceAt(description, path.split("."), value);
}

function replaceAt(node: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [key = "", ...rest] = path;
  const old = node[key];
  if (rest.length > 0) return { ...node, [key]: replaceAt(old as JsonObject, rest, value) };
  const isSourced = isObject(old) && "value" in old;
  return { ...node, [key]: isSourced ? { value, assumed: true, note: "Overridden" } : value };
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function reportSchemaError(error: ErrorObject, description: JsonObject, diag: DiagnosticSink): void {
  const path = error.instancePath
    .slice(1)
    .replaceAll("/", ".")
    .replace(/\.value$/, "");
  const key = error.params["additionalProperty"] as string | undefined;
  const problem = key === undefined ? (error.message ?? error.keyword) : `must not have "${key}"`;
  diag.report(CODES["MCH-004"], {
    message: `Cannot use machine "${String(description["name"])}": "${path || "the file"}" ${problem}`,
    at: { kind: "entity", id: path || String(description["name"]) },
  });
}

/** Every `{value, source}` replaced by its value. */
function valuesOf(node: Json): Json {
  if (isArray(node)) return node.map(valuesOf);
  if (!isObject(node)) return node;
  if ("value" in node) return node["value"] as Json;
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, valuesOf(value)]));
}

function checkDefects(machine: Machine, diag: DiagnosticSink): void {
  for (const { x, y } of [...machine.defects.cores, ...machine.defects.links]) {
    if (isOnGrid(machine, x, y)) continue;
    const message = `Cannot place a defect at (${x},${y}): the grid is ${machine.width}x${machine.height}`;
    diag.report(CODES["MCH-005"], { message, at: { kind: "core", x, y } });
  }
}

function checkReserved(machine: Machine, diag: DiagnosticSink): void {
  const { w, h } = usableRect(machine);
  if (w > 0 && h > 0) return;
  const { north, east, south, west } = machine.reservedCores;
  const message =
    `Cannot run programs on "${machine.name}": of ${machine.width} columns ${west + east} are reserved, ` +
    `of ${machine.height} rows ${north + south}`;
  diag.report(CODES["MCH-006"], { message, at: { kind: "entity", id: "reservedCores" } });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
