/** Well-formedness of codes: rules PRG-003 to PRG-015 of the list in `verify.ts`. */
import { isBareName } from "@waferc/base";
import type { DiagnosticCode } from "@waferc/base";
import { CODES } from "../codes.ts";
import { is16Bit } from "./element-type.ts";
import { bindingEntity, bufferEntity, instructionEntity, labelsOf } from "./entity.ts";
import { constantValue, isInt32 } from "./expr.ts";
import { colorUses, viewUses } from "./instructions.ts";
import { MAX_LOOP_DEPTH } from "./limits.ts";
import type { Binding, Code, ElementType, Expr, Instruction, Program, Source, View } from "./program.ts";
import { expressionProblem, isIndex, ruleProblem } from "./verify-parts.ts";
import type { Scope } from "./verify-parts.ts";

export type ReportProblem = (code: DiagnosticCode, entity: string, message: string, kernel?: number) => void;

const MAX_DIMS = 4;

/** The place that is being verified. */
interface Place {
  readonly entity: string;
  readonly kernel?: number;
}

export class CodeVerifier {
  readonly #program: Program;
  readonly #code: Code;
  readonly #entity: string;
  readonly #reportProblem: ReportProblem;
  readonly #params: ReadonlySet<string>;
  /** Names that were declared so far, wherever in the code. */
  readonly #declared: Set<string>;
  /** Names that instructions see outside of loops. */
  readonly #outer: ReadonlySet<string>;

  constructor(program: Program, steps: readonly string[], code: Code, entity: string, report: ReportProblem) {
    this.#program = program;
    this.#code = code;
    this.#entity = entity;
    this.#reportProblem = report;
    this.#params = new Set(code.params);
    this.#outer = new Set(["x", "y", ...steps, ...code.params]);
    this.#declared = new Set(["x", "y", ...steps]);
  }

