// Random programs that are well-formed (`verifyProgram` finds nothing) and use every field of the noun. They mean nothing: most
// would not pass `check`. For readers, writers and encoders.
import type {
  CoreClass,
  CoreSet,
  Entry,
  HostStream,
  KernelInfo,
  ParamValue,
  Program,
  ProgramTensor,
  RouterRules,
  StepScalar,
} from "@waferc/ir/program";
import { coreCount, ELEMENT_TYPES } from "@waferc/ir/program";
import type { Choices } from "./choices.ts";
import { arbitraryFrom } from "./choices.ts";
import { randomCode } from "./code.ts";
import { randomExpr } from "./expr.ts";
import { randomRule } from "./rule.ts";

export const arbitraryProgram = arbitraryFrom(randomProgram);

const TENSOR_NAMES = ["w", "/layer.0/q/weight", 'odd "name"', "7"];
const LOCS = ["/attn/MatMul", "node;1", "näher\n", ""];

export function randomProgram(choices: Choices): Program {
  const tensors = choices.list(0, 3, (i): ProgramTensor => {
    const shape = choices.list(0, 3, () => choices.between(1, 5));
    return { name: TENSOR_NAMES[i] as string, type: choices.pick(ELEMENT_TYPES), shape, sha256: digest(choices) };
  });
  const kernels = choices.list(1, 3, (i): KernelInfo => {
    const loc = choices.list(0, 2, () => choices.pick(LOCS));
    return { name: `kernel ${i}`, template: choices.pick(["matmul.stationary", "a b"]), loc };
  });
  const [width, height] = [choices.between(1, 8), choices.between(1, 8)];
  const sha256 = choices.once(2) ? digest(choices) : "";
  const machine = { name: choices.pick(["mesh4x4", "my machine"]), sha256, width, height };
  const outline = { name: choices.pick(["tiny", "a/b"]), machine, tensors, kernels };
  const entries = choices.list(1, 2, (i) => randomEntry(choices, { ...outline, entries: [] }, i));
  return { ...outline, entries };
}

function digest(choices: Choices): string {
  return choices
    .below(2 ** 20)
    .toString(16)
    .padStart(64, "0");
}

function randomEntry(choices: Choices, program: Program, index: number): Entry {
  const steps = choices.list(0, 2, (i): StepScalar => {
    const min = choices.between(-9, 9);
    return { name: `step${i}`, min, max: min + choices.below(100) };
  });
  const codes = choices.list(1, 3, (i) => randomCode(choices, { program, steps, name: i === 0 ? "body" : `c-${i}` }));
  const { width, height } = program.machine;
  const classCount = choices.between(0, Math.min(3, width));
  const classes = Array.from({ length: classCount }, (_, i): CoreClass => {
    const code = choices.below(codes.length);
    const cores = columns(i, classCount, width, height);
    const colors = (codes[code]?.colors ?? []).map(() => choices.below(32));
    const params = (codes[code]?.params ?? []).map(() => randomParam(choices, cores));
    return { name: `k${i}`, code, cores, colors, params };
  });
  const routes = choices.list(0, 3, (i) => randomRoute(choices, i, width, height));
  const streams = choices.list(0, 2, (i) => randomStream(choices, i, program));
  return { name: index === 0 ? "main" : `entry ${index}`, steps, codes, classes, routes, streams };
}

/** Every `count`-th column from `first` on, as one strided rectangle or as two. */
function columns(first: number, count: number, width: number, height: number): CoreSet {
  const w = Math.ceil((width - first) / count);
  const rect = { x: first, y: 0, w, h: height, dx: count, dy: 1 };
  if (w < 2) return [rect];
  return [
    { ...rect, w: 1 },
    { ...rect, x: first + count, w: w - 1 },
  ];
}

function randomParam(choices: Choices, cores: CoreSet): ParamValue {
  if (!choices.once(3)) return { kind: "expr", expr: randomExpr(choices, { variables: ["x", "y"], params: [] }) };
  return { kind: "table", values: Array.from({ length: coreCount(cores) }, () => choices.between(-9, 99)) };
}

function randomRoute(choices: Choices, index: number, width: number, height: number): RouterRules {
  const rules = choices.list(1, 4, () => randomRule(choices));
  const closed = choices.once(4);
  const cores = [{ x: 0, y: 0, w: choices.between(1, width), h: choices.between(1, height), dx: 1, dy: 1 }];
  if (closed && choices.once(2)) return { color: index * 7, cores, rules: [], position: 0, closed };
  return { color: index * 7, cores, rules, position: choices.below(rules.length), closed };
}

function randomStream(choices: Choices, index: number, program: Program): HostStream {
  const { width, height } = program.machine;
  const isWest = choices.once(2);
  const port = { x: isWest ? 0 : width - 1, y: choices.below(height), side: isWest ? "west" : "east" } as const;
  const shape = choices.list(0, 3, () => choices.between(1, 128));
  const parts = [
    { tensor: "x", shape },
    { tensor: "logits/out", shape: [] },
  ];
  const size = shape.reduce((product, length) => product * length, 1);
  return {
    name: `s${index}`,
    direction: choices.pick(["in", "out"]),
    color: index,
    port,
    tensor: choices.pick(["x", "logits/out"]),
    type: choices.pick(ELEMENT_TYPES),
    ...(choices.once(2) ? { shape } : { shape: [size + 1], parts }),
  };
}
