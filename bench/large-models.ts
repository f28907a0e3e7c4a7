// Model files of any size, to see what importing costs: feed-forward layers whose weights lie inside the file or beside it. The bytes of weights are
// zeros; beside the model they are a hole in the file, so that no disk is filled.
import { closeSync, openSync, truncateSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { encodeMessage, modelBytes, node, tensorType } from "@waferc/onnx/testing";
import type { Draft, Messages } from "@waferc/onnx/testing";

const WIDTH = 2048;
const HIDDEN = 8192;
const WEIGHT_BYTES = WIDTH * HIDDEN * 4;
/** Bytes of the weights of one layer. */
export const LAYER_BYTES = 2 * WEIGHT_BYTES;

type Graph = Draft<Messages["GraphProto"]>;
type Tensor = Draft<Messages["TensorProto"]>;

function layers(count: number): Graph {
  const nodes = Array.from({ length: count }, (_, i) => [
    node("MatMul", [i === 0 ? "x" : `h${i - 1}`, `up${i}`], [`u${i}`]),
    node("Relu", [`u${i}`], [`r${i}`]),
    node("MatMul", [`r${i}`, `down${i}`], [`h${i}`]),
  ]);
  const type = tensorType(1, "rows", WIDTH);
  return {
    name: "layers",
    node: nodes.flat(),
    input: [{ name: "x", type }],
    output: [{ name: `h${count - 1}`, type }],
  };
}

function weights(count: number): Tensor[] {
  const pair = (i: number): Tensor[] => [
    { name: `up${i}`, dataType: 1, dims: [WIDTH, HIDDEN] },
    { name: `down${i}`, dataType: 1, dims: [HIDDEN, WIDTH] },
  ];
  return Array.from({ length: count }, (_, i) => pair(i)).flat();
}

/** Writes `model.onnx` with `weights.bin` beside it and returns the model's path. */
export function writeExternalModel(folder: string, layerCount: number): string {
  const initializer = weights(layerCount).map((tensor, i) => {
    const entries = { location: "weights.bin", offset: String(i * WEIGHT_BYTES), length: String(WEIGHT_BYTES) };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { ...tensor, dataLocation: 1, externalData };
  });
  const path = join(folder, "external.onnx");
  writeFileSync(path, modelBytes({ ...layers(layerCount), initializer }));
  writeFileSync(join(folder, "weights.bin"), "");
  truncateSync(join(folder, "weights.bin"), layerCount * LAYER_BYTES);
  return path;
}

/** Writes a model with its weights as raw data inside, piece by piece, and returns its path. */
export function writeInternalModel(folder: string, layerCount: number): string {
  const tensors = weights(layerCount).map((tensor) => {
    const head = encodeMessage(tensor, "TensorProto");
    const raw = Uint8Array.of(0x4a, ...varint(WEIGHT_BYTES)); // TensorProto.raw_data
    const byteLength = head.length + raw.length + WEIGHT_BYTES;
    return { start: Uint8Array.of(0x2a, ...varint(byteLength), ...head, ...raw) }; // GraphProto.initializer
  });
  const graph = encodeMessage(layers(layerCount), "GraphProto");
  const graphLength = tensors.reduce((sum, { start }) => sum + start.length + WEIGHT_BYTES, graph.length);
  const path = join(folder, "internal.onnx");
  const file = openSync(path, "w");
  writeSync(file, encodeMessage({ irVersion: 10, opsetImport: [{ domain: "", version: 17 }] }, "ModelProto"));
  writeSync(file, Uint8Array.of(0x3a, ...varint(graphLength))); // ModelProto.graph
  writeSync(file, graph);
  const zeros = new Uint8Array(WEIGHT_BYTES);
  for (const { start } of tensors) {
    writeSync(file, start);
    writeSync(file, zeros);
  }
  closeSync(file);
  return path;
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}