  verify(): void {
    const place = { entity: this.#entity };
    for (const name of this.#params) this.#declare(name, place);
    const labels = labelsOf(this.#code.buffers.map(({ name }) => name));
    for (const [i, { name, address, elements }] of this.#code.buffers.entries()) {
      const at = { entity: bufferEntity(this.#entity, labels[i] ?? name) };
      if (!isIndex(elements) || elements < 1) {
        this.#report(CODES["PRG-014"], at, `Cannot have buffer "${name}" of ${elements} elements`);
      }
      if (!isIndex(address) || address % 4 !== 0) {
        this.#report(
          CODES["PRG-014"],
          at,
          `Cannot place buffer "${name}" at ${address} B: addresses are multiples of 4`,
        );
      }
    }
    for (const [i, binding] of this.#code.bindings.entries()) {
      this.#verifyBinding(binding, { entity: bindingEntity(this.#entity, i) });
    }
    this.#verifyBody(this.#code.body, [], this.#outer);
  }

  #declare(name: string, place: Place): void {
    if (this.#declared.has(name)) {
      const message = `Cannot declare variable "${name}" in @${this.#code.name} again`;
      this.#report(CODES["PRG-013"], place, message);
    }
    this.#declared.add(name);
  }

  #verifyBinding(binding: Binding, place: Place): void {
    const { buffer, offset, dims, tensor: index, start } = binding;
    const scope = { variables: new Set(["x", "y", ...this.#params]), params: this.#params };
    for (const expr of [offset, ...dims.map(({ count }) => count), ...start]) this.#verifyExpr(expr, scope, place);
    const target = this.#bufferType(buffer, place);
    const tensor = this.#program.tensors[index];
    if (!tensor) {
      const message = `Cannot find tensor #${index}: the program has ${this.#program.tensors.length}`;
      return this.#report(CODES["PRG-003"], place, message);
    }
    const rank = tensor.shape.length;
    if (target !== undefined && target !== tensor.type) {
      const message = `Cannot preload ${target} from tensor "${tensor.name}" of ${tensor.type}`;
      this.#report(CODES["PRG-015"], place, message);
    }
    if (start.length !== rank) {
      const message = `Cannot start at ${start.length} coordinates of tensor "${tensor.name}", which has ${rank} dimensions`;
      this.#report(CODES["PRG-015"], place, message);
    }
    for (const { stride, tensorDim, step } of dims) {
      if (!isIndex(tensorDim) || tensorDim >= rank) {
        const message = `Cannot go along dimension ${tensorDim} of tensor "${tensor.name}", which has ${rank}`;
        this.#report(CODES["PRG-015"], place, message);
      }
      this.#verifyStride(stride, place);
      if (!isInt32(step)) this.#report(CODES["PRG-015"], place, `Cannot go along a tensor in steps of ${step}`);
    }
  }

  // Instructions

  #verifyBody(body: readonly Instruction[], path: readonly number[], variables: ReadonlySet<string>): void {
    for (const [i, instruction] of body.entries()) {
      const { kernel } = instruction;
      const here = [...path, i];
      const place = { entity: instructionEntity(this.#entity, here), kernel };
      if (!this.#program.kernels[kernel]) {
        const message = `Cannot find kernel k${kernel}: the program has ${this.#program.kernels.length}`;
        this.#report(CODES["PRG-003"], place, message);
      }
      const scope = { variables, params: this.#params };
      for (const { view } of viewUses(instruction)) this.#verifyView(view, scope, place);
      for (const { color } of colorUses(instruction)) this.#verifyColor(color, place);
      this.#verifyInstruction(instruction, scope, place);
      if (instruction.op !== "repeat") continue;
      const { variable } = instruction;
      if (!isBareName(variable))
        this.#report(CODES["PRG-002"], place, `Cannot use "${variable}" as the name of a variable`);
      this.#declare(variable, place);
      if (here.length > MAX_LOOP_DEPTH) {
        this.#report(CODES["PRG-009"], place, `Cannot nest loops deeper than ${MAX_LOOP_DEPTH}`);
      } else {
        this.#verifyBody(instruction.body, here, new Set([...variables, variable]));
      }
    }
  }

  #verifyInstruction(instruction: Instruction, scope: Scope, place: Place): void {
    switch (instruction.op) {
      case "fill":
        return;
      case "iota":
        this.#verifyExpr(instruction.start, scope, place);
        if (!isInt32(instruction.step))
          this.#report(CODES["PRG-004"], place, `Cannot count in steps of ${instruction.step}`);
        return;
      case "copy":
        this.#matchShapes(place, instruction.dst, instruction.src);
        return this.#expectType(instruction.src, this.#typeOf(instruction.dst), place);
      case "cast": {
        const type = this.#typeOf(instruction.dst);
        this.#matchShapes(place, instruction.dst, instruction.src);
        if (type === undefined || type !== this.#typeOf(instruction.src)) return;
        return this.#report(CODES["PRG-008"], place, `Cannot cast ${type} to itself: use copy`);
      }
      case "unary":
        if (this.#typeOf(instruction.dst) === "i32" && instruction.fn !== "neg" && instruction.fn !== "abs") {
          this.#report(CODES["PRG-008"], place, `Cannot apply ${instruction.fn} to i32`);
        }
        return this.#verifySources(instruction.dst, [instruction.src], this.#typeOf(instruction.dst), scope, place);
      case "binary":
        return this.#verifySources(
          instruction.dst,
          [instruction.a, instruction.b],
          this.#typeOf(instruction.dst),
          scope,
          place,
        );
      case "compare":
        return this.#verifyCompare(instruction, scope, place);
      case "select":
        this.#matchShapes(place, instruction.dst, instruction.cond);
        this.#expectType(instruction.cond, "i32", place);
        return this.#verifySources(
          instruction.dst,
          [instruction.a, instruction.b],
          this.#typeOf(instruction.dst),
          scope,
          place,
        );
      case "reduce": {
        const { dst, src } = instruction;
        if (!this.#isWidened(src, dst)) this.#expectType(src, this.#typeOf(dst), place);
        if (src.dims.length === dst.dims.length + 1) {
          return this.#matchShapes(place, dst, { ...src, dims: src.dims.slice(0, -1) });
        }
        const message = `Cannot reduce ${src.dims.length} dimensions to ${dst.dims.length}: the source has one more`;
        return this.#report(CODES["PRG-007"], place, message);
      }
      case "matmul":
        return this.#verifyMatmul(instruction, place);
      case "gather":
      case "scatter":
        return this.#verifyRows(instruction, scope, place);
      default:
        return this.#verifyFabricOrControl(instruction, scope, place);
    }
  }

  #verifyFabricOrControl(instruction: Instruction, scope: Scope, place: Place): void {
    if ("thread" in instruction && instruction.thread !== undefined && !isIndex(instruction.thread)) {
      this.#report(CODES["PRG-010"], place, `Cannot use microthread ${instruction.thread}`);
    }
    switch (instruction.op) {
      case "drop":
      case "repeat":
        return this.#verifyExpr(instruction.count, scope, place);
      case "forward": {
        if (instruction.count) this.#verifyExpr(instruction.count, scope, place);
        const isPass = instruction.fn === "pass";
        if ((instruction.count !== undefined) === isPass && (instruction.view === undefined) === isPass) return;
        const message = `Cannot forward ${instruction.fn}: it takes ${isPass ? "a count and no view" : "a view and no count"}`;
        return this.#report(CODES["PRG-009"], place, message);
      }
      case "bind":
        this.#verifyColor(instruction.color, place);
        if (!isIndex(instruction.queue))
          this.#report(CODES["PRG-010"], place, `Cannot bind queue ${instruction.queue}`);
        return;
      case "open":
        this.#verifyColor(instruction.color, place);
        if (instruction.rules.length === 0) this.#report(CODES["PRG-012"], place, "Cannot open a colour without rules");
        for (const rule of instruction.rules) {
          const problem = ruleProblem(rule);
          if (problem) this.#report(CODES["PRG-011"], place, problem);
        }
        return;
      default:
        return;
    }
  }

  #verifyCompare(instruction: Extract<Instruction, { readonly op: "compare" }>, scope: Scope, place: Place): void {
    const { dst, a, b } = instruction;
    this.#expectType(dst, "i32", place);
    const first = [a, b].find((source) => source.kind === "view");
    if (!first) this.#report(CODES["PRG-009"], place, "Cannot compare two operands of which none is a view");
    this.#verifySources(dst, [a, b], first?.kind === "view" ? this.#typeOf(first.view) : undefined, scope, place);
  }

  #verifyMatmul(instruction: Extract<Instruction, { readonly op: "matmul" }>, place: Place): void {
    const { dst, a, b } = instruction;
    const type = this.#typeOf(dst) === "i32" ? "f32" : this.#typeOf(dst);
    this.#expectType(dst, type, place);
    if (!this.#isWidened(a, dst)) this.#expectType(a, type, place);
    this.#expectType(b, this.#typeOf(a), place);
    const [m, n, m2, k, k2, n2] = [...dst.dims, ...a.dims, ...b.dims].map(({ count }) => count);
    if ([dst, a, b].some((view) => view.dims.length !== 2)) {
      return this.#report(CODES["PRG-007"], place, "Cannot multiply views that do not have two dimensions each");
    }
    for (const [left, right] of [
      [m, m2],
      [n, n2],
      [k, k2],
    ]) {
      if (left && right) this.#matchCounts(left, right, place);
    }
  }

  /** `gather` and `scatter`: rows of two dimensions, named by an index of one. */
  #verifyRows(
    { op, dst, src, index, base }: Extract<Instruction, { readonly op: "gather" | "scatter" }>,
    scope: Scope,
    place: Place,
  ): void {
    this.#verifyExpr(base, scope, place);
    this.#expectType(src, this.#typeOf(dst), place);
    this.#expectType(index, "i32", place);
    const [rows, width] = (op === "gather" ? dst : src).dims;
    const [, otherWidth] = (op === "gather" ? src : dst).dims;
    const [count] = index.dims;
    if (dst.dims.length !== 2 || src.dims.length !== 2 || index.dims.length !== 1 || !rows || !count) {
      return this.#report(
        CODES["PRG-007"],
        place,
        `Cannot ${op} rows unless both views have two dimensions and the index has one`,
      );
    }
    if (width && otherWidth) this.#matchCounts(width.count, otherWidth.count, place);
    this.#matchCounts(rows.count, count.count, place);
  }

  // Operands

  /** Whether the source has a 16-bit type and the destination is f32: where that is legal, elements are widened. */
  #isWidened(src: View, dst: View): boolean {
    const type = this.#typeOf(src);
    return type !== undefined && is16Bit(type) && this.#typeOf(dst) === "f32";
  }

  #verifySources(
    dst: View,
    sources: readonly Source[],
    type: ElementType | undefined,
    scope: Scope,
    place: Place,
  ): void {
    for (const source of sources) {
      if (source.kind === "index") this.#verifyExpr(source.expr, scope, place);
      if (source.kind !== "view") continue;
      this.#matchShapes(place, dst, source.view);
      this.#expectType(source.view, type, place);
    }
  }

