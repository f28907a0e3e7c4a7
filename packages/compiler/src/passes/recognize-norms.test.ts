// Norms in random spellings: each must come to one op, with the same outputs.
import { DiagnosticSink, Rng } from "@waferc/base";
import { attr, printGraph, type Attr, type Graph, type ValueId } from "@waferc/ir/graph";
import { compareTensors } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { FormulaWriter } from "@waferc/testkit/arbitrary";
import { expect, it } from "vitest";
import { canonicalizePasses, runPasses } from "./canonicalize.ts";

const SPELLINGS = 300;
/** A variance as a difference of means loses digits in f32. */
const TOLERANCE = { rtol: 1e-3, atol: 1e-4 };

/** A writer of norms of the rows of x. */
class NormWriter extends FormulaWriter {
  readonly lead: readonly number[] = this.rng.pick([[2, 3], [4], [1, 5], [2, 1, 3]]);
  readonly width = this.rng.between(3, 6);

  get shape(): readonly number[] {
    return [...this.lead, this.width];
  }

  /** The mean of rows, with a dim of 1 where the row was. */
  mean(of: ValueId, factor = 1): ValueId {
    const { width } = this;
    const [kept, columns] = [this.lead.concat(1), attr.int(1)];
    const axes = this.ints(this.rng.chance(0.5) ? -1 : this.lead.length);
    const rows = this.lead.reduce((a, b) => a * b, 1);
    return this.either(
      () => this.scaled(this.op("ReduceMean", [of, axes], { keepdims: columns }), factor),
      () => this.scaled(this.op("ReduceSum", [of, axes], { keepdims: columns }), factor / width),
      () =>
        this.scaled(
          this.op("Unsqueeze", [this.op("ReduceMean", [of, axes], { keepdims: attr.int(0) }), this.ints(-1)]),
          factor,
        ),
      () => this.scaled(this.op("MatMul", [of, this.columnOf(1 / width)]), factor),
      () => {
        const pooled = this.op("GlobalAveragePool", [this.reshaped(of, [1, rows, width])], {});
        return this.scaled(this.reshaped(pooled, kept), factor);
      },
    );
  }

  columnOf(weight: number): ValueId {
    return this.op("Expand", [this.number(weight), this.ints(this.width, 1)]);
  }

  scaled(x: ValueId, factor: number): ValueId {
    return factor === 1 ? x : this.product([x], factor);
  }

  plusEpsilon(v: ValueId, epsilon: number): ValueId {
    return this.sum(v, this.number(epsilon));
  }

  /** A vector along rows in some broadcastable shape. */
  vector(): ValueId {
    const { width, lead } = this;
    return this.either(
      () => this.weight([width]),
      () => this.weight([...lead.map(() => 1), width]),
      () => this.op("Expand", [this.weight([1, width]), this.ints(...lead, width)]),
      () => this.op("Add", [this.weight([width]), this.number(1)]),
    );
  }
}

type Kind = "LayerNormalization" | "RMSNormalization";

/** The norm's value and how many scales and biases it has. */
function writeNorm(writer: NormWriter, kind: Kind, x: ValueId): ValueId {
  const { rng } = writer;
  const epsilon = rng.pick([1e-3, 1e-2, 0.1]);
  const scales = rng.chance(0.8) ? [writer.vector()] : [];
  if (kind === "RMSNormalization") {
    const v = writer.plusEpsilon(writer.mean(writer.square(x)), epsilon);
    return withScales(writer, x, v, scales);
  }
  const mean = writer.mean(x);
  const centered = writer.op("Sub", [x, mean]);
  const variance = writer.either(
    () => writer.mean(writer.square(centered)),
    () => writer.op("Sub", [writer.mean(writer.square(x)), writer.square(mean)]),
    () => writer.op("Max", [writer.op("Sub", [writer.mean(writer.square(x)), writer.square(mean)]), writer.number(0)]),
  );
  const v = writer.plusEpsilon(variance, epsilon);
  const bias = rng.chance(0.7) ? writer.vector() : undefined;
  if (bias !== undefined && rng.chance(0.3)) return multipliedOut(writer, { x, mean, v, scales, bias });
  const y = withScales(writer, centered, v, scales);
  if (bias === undefined) return y;
  return rng.chance(0.2) ? writer.op("Sub", [y, writer.op("Neg", [bias])]) : writer.sum(y, bias);
}

