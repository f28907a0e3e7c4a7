/**
 * Well-formedness of dataflows, as numbered rules.
 *
 *   DFL-001  a label is defined once, and labels are dense (reader only)
 *   DFL-002  a label that is used is defined
 *   DFL-003  groups have names of their own and a size within the machine's grid; digests are digests
 *   DFL-004  a sharding covers its matrix: the matrix is the tensor's, blocks times cores reach the extent, one axis one dimension
 *   DFL-005  a weight operand names one weight, or in a loop one for each iteration, all of the size of its sharding
 *   DFL-006  a tensor is made once, before it is used
 *   DFL-007  a kernel, its tensors and its loop belong to one group
 *   DFL-008  every kernel is scheduled once
 *   DFL-009  a loop runs at least once, and what it carries fits: `initial` is there before, `next` is made inside
 *   DFL-010  a flow joins two ends, and each group end has one kernel for each of its parts that writes or reads it
 *
 * Gaps: what a template asks of its operands and parameters is the template's to know (`@waferc/kernels`).
 */
import { makeDiagnostic } from "@waferc/base";
import type { Diagnostic, DiagnosticCode } from "@waferc/base";
import { CODES } from "../codes.ts";
import type { BlockedDim, Dataflow, Flow, Kernel, KernelId, LoopStep, Sharding, TensorId } from "./dataflow.ts";
import { DATAFLOW_ENTITY, entityOf, loopEntity } from "./entity.ts";
import { printSharding } from "./print.ts";

/** Every broken rule, in the order of the parts. Empty if the dataflow is well-formed. */
export function verifyDataflow(dataflow: Dataflow): readonly Diagnostic[] {
  return new DataflowVerifier(dataflow).verify();
}

/** Rows and columns of a tensor seen as a matrix. */
function matrixOf(shape: readonly number[]): readonly [rows: number, cols: number] {
  return [shape.slice(0, -1).reduce((product, dim) => product * dim, 1), shape.at(-1) ?? 1];
}

class DataflowVerifier {
  readonly #dataflow: Dataflow;
  readonly #found: Diagnostic[] = [];
  readonly #made = new Set<TensorId>();
  readonly #scheduled = new Set<KernelId>();

  constructor(dataflow: Dataflow) {
    this.#dataflow = dataflow;
  }

  verify(): readonly Diagnostic[] {
    this.#verifyGroups();
    this.#verifyWeights();
    for (const [id, { shape, group, sharding }] of this.#dataflow.tensors.entries()) {
      const entity = entityOf("t", id);
      if (!this.#has("g", group, entity)) continue;
      this.#verifySharding(sharding, matrixOf(shape), group, entity);
    }
    for (const [id, flow] of this.#dataflow.flows.entries()) this.#verifyFlow(flow, id);
    this.#verifySchedule();
    return this.#found;
  }

  #verifyGroups(): void {
    const { groups, machine } = this.#dataflow;
    if (!isDigest(machine.sha256)) this.#report(CODES["DFL-003"], DATAFLOW_ENTITY, "Cannot use the machine's digest");
    for (const [id, { name, width, height }] of groups.entries()) {
      const entity = entityOf("g", id);
      const isGood = (size: number, most: number) => Number.isInteger(size) && size >= 1 && size <= most;
      if (!isGood(width, machine.width) || !isGood(height, machine.height)) {
        const bounds = `1x1 to ${machine.width}x${machine.height}`;
        const facts = { demand: width * height, bound: machine.width * machine.height, unit: "cores" };
        this.#report(
          CODES["DFL-003"],
          entity,
          `Cannot make a group of ${width}x${height} cores: sizes are ${bounds}`,
          facts,
        );
      }
      if (name === "" || groups.findIndex((other) => other.name === name) !== id) {
        this.#report(CODES["DFL-003"], entity, `Cannot name the group "${name}": groups have names of their own`);
      }
    }
  }

