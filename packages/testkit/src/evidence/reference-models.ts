// Trained models on the reference evaluator, as users have them: the sentence encoder all-MiniLM-L6-v2 against the embeddings of its golden file, and the 260 k-parameter
// story model against float64 logits and 200 greedily decoded tokens. Both lie in the data folder, because their weights are not ours.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DiagnosticSink, invariant } from "@waferc/base";
import { valueOf, type Graph } from "@waferc/ir/graph";
import { compareTensors, elementCount, makeTensor, tensorOf, toFloat64, zeros, type Tensor } from "@waferc/numerics";
import { importModel } from "@waferc/onnx";
import { evaluateGraph } from "@waferc/ops";
import { bulletsOf, type Evidence, type EvidenceResult, type GatherOptions } from "./evidence.ts";

/** Largest difference of an embedding's element, of vectors of length 1. */
const EMBEDDING_TOLERANCE = 1e-5;
const LOGITS_TOLERANCE = 2e-5;

function modelsOf({ data }: GatherOptions): string {
  invariant(data !== undefined, "the data folder must be given");
  return join(data, "models");
}

function load(path: string): Graph {
  return importModel(readFileSync(path), new DiagnosticSink());
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

function readFloats(path: string): Float32Array {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

// Sentence embeddings

/** Mean over the rows, then length 1, both in double precision. `hidden` is [1, rows, width]. */
function embed(hidden: Tensor): Float64Array {
  const [, rows = 0, width = 0] = hidden.shape;
  const values = toFloat64(hidden);
  const mean = Float64Array.from({ length: width }, (_, column) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += values[row * width + column]!;
    return sum / rows;
  });
  const length = Math.hypot(...mean);
  return mean.map((value) => value / length);
}

function nearestOf(embeddings: readonly Float64Array[], own: number): number {
  const cosineTo = (other: Float64Array): number =>
    other.reduce((sum, value, i) => sum + value * (embeddings[own]?.[i] ?? 0), 0);
  const ranked = embeddings.map((other, index) => ({ index, cosine: index === own ? -2 : cosineTo(other) }));
  return ranked.reduce((best, one) => (one.cosine > best.cosine ? one : best)).index;
}

export const sentenceEvidence: Evidence = {
  name: "minilm",
  claim: `The reference evaluator gives the golden embeddings of all-MiniLM-L6-v2 (22.7 M parameters) within ${EMBEDDING_TOLERANCE}, sentence by sentence.`,
  unit: "sentences",
  defaultCount: 64,
  gather(options): EvidenceResult {
    const folder = join(modelsOf(options), "minilm");
    const graph = load(join(folder, "model.onnx"));
    const { input_ids: ids } = readJson<{ input_ids: readonly (readonly number[])[] }>(join(folder, "sentences.json"));
    const golden = readFloats(join(folder, "embeddings.f32"));
    const { nearest_neighbour: neighbours } = readJson<{ nearest_neighbour: readonly number[] }>(
      join(folder, "golden.json"),
    );
    const started = performance.now();
    const chosen = ids.slice(0, options.count);
    const embeddings = chosen.map((tokens, index) => {
      options.onProgress?.(`${index} of ${chosen.length} sentences`);
      const ones = tokens.map(() => 1);
      const inputs = new Map<string, Tensor>([
        ["input_ids", tensorOf("i64", [1, tokens.length], tokens)],
        ["attention_mask", tensorOf("i64", [1, tokens.length], ones)],
        ["token_type_ids", zeros("i64", [1, tokens.length])],
      ]);
      const [hidden] = evaluateGraph(graph, inputs).values();
      invariant(hidden !== undefined, "an encoder has an output");
      return embed(hidden);
    });
    const seconds = (performance.now() - started) / 1000;
    const differences = embeddings.map((own, index) =>
      Math.max(...own.map((value, i) => Math.abs(value - golden[index * own.length + i]!))),
    );
    const failures = differences.flatMap((difference, index) =>
      difference <= EMBEDDING_TOLERANCE ? [] : [`sentence ${index} differs by ${difference}`],
    );
    const isWhole = chosen.length === ids.length;
    if (isWhole) {
      embeddings.forEach((_, index) => {
        const found = nearestOf(embeddings, index);
        if (found !== neighbours[index])
          failures.push(`sentence ${index} is nearest to ${found}, not ${neighbours[index]}`);
      });
    }
    const tokens = chosen.reduce((sum, { length }) => sum + length, 0);
    const facts: [string, string | number][] = [
      ["sentences, tokens", `${chosen.length}, ${tokens}`],
      ["largest difference of an element", Math.max(...differences).toExponential(1)],
      ["time of the reference evaluator, s", seconds.toFixed(1)],
    ];
    if (isWhole) facts.push(["nearest neighbours", "the golden ones"]);
    return { lines: bulletsOf(facts), failures };
  },
};

// Stories

interface Greedy {
  readonly prompt_ids: readonly number[];
  readonly greedy_ids: readonly number[];
  readonly text: string;
}

/** The 32 leading token ids of the golden logits: the prompt and what was decoded after it. */
const LOGIT_ROWS = 32;

export const storyEvidence: Evidence = {
  name: "stories260k",
  claim: `The reference evaluator gives the float64 prefill logits of stories260k within ${LOGITS_TOLERANCE}, and decodes the golden text greedily with its caches.`,
  unit: "tokens",
  defaultCount: 200,
  gather(options): EvidenceResult {
    const folder = join(modelsOf(options), "stories260k");
    const golden = readJson<Greedy>(join(folder, "stories260k_greedy200.json"));
    const difference = prefillDifference(folder, golden);
    const decoded = decodeGreedily(load(join(folder, "stories260k_with_past_opset17.onnx")), golden, options);
    const expected = golden.greedy_ids.slice(0, golden.prompt_ids.length + options.count);
    const failures: string[] = [];
    if (!(difference <= LOGITS_TOLERANCE)) failures.push(`the prefill logits differ by ${difference}`);
    const firstOther = expected.findIndex((token, i) => token !== decoded[i]);
    if (firstOther >= 0) failures.push(`token ${firstOther} is ${decoded[firstOther]}, not ${expected[firstOther]}`);
    const text = textOf(readFileSync(join(folder, "tok512.bin")), decoded);
    if (!golden.text.startsWith(text) && !text.startsWith(golden.text)) failures.push(`the text is "${text}"`);
    return {
      lines: bulletsOf([
        [`largest difference of a prefill logit, ${LOGIT_ROWS} tokens`, difference.toExponential(1)],
        ["tokens decoded with caches, equal to the golden ones", expected.length - golden.prompt_ids.length],
        ["text", `"${text.slice(0, 120)} .."`],
      ]),
      failures,
    };
  },
};

/** Largest difference from the float64 logits of the first rows. */
function prefillDifference(folder: string, golden: Greedy): number {
  const graph = load(join(folder, "stories260k_prefill_opset17.onnx"));
  const ids = golden.greedy_ids.slice(0, LOGIT_ROWS);
  const [logits] = evaluateGraph(graph, promptInputs(graph, ids)).values();
  invariant(logits !== undefined, "a language model has logits");
  const expected = makeTensor(
    "f32",
    logits.shape,
    readFloats(join(folder, "stories260k_golden_logits_f64ref_first32.f32")),
  );
  return compareTensors(logits, expected, { rtol: 0, atol: LOGITS_TOLERANCE }).maxAbs;
}

function promptInputs(graph: Graph, ids: readonly number[]): Map<string, Tensor> {
  const made = new Map<string, Tensor>();
  for (const id of graph.inputs) {
    const { name } = valueOf(graph, id);
    const values = name === "attention_mask" ? ids.map(() => 1) : name === "position_ids" ? ids.map((_, i) => i) : ids;
    made.set(name, tensorOf("i64", [1, ids.length], values));
  }
  return made;
}

/** Prompt and decoded tokens: one step a token, the caches of a step being the present ones of the step before. */
function decodeGreedily(graph: Graph, { prompt_ids: prompt }: Greedy, { count, onProgress }: GatherOptions): number[] {
  const tokens = [...prompt];
  const caches = new Map<string, Tensor>();
  for (const id of graph.inputs) {
    const { name, shape = [] } = valueOf(graph, id);
    if (name.startsWith("past_key_values"))
      caches.set(
        name,
        zeros(
          "f32",
          shape.map((dim, axis) => (axis === 0 ? 1 : typeof dim === "number" ? dim : 0)),
        ),
      );
  }
  for (let position = 0; tokens.length < prompt.length + count; position++) {
    onProgress?.(`${position} of ${prompt.length + count} tokens`);
    const inputs = new Map<string, Tensor>([
      ["input_ids", tensorOf("i64", [1, 1], [tokens[position]!])],
      ["attention_mask", tensorOf("i64", [1, position + 1], new Array<number>(position + 1).fill(1))],
      ["position_ids", tensorOf("i64", [1, 1], [position])],
      ...caches,
    ]);
    const outputs = evaluateGraph(graph, inputs);
    for (const name of caches.keys()) caches.set(name, outputs.get(name.replace("past_key_values", "present"))!);
    if (position + 1 === tokens.length) tokens.push(argMax(outputs.get("logits")!));
  }
  return tokens;
}

function argMax(logits: Tensor): number {
  const values = toFloat64(logits);
  const start = elementCount(logits.shape) - logits.shape.at(-1)!;
  let best = start;
  for (let i = start; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best - start;
}

/** Text of tokens by a vocabulary of llama2.c: a header word, then score, byte length and bytes of each token. */
function textOf(vocabulary: Uint8Array, tokens: readonly number[]): string {
  const view = new DataView(vocabulary.buffer, vocabulary.byteOffset, vocabulary.length);
  const pieces: string[] = [];
  for (let at = 4; at < vocabulary.length;) {
    const byteLength = view.getInt32(at + 4, true);
    pieces.push(new TextDecoder().decode(vocabulary.subarray(at + 8, at + 8 + byteLength)));
    at += 8 + byteLength;
  }
  const [, ...spoken] = tokens;
  const text = spoken.map((token) =>
    (pieces[token] ?? "").replace(/^<0x([0-9A-F]{2})>$/, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  );
  return text.join("").trimStart();
}
