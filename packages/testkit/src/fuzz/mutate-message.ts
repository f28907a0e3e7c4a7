// Changes a decoded model in one place, in a way that the schema allows: a number to a telling one, a name to another name of the model, a message
// to another of its type, one element of a list more or less. What comes out encodes, so that most of it gets past decoding.
import type { Rng } from "@waferc/base";
import { fieldsOf, isMessageKind, ScalarRun, type Field, type MessageName } from "@waferc/onnx/testing";
import { opTable } from "@waferc/ops";

export type Message = Record<string, unknown>;

interface Site {
  readonly message: Message;
  readonly name: MessageName;
}

/** What a mutation may draw on. */
interface Material {
  readonly sites: ReadonlyMap<MessageName, readonly Site[]>;
  readonly strings: readonly string[];
}

const INTEGERS = [-1, 0, 1, 2, 3, 5, 8, 31, 64, 127, 255, 4096, 65535, 1000003].map(BigInt);
const LIMITS = [2n ** 31n - 1n, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];
const FLOATS = [0, -0, 1, -1, 0.5, 2, 1e-45, 3.4e38, NaN, Infinity, -Infinity];
const STRINGS = [
  "",
  "x",
  "y",
  "?",
  "n",
  "n + 1",
  "a.b",
  "ai.onnx",
  "com.microsoft",
  "\0",
  "../w",
  "constant",
  "none",
  "é",
];
const KINDS = [...opTable.values()].map(({ kind }) => kind);
/** A model that grew beyond this is left as it is. */
const MAX_SITES = 30_000;

/** Changes a model in `count` places. */
export function mutateModel(model: Message, rng: Rng, count: number): void {
  for (let n = 0; n < count; n++) {
    const material = collect(model);
    if (material === undefined) return;
    const name = rng.pick([...material.sites.keys()]);
    const site = rng.pick(material.sites.get(name) ?? [{ message: model, name: "ModelProto" }]);
    const fields = [...fieldsOf(name).values()].filter(({ isSkipped }) => !isSkipped);
    // Fields that are there are changed more often than others are added.
    const present = fields.filter(({ key }) => site.message[key] !== undefined);
    mutateField(site.message, rng.pick(present.length > 0 && rng.chance(0.8) ? present : fields), material, rng);
  }
}

function collect(model: Message): Material | undefined {
  const sites = new Map<MessageName, Site[]>();
  const strings: string[] = [];
  const stack: Site[] = [{ message: model, name: "ModelProto" }];
  let count = 0;
  for (let site = stack.pop(); site !== undefined; site = stack.pop()) {
    if (++count > MAX_SITES) return undefined;
    const list = sites.get(site.name);
    if (list === undefined) sites.set(site.name, [site]);
    else list.push(site);
    for (const { key, kind } of fieldsOf(site.name).values()) {
      const value = site.message[key];
      const values = Array.isArray(value) ? (value as unknown[]) : value === undefined ? [] : [value];
      if (isMessageKind(kind)) for (const one of values) stack.push({ message: one as Message, name: kind });
      else if (kind === "string") strings.push(...(values as string[]));
    }
  }
  return { sites, strings };
}

function mutateField(message: Message, field: Field, material: Material, rng: Rng): void {
  const { key } = field;
  if (!field.isRepeated) {
    if (message[key] !== undefined && rng.chance(0.15)) delete message[key];
    else message[key] = changed(message[key], field, material, rng);
    return;
  }
  const before = message[key];
  const list = Array.isArray(before) ? [...(before as unknown[])] : [];
  if (before instanceof ScalarRun && rng.chance(0.5)) {
    delete message[key];
    return;
  }
  const at = rng.below(list.length + 1);
  const action = rng.below(list.length === 0 ? 1 : 6);
  if (action === 0) list.splice(at, 0, changed(undefined, field, material, rng));
  else if (action === 1) list.splice(rng.below(list.length), 1);
  else if (action === 2) list.splice(at, 0, clone(rng.pick(list)));
  else if (action === 3) list.reverse();
  else {
    const index = rng.below(list.length);
    list[index] = changed(list[index], field, material, rng);
  }
  message[key] = list;
}

/** Another value for a field. */
function changed(before: unknown, { kind }: Field, { sites, strings }: Material, rng: Rng): unknown {
  if (isMessageKind(kind)) {
    const donors = sites.get(kind);
    return donors === undefined || rng.chance(0.1) ? {} : clone(rng.pick(donors).message);
  }
  switch (kind) {
    case "string":
      return rng.chance(0.6) && strings.length > 0 ? rng.pick(strings) : rng.pick(rng.chance(0.6) ? KINDS : STRINGS);
    case "bytes":
      return changedBytes(before instanceof Uint8Array ? before : new Uint8Array(0), rng);
    case "float":
    case "double":
      return rng.pick(FLOATS);
    case "int32":
      return rng.chance(0.8) ? rng.below(30) : Number(BigInt.asIntN(32, rng.pick(LIMITS)));
    case "int64":
    case "uint64": {
      const drawn = rng.chance(0.7) ? rng.pick(INTEGERS) : rng.pick(LIMITS);
      return typeof before === "bigint" && rng.chance(0.4) ? before + BigInt(rng.between(-2, 2)) : drawn;
    }
    default:
      return kind satisfies never;
  }
}

function changedBytes(before: Uint8Array, rng: Rng): Uint8Array {
  const after = new Uint8Array(rng.chance(0.6) ? before.length : rng.below(40));
  after.set(before.subarray(0, after.length));
  for (let n = rng.below(4); n > 0 && after.length > 0; n--) after[rng.below(after.length)] = rng.below(256);
  return after;
}

/** A copy with arrays and messages of its own; bytes and runs are never written to. */
function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array || value instanceof ScalarRun)
    return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, clone(one as unknown)])) as T;
}