  #verifyWeights(): void {
    const names = new Set<string>();
    for (const [id, { name, rows, cols, sha256 }] of this.#dataflow.weights.entries()) {
      const entity = entityOf("w", id);
      if (!(rows >= 1 && cols >= 1)) {
        this.#report(CODES["DFL-003"], entity, `Cannot have a weight of ${rows}x${cols} elements`);
      }
      if (!isDigest(sha256)) this.#report(CODES["DFL-003"], entity, "Cannot use the weight's digest");
      if (names.has(name)) this.#report(CODES["DFL-003"], entity, `Cannot name a second weight "${name}"`);
      names.add(name);
    }
  }

  #verifySharding(sharding: Sharding, [rows, cols]: readonly [number, number], group: number, entity: string): void {
    const { width = 0, height = 0 } = this.#dataflow.groups[group] ?? {};
    const text = printSharding(sharding);
    const complain = (why: string) => this.#report(CODES["DFL-004"], entity, `Cannot shard over ${text}: ${why}`);
    if (sharding.rows.extent !== rows || sharding.cols.extent !== cols) {
      return complain(`the matrix has ${rows} rows and ${cols} columns`);
    }
    if (sharding.rows.axis === sharding.cols.axis && sharding.rows.axis !== "none") {
      return complain("rows and columns need different axes");
    }
    for (const dim of [sharding.rows, sharding.cols]) {
      const parts = dim.axis === "x" ? width : dim.axis === "y" ? height : 1;
      const objection = objectionToDim(dim, parts);
      if (objection !== undefined) return complain(objection);
    }
  }

  #verifyFlow(flow: Flow, id: number): void {
    const entity = entityOf("f", id);
    for (const end of [flow.from, flow.to]) if (end.kind === "group") this.#has("g", end.group, entity);
    if (flow.from.kind === "host" && flow.to.kind === "host") {
      this.#report(CODES["DFL-010"], entity, "Cannot join the host to the host");
    } else if (flow.from.kind === "group" && flow.to.kind === "group" && flow.from.group === flow.to.group) {
      this.#report(CODES["DFL-010"], entity, `Cannot join g${flow.from.group} to itself`);
    }
    const users = this.#dataflow.kernels.flatMap((kernel, k) => (kernel.flow === id ? [{ kernel, k }] : []));
    const writers = users.filter(({ kernel }) => kernel.operands.length > 0);
    const readers = users.filter(({ kernel }) => kernel.operands.length === 0);
    const parts = flow.parts ?? [{ shape: flow.shape }];
    this.#verifyEnd(flow.from, parts.length, "written", writers, entity);
    this.#verifyEnd(flow.to, parts.length, "read", readers, entity);
    this.#verifyParts(flow, entity);
    for (const ends of [writers, readers]) {
      for (const [index, { kernel }] of ends.entries()) {
        const wanted = (parts[index] ?? flow).shape;
        for (const tensor of [...tensorsRead(kernel), ...kernel.results]) {
          const shape = this.#dataflow.tensors[tensor]?.shape;
          if (shape === undefined || String(matrixOf(shape)) === String(matrixOf(wanted))) continue;
          const message = `Cannot carry t${tensor} of [${shape.join(",")}] over a flow of [${wanted.join(",")}]`;
          this.#report(CODES["DFL-010"], entity, message);
        }
      }
    }
  }

  #verifyParts({ from, to, shape, parts }: Flow, entity: string): void {
    if (parts === undefined) return;
    const isHost = from.kind === "host" || to.kind === "host";
    if (!isHost) this.#report(CODES["DFL-010"], entity, "Cannot have parts in a flow between groups");
    const sizeOf = (extents: readonly number[]) => extents.reduce((size, length) => size * length, 1);
    const size = parts.reduce((sum, part) => sum + sizeOf(part.shape), 0);
    if (size === sizeOf(shape)) return;
    const message = `Cannot make a flow of ${sizeOf(shape)} elements of parts with ${size}`;
    this.#report(CODES["DFL-010"], entity, message);
  }

  #verifyEnd(
    end: Flow["from"],
    parts: number,
    verb: string,
    users: readonly { readonly kernel: Kernel; readonly k: number }[],
    entity: string,
  ): void {
    const wanted = end.kind === "host" ? 0 : parts;
    const where = end.kind === "host" ? "the host" : `g${end.group}`;
    if (users.length !== wanted) {
      const by = users.map(({ k }) => `k${k}`).join(", ");
      const message = `Cannot have the flow ${verb} by ${users.length} kernels (${by}) at ${where}: it needs ${wanted}`;
      this.#report(CODES["DFL-010"], entity, message);
    }
    for (const { kernel, k } of users) {
      if (end.kind === "host" || kernel.group === end.group) continue;
      this.#report(CODES["DFL-010"], entity, `Cannot have the flow ${verb} by k${k} of g${kernel.group} at ${where}`);
    }
  }

  #verifySchedule(): void {
    let loops = 0;
    for (const step of this.#dataflow.steps) {
      if (step.kind === "kernel") this.#verifyKernel(step.kernel, undefined);
      else this.#verifyLoop(step, loopEntity(loops++));
    }
    for (const id of this.#dataflow.kernels.keys()) {
      if (this.#scheduled.has(id)) continue;
      this.#report(CODES["DFL-008"], entityOf("k", id), `Cannot leave k${id} out of the schedule`);
    }
  }

  #verifyLoop(loop: LoopStep, entity: string): void {
    if (!Number.isInteger(loop.count) || loop.count < 1) {
      this.#report(CODES["DFL-009"], entity, `Cannot repeat ${loop.count} times: a loop runs at least once`);
    }
    this.#has("g", loop.group, entity);
    for (const { into, initial } of loop.carried) {
      if (this.#has("t", initial, entity)) this.#verifyUse(initial, entity);
      if (this.#has("t", into, entity)) this.#make(into, entity);
    }
    const before = new Set(this.#made);
    for (const id of loop.body) this.#verifyKernel(id, loop);
    for (const carried of loop.carried) this.#verifyCarried(carried, loop, before, entity);
  }

  #verifyCarried(
    { into, initial, next }: LoopStep["carried"][number],
    loop: LoopStep,
    before: ReadonlySet<TensorId>,
    entity: string,
  ): void {
    if (!this.#has("t", next, entity)) return;
    if (before.has(next) || !this.#made.has(next)) {
      this.#report(CODES["DFL-009"], entity, `Cannot carry t${next} to the next iteration: the body does not make it`);
    }
    for (const id of [into, initial, next]) {
      const tensor = this.#dataflow.tensors[id];
      const wanted = this.#dataflow.tensors[into];
      if (tensor === undefined || wanted === undefined) continue;
      if (tensor.group !== loop.group) {
        this.#report(CODES["DFL-007"], entity, `Cannot carry t${id} of g${tensor.group} in a loop of g${loop.group}`);
      } else if (printSharding(tensor.sharding) !== printSharding(wanted.sharding)) {
        const message = `Cannot carry t${id} over ${printSharding(tensor.sharding)} into t${into} over ${printSharding(wanted.sharding)}`;
        this.#report(CODES["DFL-009"], entity, message);
      }
    }
  }

  #verifyKernel(id: KernelId, loop: LoopStep | undefined): void {
    const entity = entityOf("k", id);
    const kernel = this.#dataflow.kernels[id];
    if (kernel === undefined) {
      this.#report(CODES["DFL-002"], entity, `Cannot find k${id}, which the schedule names`);
      return;
    }
    if (this.#scheduled.has(id)) {
      this.#report(CODES["DFL-008"], entity, `Cannot schedule k${id} twice`);
      return;
    }
    this.#scheduled.add(id);
    if (loop !== undefined && kernel.group !== loop.group) {
      this.#report(CODES["DFL-007"], entity, `Cannot run k${id} of g${kernel.group} in a loop of g${loop.group}`);
    }
    if (!this.#has("g", kernel.group, entity)) return;
    if (kernel.flow !== undefined) this.#has("f", kernel.flow, entity);
    this.#verifyOperands(kernel, loop, entity);
    for (const result of kernel.results) {
      if (!this.#has("t", result, entity)) continue;
      this.#verifyGroupOf(result, kernel, entity);
      this.#make(result, entity);
    }
  }

  #verifyOperands(kernel: Kernel, loop: LoopStep | undefined, entity: string): void {
    for (const operand of kernel.operands) {
      switch (operand.kind) {
        case "tensor":
          if (!this.#has("t", operand.tensor, entity)) break;
          this.#verifyGroupOf(operand.tensor, kernel, entity);
          this.#verifyUse(operand.tensor, entity);
          break;
        case "weight":
          this.#verifyWeightOperand(operand, kernel.group, loop, entity);
          break;
        case "scalar":
          break;
        default:
          operand satisfies never;
      }
    }
  }

  #verifyWeightOperand(
    { weights, sharding }: Extract<Kernel["operands"][number], { kind: "weight" }>,
    group: number,
    loop: LoopStep | undefined,
    entity: string,
  ): void {
    const found = weights.filter((weight) => this.#has("w", weight, entity));
    const isCountGood = weights.length === 1 || (loop !== undefined && weights.length === loop.count);
    if (!isCountGood) {
      const wanted = loop === undefined ? "1" : `1 or ${loop.count}`;
      const message = `Cannot use ${weights.length} weights in one operand: it takes ${wanted}`;
      this.#report(CODES["DFL-005"], entity, message);
    }
    const [first] = found;
    if (first === undefined) return;
    for (const weight of found) {
      const { rows, cols } = this.#dataflow.weights[weight] ?? { rows: 0, cols: 0 };
      if (rows === sharding.rows.extent && cols === sharding.cols.extent) continue;
      const message = `Cannot use w${weight} of [${rows},${cols}] over ${printSharding(sharding)}`;
      this.#report(CODES["DFL-005"], entity, message);
    }
    this.#verifySharding(sharding, [sharding.rows.extent, sharding.cols.extent], group, entity);
  }

  #verifyGroupOf(tensor: TensorId, kernel: Kernel, entity: string): void {
    const group = this.#dataflow.tensors[tensor]?.group;
    if (group === kernel.group) return;
    this.#report(CODES["DFL-007"], entity, `Cannot use t${tensor} of g${group} in a kernel of g${kernel.group}`);
  }

  #verifyUse(tensor: TensorId, entity: string): void {
    if (this.#made.has(tensor)) return;
    this.#report(CODES["DFL-006"], entity, `Cannot use t${tensor} here: nothing has made it yet`);
  }

  #make(tensor: TensorId, entity: string): void {
    if (this.#made.has(tensor)) this.#report(CODES["DFL-006"], entity, `Cannot make t${tensor} a second time`);
    this.#made.add(tensor);
  }

  /** Reports a label that nothing defines. */
  #has(letter: "g" | "w" | "t" | "f", id: number, entity: string): boolean {
    const { groups, weights, tensors, flows } = this.#dataflow;
    const tables = { g: groups, w: weights, t: tensors, f: flows };
    if (tables[letter][id] !== undefined) return true;
    this.#report(CODES["DFL-002"], entity, `Cannot find ${letter}${id}: no statement defines it`);
    return false;
  }

  #report(code: DiagnosticCode, entity: string, message: string, facts?: Diagnostic["facts"]): void {
    const kernel = /^k\d+$/.test(entity) ? this.#dataflow.kernels[Number(entity.slice(1))] : undefined;
    const notes = (kernel?.loc ?? []).map((node) => ({ message: "made from", at: { kind: "onnx", node } as const }));
    const details = { at: { kind: "entity", id: entity } as const, message, notes };
    this.#found.push(makeDiagnostic(code, facts === undefined ? details : { ...details, facts }));
  }
}

function objectionToDim({ extent, block, axis }: BlockedDim, parts: number): string | undefined {
  if (!Number.isInteger(block) || block < 1) return `a block of ${block} is none`;
  if (axis === "none") return block === extent ? undefined : `without an axis the block is the extent, ${extent}`;
  if (block * parts >= extent) return undefined;
  return `${parts} blocks of ${block} do not reach ${extent}`;
}

function tensorsRead(kernel: Kernel): TensorId[] {
  return kernel.operands.flatMap((operand) => (operand.kind === "tensor" ? [operand.tensor] : []));
}

/** 64 hexadecimal digits, or nothing where none is known. */
function isDigest(text: string): boolean {
  return text === "" || /^[0-9a-f]{64}$/.test(text);
}
