// Random small models over every operator that waferc knows, as files: operands among the values made so far, with types and attributes that often
// but not always fit. They reach shape rules and passes that the models of the repository do not.
import type { Rng } from "@waferc/base";
import { kindOf } from "@waferc/numerics";
import { attribute, modelBytes, node, tensorType, type AttributeDraft, type NodeDraft } from "@waferc/onnx/testing";
import { dtypeOfOnnx, opTable, type AnyOpDefinition } from "@waferc/ops";

const DEFINITIONS = [...opTable.values()];
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;

/** The file of a random model of up to `maxNodes` nodes. */
export function randomModel(rng: Rng, maxNodes = 8): Uint8Array {
  const state: State = { rng, values: [], nodes: [], initializer: [] };
  const inputs = Array.from({ length: rng.between(1, 3) }, (_, i) => {
    const name = `x${i}`;
    const elemType = rng.pick([FLOAT, FLOAT, FLOAT, INT64, BOOL, 10, 6, 3, 16, 8]);
    state.values.push(name);
    return { name, type: tensorType(elemType, ...randomDims(rng)) };
  });
  for (let n = rng.between(1, maxNodes); n > 0; n--) addNode(state, rng.pick(DEFINITIONS), n);
  const output = state.values.slice(-rng.between(1, 2)).map((name) => ({ name }));
  return modelBytes(
    { input: inputs, node: state.nodes, initializer: state.initializer, output },
    {
      opsetImport: [
        { domain: "", version: rng.pick([7, 9, 11, 13, 14, 17, 18, 21, 23, 25, 28]) },
        { domain: "com.microsoft", version: 1 },
        { domain: "ai.onnx.ml", version: 3 },
      ],
    },
  );
}

interface State {
  readonly rng: Rng;
  /** Names of values, the newest last. */
  readonly values: string[];
  readonly nodes: NodeDraft[];
  readonly initializer: { name: string; dataType: number; dims: number[]; rawData: Uint8Array }[];
}

function randomDims(rng: Rng): (number | string)[] {
  const dims = [1, 2, 3, 4, 6, 8, "n", "n", "m", 0];
  return Array.from({ length: rng.below(5) }, () => rng.pick(dims));
}

function addNode(state: State, definition: AnyOpDefinition, id: number): void {
  const { rng, values, nodes } = state;
  const [min, max] = definition.operands;
  const operands = Array.from({ length: rng.between(min, Math.min(max, min + 3)) }, () => operand(state));
  const [fewest, most] = definition.results;
  const results = Array.from({ length: rng.between(fewest, Math.min(most, fewest + 2)) }, (_, i) => `v${id}_${i}`);
  const attributes = Object.entries(definition.attrs).flatMap(([name, spec]) =>
    spec.isRequired || rng.chance(0.4) ? randomAttribute(name, spec, state) : [],
  );
  nodes.push(node(definition.kind, operands, results, attributes, { domain: definition.domain }));
  values.push(...results);
}

function operand(state: State): string {
  const { rng, values } = state;
  if (rng.chance(0.05)) return "";
  if (rng.chance(0.35)) return constant(state);
  // Mostly the newest values, so that chains form.
  return values[values.length - 1 - Math.min(rng.below(4), values.length - 1)] ?? "";
}

function constant(state: State): string {
  const { rng, initializer } = state;
  const name = `c${initializer.length}`;
  const dataType = rng.pick([INT64, INT64, FLOAT, FLOAT, BOOL, 6, 3, 2, 10]);
  const dims = Array.from({ length: rng.below(3) }, () => rng.pick([1, 1, 2, 3, 4]));
  const count = dims.reduce((a, b) => a * b, 1);
  const dtype = dtypeOfOnnx(dataType);
  const width = { [FLOAT]: 4, [INT64]: 8, 6: 4, 10: 2 }[dataType] ?? 1;
  const rawData = new Uint8Array(count * width);
  const view = new DataView(rawData.buffer);
  for (let i = 0; i < count; i++) {
    const small = rng.between(-2, 4);
    if (dataType === FLOAT) view.setFloat32(i * 4, small / 2, true);
    else if (dataType === INT64) view.setBigInt64(i * 8, BigInt(small), true);
    else rawData[i * width] = dtype !== undefined && kindOf(dtype) === "bool" ? small & 1 : small;
  }
  initializer.push({ name, dataType, dims, rawData });
  return name;
}

function randomAttribute(name: string, spec: AnyOpDefinition["attrs"][string], state: State): AttributeDraft[] {
  const { rng } = state;
  const integer = (): number => rng.between(-3, 6);
  switch (spec.type) {
    case "int":
      return [attribute.int(name, name === "to" || name.endsWith("dtype") ? rng.between(1, 26) : integer())];
    case "ints":
      return [attribute.ints(name, ...Array.from({ length: rng.below(5) }, integer))];
    case "float":
      return [attribute.float(name, integer() / 2)];
    case "floats":
      return [{ name, type: 6, floats: Array.from({ length: rng.below(4) }, integer) }];
    case "string":
      return [attribute.string(name, rng.pick(spec.legal ?? ["", "linear", "ij,jk->ik", "...i,i...->...", "Relu"]))];
    case "block": {
      const inner: State = { rng, values: [...state.values], nodes: [], initializer: [] };
      const id = state.nodes.length * 100 + rng.below(90) + 1000;
      addNode(inner, rng.pick(DEFINITIONS.filter(({ traits }) => !traits.includes("control"))), id);
      const result = inner.values.slice(-1).map((value) => ({ name: value }));
      return [
        attribute.graph(name, { name: "body", node: inner.nodes, initializer: inner.initializer, output: result }),
      ];
    }
    default:
      return [];
  }
}