function withScales(writer: NormWriter, numerator: ValueId, v: ValueId, scales: readonly ValueId[]): ValueId {
  const number = writer.rng.chance(0.2) ? 2 : 1;
  return writer.either(
    () => writer.product([writer.overRoot(numerator, v), ...scales], number),
    () =>
      writer.product(
        [numerator, writer.product([writer.op("Reciprocal", [writer.op("Sqrt", [v])]), ...scales])],
        number,
      ),
  );
}

interface Parts {
  readonly x: ValueId;
  readonly mean: ValueId;
  readonly v: ValueId;
  readonly scales: readonly ValueId[];
  readonly bias: ValueId;
}

/** x A + (bias - mean A) */
function multipliedOut(writer: NormWriter, { x, mean, v, scales, bias }: Parts): ValueId {
  const a = writer.product([writer.op("Reciprocal", [writer.op("Sqrt", [v])]), ...scales]);
  const [xa, meanA] = [writer.product([x, a]), writer.product([mean, a])];
  return writer.either(
    () => writer.sum(xa, writer.op("Sub", [bias, meanA])),
    () => writer.sum(writer.op("Sub", [xa, meanA]), bias),
  );
}

function countOf(graph: Graph, kind: string): number {
  return graph.ops.filter((op) => op.kind === kind).length;
}

function expectSame(writer: FormulaWriter, graph: Graph, made: Graph, what: string): void {
  const [expected, actual] = [evaluateGraph(graph, writer.inputs), evaluateGraph(made, writer.inputs)];
  for (const [name, tensor] of expected) {
    const found = actual.get(name);
    expect(found && compareTensors(found, tensor, TOLERANCE), what).toMatchObject({ pass: true });
  }
}

function canonical(graph: Graph): Graph {
  return runPasses(graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(1) });
}

it.each(["LayerNormalization", "RMSNormalization"] as const)(`recognises ${SPELLINGS} spellings of %s`, (kind) => {
  for (let seed = 0; seed < SPELLINGS; seed++) {
    const writer = new NormWriter(new Rng(`${kind} ${seed}`));
    // x is a product itself, as behind a gate, or a plain input, and is used by a residual too.
    const x = writer.either(
      () => writer.input("x", writer.shape),
      () => writer.op("Mul", [writer.input("a", writer.shape), writer.input("b", writer.shape)]),
    );
    const y = writeNorm(writer, kind, x);
    writer.graph.addOutput("y", writer.op("Add", [x, y]));
    const graph = writer.graph.freeze();
    const made = canonical(graph);
    const what = `seed ${seed}:\n${printGraph(made)}`;
    expect(countOf(made, kind), what).toBe(1);
    expect(countOf(made, "Sqrt") + countOf(made, "Reciprocal") + countOf(made, "Pow"), what).toBe(0);
    expectSame(writer, graph, made, what);
  }
});

it("takes a cast to x's type before the scale into the op", () => {
  const to = (code: number): Record<string, Attr> => ({ to: attr.int(code) });
  for (const [dtype, code] of [
    ["f16", 10],
    ["bf16", 16],
  ] as const) {
    const writer = new NormWriter(new Rng(dtype));
    const x = writer.input("x", writer.shape, dtype);
    const wide = writer.op("Cast", [x], to(1));
    const normal = writer.overRoot(wide, writer.plusEpsilon(writer.mean(writer.square(wide)), 1e-6));
    const y = writer.op("Mul", [writer.weight([writer.width], dtype), writer.op("Cast", [normal], to(code))]);
    writer.graph.addOutput("y", y);
    const graph = writer.graph.freeze();
    const made = canonical(graph);
    expect(made.ops.map(({ kind }) => kind)).toEqual(["RMSNormalization"]);
    expectSame(writer, graph, made, dtype);
  }
});

it("leaves a scale that differs between rows, and a norm whose parts are used elsewhere is made once", () => {
  const writer = new NormWriter(new Rng("parts"));
  const x = writer.input("x", writer.shape);
  const normal = writer.overRoot(x, writer.plusEpsilon(writer.mean(writer.square(x)), 1e-6));
  writer.graph.addOutput("rows", writer.op("Mul", [normal, writer.weight(writer.shape)]));
  writer.graph.addOutput("vector", writer.op("Mul", [normal, writer.weight([writer.width])]));
  const graph = writer.graph.freeze();
  const made = canonical(graph);
  expect(countOf(made, "RMSNormalization")).toBe(1);
  expect(countOf(made, "Mul")).toBe(2);
  expectSame(writer, graph, made, "parts");
});
