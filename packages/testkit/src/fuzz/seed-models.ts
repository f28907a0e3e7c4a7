// Files to mutate that hold what random models do not: functions with attributes and overloads, graphs in graphs, loops, sparse and external tensors, every
// element type, attention and norms, quantised weights. Small, so that a case takes a millisecond.
import { attribute, modelBytes, node, tensorType, type FunctionDraft, type GraphDraft } from "@waferc/onnx/testing";

const OPSETS = [
  { domain: "", version: 21 },
  { domain: "d", version: 1 },
  { domain: "com.microsoft", version: 1 },
];
const imports = { opsetImport: OPSETS };
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const ints = (name: string, ...int64Data: number[]) => ({ name, dataType: 7, dims: [int64Data.length], int64Data });
const floats = (name: string, dims: number[]) => ({
  name,
  dataType: 1,
  dims,
  floatData: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 7) % 11) / 5 - 1),
});
const scalar = (name: string, dataType: number, value: number) => ({ name, dataType, dims: [], int32Data: [value] });
const input = (name: string, elemType: number, ...dims: (string | number)[]) => ({
  name,
  type: tensorType(elemType, ...dims),
});

function functions(): Uint8Array {
  const define = (name: string, rest: FunctionDraft): FunctionDraft => ({ name, domain: "d", ...imports, ...rest });
  const leaky = define("leaky", {
    input: ["a", "unused"],
    output: ["b"],
    attribute: ["slope"],
    node: [node("LeakyRelu", ["a"], ["b"], [attribute.ref("alpha", "slope", 1)])],
  });
  const twice = define("twice", {
    input: ["a"],
    output: ["b", "t"],
    attributeProto: [attribute.float("slope", 0.5)],
    overload: "two",
    node: [
      node("leaky", ["a"], ["t"], [attribute.ref("slope", "slope", 1)], { domain: "d" }),
      node("leaky", ["t", ""], ["b"], [], { domain: "d" }),
    ],
  });
  const nodes = [node("twice", ["x"], ["y"], [attribute.float("slope", 0.1)], { domain: "d", overload: "two" })];
  return modelBytes({ node: nodes }, { ...imports, functions: [leaky, twice] });
}

function controlFlow(): Uint8Array {
  const branch = (op: string): GraphDraft => ({ name: op, node: [node(op, ["x"], ["y"])], output: [{ name: "y" }] });
  const body: GraphDraft = {
    name: "body",
    input: [input("i", 7), input("go", 9), input("acc", 1, "n")],
    node: [node("Add", ["acc", "h"], ["next"]), node("Identity", ["go"], ["again"])],
    output: [{ name: "again" }, { name: "next" }, { name: "next" }],
  };
  return modelBytes(
    {
      initializer: [scalar("true", 9, 1), ints("three", 3)],
      input: [input("x", 1, "n"), input("c", 9)],
      node: [
        node(
          "If",
          ["c"],
          ["h"],
          [attribute.graph("then_branch", branch("Relu")), attribute.graph("else_branch", branch("Neg"))],
        ),
        node("Squeeze", ["three"], ["trips"]),
        node("Loop", ["trips", "true", "h"], ["y", "scan"], [attribute.graph("body", body)]),
      ],
    },
    imports,
  );
}

function shapeArithmetic(): Uint8Array {
  return modelBytes(
    {
      input: [input("x", 1, "batch", "seq", 8)],
      initializer: [ints("zero", 0), ints("one", 1), ints("heads", 2, 4), ints("minus", -1)],
      node: [
        node("Shape", ["x"], ["shape"]),
        node("Slice", ["shape", "zero", "one"], ["batch"]),
        node("Concat", ["batch", "minus", "heads"], ["target"], [attribute.int("axis", 0)]),
        node("Reshape", ["x", "target"], ["split"], [attribute.int("allowzero", 1)]),
        node("Transpose", ["split"], ["t"], [attribute.ints("perm", 0, 2, 1, 3)]),
        node("Softmax", ["t"], ["p"], [attribute.int("axis", -1)]),
        node("Expand", ["p", "one"], ["e"]),
        node("Gather", ["e", "zero"], ["y"], [attribute.int("axis", 1)]),
      ],
      valueInfo: [input("split", 1, "batch", "seq", 2, 4)],
    },
    imports,
  );
}

