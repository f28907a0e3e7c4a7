// Random well-formed codes. Every code has a buffer of each type, so that every instruction can be made.
import { ELEMENT_TYPES, is16Bit } from "@waferc/ir/program";
import type {
  Binding,
  Buffer,
  Code,
  ElementType,
  Expr,
  Instruction,
  Program,
  Source,
  StepScalar,
  View,
} from "@waferc/ir/program";
import type { Choices } from "./choices.ts";
import { randomExpr } from "./expr.ts";
import type { RandomScope } from "./expr.ts";
import { randomRule } from "./rule.ts";

export interface CodeContext {
  readonly program: Program;
  readonly steps: readonly StepScalar[];
  readonly name: string;
}

/** Fixed, so that all entries agree about it. */
const PERSISTENT: Buffer = { name: "kv", type: "f32", address: 4096, elements: 64, persistent: true };
const LITERALS = [0, -0, 1, 0.1, -1e-30, 3.4028234663852886e38, Infinity, -Infinity, NaN];

export function randomCode(choices: Choices, context: CodeContext): Code {
  const buffers = ELEMENT_TYPES.map((type) => buffer(type === "i32" ? "idx" : `a_${type}`, type, choices));
  if (choices.once(2)) buffers.push(buffer("b.0", "f32", choices));
  if (choices.once(3)) buffers.push(PERSISTENT);
  const colors = choices.list(0, 3, (i) => `c${i}`);
  const params = choices.list(0, 2, (i) => `p${i}`);
  const outline = { name: context.name, colors, params, buffers };
  const generator = new CodeGenerator(choices, { ...outline, bindings: [], body: [] }, context);
  const bindings = choices.list(0, 2, () => generator.binding()).filter((binding) => binding !== undefined);
  return { ...outline, bindings, body: generator.body(["x", "y", ...context.steps.map(({ name }) => name)], 2) };
}

function buffer(name: string, type: ElementType, choices: Choices): Buffer {
  return { name, type, address: 4 * choices.below(100), elements: choices.between(1, 64), persistent: false };
}

class CodeGenerator {
  readonly #choices: Choices;
  readonly #code: Code;
  readonly #program: Program;
  #loops = 0;

  constructor(choices: Choices, code: Code, { program }: CodeContext) {
    this.#choices = choices;
    this.#code = code;
    this.#program = program;
  }