  #expectType(view: View, type: ElementType | undefined, place: Place): void {
    const found = this.#typeOf(view);
    if (found === undefined || type === undefined || found === type) return;
    const name = this.#code.buffers[view.buffer]?.name ?? "";
    this.#report(CODES["PRG-008"], place, `Cannot use buffer "${name}" of ${found} where ${type} is needed`);
  }

  #matchShapes(place: Place, a: View, b: View): void {
    if (a.dims.length !== b.dims.length) {
      const message = `Cannot combine a view of ${a.dims.length} dimensions with one of ${b.dims.length}`;
      return this.#report(CODES["PRG-007"], place, message);
    }
    for (const [i, { count }] of a.dims.entries()) {
      const other = b.dims[i];
      if (other) this.#matchCounts(count, other.count, place);
    }
  }

  #matchCounts(a: Expr, b: Expr, place: Place): void {
    const [left, right] = [constantValue(a), constantValue(b)];
    if (left === undefined || right === undefined || left === right) return;
    this.#report(CODES["PRG-007"], place, `Cannot combine a dimension of ${left} elements with one of ${right}`);
  }

  #verifyView(view: View, scope: Scope, place: Place): void {
    this.#bufferType(view.buffer, place);
    this.#verifyExpr(view.offset, scope, place);
    if (view.dims.length > MAX_DIMS) {
      this.#report(
        CODES["PRG-006"],
        place,
        `Cannot use a view of ${view.dims.length} dimensions: ${MAX_DIMS} are the most`,
      );
    }
    for (const { count, stride } of view.dims) {
      this.#verifyExpr(count, scope, place);
      this.#verifyStride(stride, place);
    }
  }

  #verifyStride(stride: number, place: Place): void {
    if (!isInt32(stride)) this.#report(CODES["PRG-006"], place, `Cannot use stride ${stride}: it is no 32-bit integer`);
  }

  #verifyExpr(expr: Expr, scope: Scope, place: Place): void {
    const problem = expressionProblem(expr, scope);
    if (problem) this.#report(problem.code, place, `Cannot use an expression: ${problem.message}`);
  }

  #verifyColor(color: number, place: Place): void {
    if (this.#code.colors[color] !== undefined) return;
    const message = `Cannot find colour #${color}: @${this.#code.name} has ${this.#code.colors.length}`;
    this.#report(CODES["PRG-003"], place, message);
  }

  #bufferType(index: number, place: Place): ElementType | undefined {
    const buffer = this.#code.buffers[index];
    if (buffer) return buffer.type;
    const message = `Cannot find buffer #${index}: @${this.#code.name} has ${this.#code.buffers.length}`;
    this.#report(CODES["PRG-003"], place, message);
    return undefined;
  }

  #typeOf(view: View): ElementType | undefined {
    return this.#code.buffers[view.buffer]?.type;
  }

  #report(code: DiagnosticCode, place: Place, message: string): void {
    this.#reportProblem(code, place.entity, message, place.kernel);
  }
}