function tensorForms(): Uint8Array {
  const entries = { location: "w.bin", offset: "8", length: "16", checksum: "00" };
  const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
  const dense = Array.from({ length: 26 }, (_, i) => i + 1)
    .filter((dataType) => dataType !== 8)
    .map((dataType) => {
      const bits = [14, 15].includes(dataType)
        ? 128
        : [1, 6, 12].includes(dataType)
          ? 32
          : [7, 11, 13].includes(dataType)
            ? 64
            : 16;
      return {
        name: `t${dataType}`,
        dataType,
        dims: [bits === 16 ? 0 : 1],
        rawData: new Uint8Array(bits === 16 ? 0 : dataType === 14 ? 8 : bits / 8),
      };
    });
  return modelBytes(
    {
      input: [input("x", 1, 4)],
      initializer: [
        ...dense,
        { name: "s", dataType: 8, dims: [2], stringData: [bytes("a"), bytes("é")] },
        { name: "far", dataType: 1, dims: [4], dataLocation: 1, externalData },
      ],
      sparseInitializer: [
        {
          values: floats("sparse", [2]),
          indices: { dataType: 7, dims: [2, 2], int64Data: [0, 1, 1, 0] },
          dims: [2, 2],
        },
      ],
      node: [
        node("Constant", [], ["k"], [{ name: "value_strings", type: 8, strings: [bytes("p"), bytes("q")] }]),
        node(
          "Constant",
          [],
          ["v"],
          [
            {
              name: "sparse_value",
              type: 11,
              sparseTensor: { values: floats("", [1]), indices: ints("", 3), dims: [4] },
            },
          ],
        ),
        node("Add", ["x", "far"], ["h"]),
        node("Mul", ["h", "v"], ["y"]),
      ],
      output: [{ name: "y" }, { name: "k" }, { name: "s" }, { name: "sparse" }, { name: "t16" }],
    },
    { ...imports, metadataProps: [{ key: "a", value: "b" }] },
  );
}

function transformerOps(): Uint8Array {
  const heads = [attribute.int("q_num_heads", 2), attribute.int("kv_num_heads", 2)];
  return modelBytes(
    {
      input: [input("x", 1, "b", "s", 8)],
      initializer: [
        floats("scale", [8]),
        floats("w", [8, 8]),
        { name: "wq", dataType: 3, dims: [8, 8], rawData: new Uint8Array(64).map((_, i) => i) },
        floats("ws", [8]),
        { name: "wz", dataType: 3, dims: [8], rawData: new Uint8Array(8) },
        { name: "packed", dataType: 2, dims: [8, 1, 8], rawData: new Uint8Array(64).fill(0x53) },
        floats("scales", [8]),
      ],
      node: [
        node("LayerNormalization", ["x", "scale", "scale"], ["n"], [attribute.int("axis", -1)]),
        node("MatMul", ["n", "w"], ["q"]),
        node("DequantizeLinear", ["wq", "ws", "wz"], ["wd"], [attribute.int("axis", 1)]),
        node("MatMul", ["n", "wd"], ["k"]),
        node("Attention", ["q", "k", "k"], ["a"], heads),
        node(
          "MatMulNBits",
          ["a", "packed", "scales"],
          ["m"],
          [attribute.int("K", 8), attribute.int("N", 8), attribute.int("bits", 4), attribute.int("block_size", 16)],
          { domain: "com.microsoft" },
        ),
        node("Gemm", ["w", "w", "scale"], ["g"], [attribute.int("transB", 1), attribute.float("alpha", 0.5)]),
        node("Einsum", ["m", "g"], ["e"], [attribute.string("equation", "bsk,kn->bsn")]),
        node("Gelu", ["e"], ["f"], [attribute.string("approximate", "tanh")]),
        node("TopK", ["f", "two"], ["y", "indices"]),
        node("Split", ["f"], ["l", "r"], [attribute.int("axis", -1), attribute.int("num_outputs", 2)]),
        node("Constant", [], ["two"], [attribute.tensor("value", ints("", 2))]),
        node("CumSum", ["r", "axis"], ["z"]),
        node("Constant", [], ["axis"], [attribute.int("value_int", 1)]),
      ],
      output: [{ name: "y" }, { name: "z" }, { name: "l" }],
    },
    { ...imports, opsetImport: [{ domain: "", version: 23 }, ...OPSETS.slice(1)] },
  );
}

/** The corpus, by what it is about. */
export const SEED_MODELS: readonly Uint8Array[] = [
  functions(),
  controlFlow(),
  shapeArithmetic(),
  tensorForms(),
  transformerOps(),
];