  binding(): Binding | undefined {
    const choices = this.#choices;
    const tensor = choices.below(this.#program.tensors.length || 1);
    const target = this.#program.tensors[tensor];
    if (!target) return undefined;
    const scope = { variables: ["x", "y"], params: this.#code.params };
    const rank = target.shape.length;
    const dims = choices.list(0, rank === 0 ? 0 : 3, () => {
      const [count, stride] = [randomExpr(choices, scope, 1), choices.between(-3, 9)];
      return { count, stride, tensorDim: choices.below(rank), step: choices.between(1, 3) - (choices.once(9) ? 4 : 0) };
    });
    const start = target.shape.map(() => randomExpr(choices, scope, 2));
    return { buffer: this.#bufferOf(target.type), offset: randomExpr(choices, scope, 1), dims, tensor, start };
  }

  body(variables: readonly string[], depth: number): Instruction[] {
    return this.#choices.list(0, 5, () => this.#instruction({ variables, params: this.#code.params }, depth));
  }

  #instruction(scope: RandomScope, depth: number): Instruction {
    const choices = this.#choices;
    const kernel = choices.below(this.#program.kernels.length);
    const kind = choices.below(4);
    if (kind === 0) return { kernel, op: "wait", thread: choices.below(6) };
    if (kind === 1) return this.#local(kernel, scope);
    if (kind === 2 && this.#code.colors.length > 0) return this.#withColors(kernel, scope);
    if (depth === 0) return this.#local(kernel, scope);
    const variable = `i${this.#loops++}`;
    const count = randomExpr(choices, scope, 1);
    return { kernel, op: "repeat", variable, count, body: this.body([...scope.variables, variable], depth - 1) };
  }

  #local(kernel: number, scope: RandomScope): Instruction {
    const choices = this.#choices;
    const type = choices.pick(ELEMENT_TYPES);
    const counts = choices.list(0, 3, () => randomExpr(choices, scope, 1));
    const view = (of: ElementType, dims = counts): View => this.#view(of, dims, scope);
    const source = (of: ElementType): Source => this.#source(of, counts, scope);
    switch (choices.below(11)) {
      case 0:
        return { kernel, op: "fill", dst: view(type), value: this.#literal(type) };
      case 1:
        return { kernel, op: "iota", dst: view(type), start: randomExpr(choices, scope), step: choices.between(-2, 2) };
      case 2:
        return { kernel, op: "copy", dst: view(type), src: view(type) };
      case 3:
        return {
          kernel,
          op: "cast",
          dst: view(type),
          src: view(choices.pick(ELEMENT_TYPES.filter((of) => of !== type))),
        };
      case 4: {
        const fn =
          type === "i32" ? choices.pick(["neg", "abs"] as const) : choices.pick(["exp", "rsqrt", "cos"] as const);
        return { kernel, op: "unary", fn, dst: view(type), src: source(type) };
      }
      case 5: {
        const fn = choices.pick(["add", "sub", "mul", "div", "min", "max"] as const);
        return { kernel, op: "binary", fn, dst: view(type), a: source(type), b: source(type) };
      }
      case 6: {
        const fn = choices.pick(["eq", "ne", "lt", "le", "gt", "ge"] as const);
        const a: Source = { kind: "view", view: view(type) };
        return { kernel, op: "compare", fn, dst: view("i32"), a, b: source(type) };
      }
      case 7:
        return { kernel, op: "select", dst: view(type), cond: view("i32"), a: source(type), b: source(type) };
      case 8: {
        const fn = choices.pick(["add", "max", "min"] as const);
        const src = view(type, [...counts, randomExpr(choices, scope, 1)]);
        return { kernel, op: "reduce", fn, dst: view(is16Bit(type) && choices.once(2) ? "f32" : type), src };
      }
      case 9: {
        const [rows, count, width] = this.#threeCounts(scope);
        const op = choices.pick(["gather", "scatter"] as const);
        const [dst, src] = [
          view(type, [op === "gather" ? count : rows, width]),
          view(type, [op === "gather" ? rows : count, width]),
        ];
        return { kernel, op, dst, src, index: view("i32", [count]), base: randomExpr(choices, scope, 2) };
      }
      default: {
        const [m, n, k] = this.#threeCounts(scope);
        const of = type === "i32" ? "f32" : type;
        const dst = view(choices.once(2) ? "f32" : of, [m, n]);
        return { kernel, op: "matmul", dst, a: view(of, [m, k]), b: view(of, [k, n]), fused: choices.once(2) };
      }
    }
  }

  #threeCounts(scope: RandomScope): readonly [Expr, Expr, Expr] {
    const count = () => randomExpr(this.#choices, scope, 1);
    return [count(), count(), count()];
  }

  #withColors(kernel: number, scope: RandomScope): Instruction {
    const choices = this.#choices;
    const color = choices.below(this.#code.colors.length);
    const thread = choices.once(2) ? { thread: choices.below(6) } : {};
    const view = (): View => this.#view(choices.pick(ELEMENT_TYPES), [randomExpr(choices, scope, 1)], scope);
    switch (choices.below(9)) {
      case 0:
        return { kernel, op: "send", color, src: view(), ...thread };
      case 1:
        return { kernel, op: "recv", color, dst: view(), ...thread };
      case 2:
        return { kernel, op: "recv_reduce", fn: choices.pick(["add", "max", "min"]), color, dst: view(), ...thread };
      case 3:
        return { kernel, op: "drop", color, count: randomExpr(choices, scope, 1), ...thread };
      case 4: {
        const to = choices.below(this.#code.colors.length);
        const fn = choices.pick(["pass", "store", "add", "max", "min"] as const);
        const operand = fn === "pass" ? { count: randomExpr(choices, scope, 2) } : { view: view() };
        return { kernel, op: "forward", fn, from: color, to, ...operand, ...thread };
      }
      case 5:
        return { kernel, op: "bind", direction: choices.pick(["in", "out"]), queue: choices.below(6), color };
      case 6:
        return { kernel, op: "advance", color };
      case 7:
        return { kernel, op: "close", color };
      default:
        return { kernel, op: "open", color, rules: choices.list(1, 4, () => randomRule(choices)) };
    }
  }

  #source(type: ElementType, counts: readonly Expr[], scope: RandomScope): Source {
    switch (this.#choices.below(3)) {
      case 0:
        return { kind: "literal", value: this.#literal(type) };
      case 1:
        return { kind: "view", view: this.#view(type, counts, scope) };
      default:
        return { kind: "index", expr: randomExpr(this.#choices, scope, 2) };
    }
  }

  #literal(type: ElementType): number {
    return type === "i32" ? this.#choices.between(-5, 5) : this.#choices.pick(LITERALS);
  }

  #view(type: ElementType, counts: readonly Expr[], scope: RandomScope): View {
    const dims = counts.map((count) => ({ count, stride: this.#choices.between(-2, 9) }));
    return { buffer: this.#bufferOf(type), offset: randomExpr(this.#choices, scope, 2), dims };
  }

  #bufferOf(type: ElementType): number {
    const indexes = [...this.#code.buffers.keys()].filter((i) => this.#code.buffers[i]?.type === type);
    return this.#choices.pick(indexes);
  }
}
