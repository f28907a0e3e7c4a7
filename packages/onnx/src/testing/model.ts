// Small models for tests, written as what differs from a sound one: `modelBytes({ node: [node("Relu", ["x"], ["y"])] })`.
import type { AttributeProto, FunctionProto, GraphProto, ModelProto, NodeProto, TypeProto } from "../proto.ts";
import { encodeMessage, type Draft } from "./encode-message.ts";

export type NodeDraft = Draft<NodeProto>;
export type GraphDraft = Draft<GraphProto>;
export type ModelDraft = Draft<ModelProto>;
export type FunctionDraft = Draft<FunctionProto>;
export type AttributeDraft = Draft<AttributeProto>;

/** A tensor type; names for symbolic dims, by default f32 of one symbolic dim. */
export function tensorType(elemType = 1, ...dims: readonly (string | number)[]): Draft<TypeProto> {
  const dim = dims.map((one) => (typeof one === "string" ? { dimParam: one } : { dimValue: one }));
  return { tensorType: { elemType, shape: { dim } } };
}

/** A node; its name is its operator and first result unless `rest` has one. */
export function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: readonly AttributeDraft[] = [],
  rest: NodeDraft = {},
): NodeDraft {
  return { name: `${opType}-${output[0] ?? ""}`, opType, input, output, attribute, ...rest };
}

/** Attributes by type. */
export const attribute = {
  int: (name: string, i: number | bigint): AttributeDraft => ({ name, type: 2, i }),
  ints: (name: string, ...ints: readonly (number | bigint)[]): AttributeDraft => ({ name, type: 7, ints }),
  float: (name: string, f: number): AttributeDraft => ({ name, type: 1, f }),
  string: (name: string, s: string): AttributeDraft => ({ name, type: 3, s: new TextEncoder().encode(s) }),
  graph: (name: string, g: GraphDraft): AttributeDraft => ({ name, type: 5, g }),
  tensor: (name: string, t: NonNullable<AttributeDraft["t"]>): AttributeDraft => ({ name, type: 4, t }),
  /** A reference to an attribute of the function around the node. */
  ref: (name: string, refAttrName: string, type: number): AttributeDraft => ({ name, refAttrName, type }),
};

/** A model from x to y, both f32[n], in opset 17 and IR version 10, but for what is given. */
export function modelBytes(graph: GraphDraft, rest: ModelDraft = {}): Uint8Array {
  return encodeMessage(
    {
      irVersion: 10,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "g",
        input: [{ name: "x", type: tensorType(1, "n") }],
        output: [{ name: "y", type: tensorType(1, "n") }],
        ...graph,
      },
      ...rest,
    },
    "ModelProto",
  );
}
