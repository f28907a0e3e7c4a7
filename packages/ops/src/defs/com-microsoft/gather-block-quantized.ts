// com.microsoft GatherBlockQuantized: Gather from a table that is quantised in blocks along one axis, dequantised after
// the gathering: (stored - zero point) * scale. The table is u8, with `bits` bits an element packed along the last
// axis, or i4 or u4, or an 8- or 4-bit float type, which has no zero points. Left out, the zero point is half of the
// range for u8, else 0. An index out of range gives zeros, unlike Gather.
import type { Dim, Shape } from "@waferc/ir/graph";
import { bitsOf, elementCount, isFloat, makeTensor, toFloat64 } from "@waferc/numerics";
import type { DataOf, DType, Tensor } from "@waferc/numerics";
import { int } from "../../attr-spec.ts";
import { packedBits, packedElement } from "../../math/block-quantized.ts";
import type { PackedBits } from "../../math/block-quantized.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "../../math/floats.ts";
import { defineOp } from "../../op-definition.ts";
import type { EvaluateContext } from "../../op-definition.ts";
import { OpError, require } from "../../op-error.ts";
import { normalAxis } from "../../shapes.ts";

const ATTRS = { bits: int(4), block_size: int(128), gather_axis: int(0), quantize_axis: int(1) };
const [DATA, INDICES, SCALES, ZERO_POINTS] = [0, 1, 2, 3];

/** Lengths in elements, where u8 holds several in a byte. */
function elementShape(dtype: DType | undefined, shape: Shape, bits: number): Shape {
  const last = shape.at(-1);
  if (dtype !== "u8" || last === undefined) return shape;
  const perByte = 8 / packedBits(bits);
  const width: Dim = typeof last === "number" ? last * perByte : perByte === 1 ? last : "?";
  return [...shape.slice(0, -1), width];
}

/** How elements are stored: `bits` wide codes, and the value of each code. */
interface Codes {
  readonly bits: PackedBits;
  readonly values: Float64Array;
}

function codesOf(dtype: DType, bits: number): Codes {
  if (dtype === "u8") return { bits: packedBits(bits), values: Float64Array.from({ length: 2 ** bits }, (_, i) => i) };
  if (dtype !== "i4" && dtype !== "u4" && !(isFloat(dtype) && bitsOf(dtype) <= 8)) {
    throw new OpError(`needs a table of u8, i4, u4 or a float type up to 8 bits, but found ${dtype}`);
  }
  const width = packedBits(bitsOf(dtype));
  const all = width === 8 ? Uint8Array.from({ length: 256 }, (_, i) => i) : nibblePairs();
  return { bits: width, values: toFloat64(makeTensor(dtype, [2 ** width], all as DataOf<typeof dtype>)) };
}

/** Every 4-bit code in order, packed. */
function nibblePairs(): Uint8Array {
  return Uint8Array.from({ length: 8 }, (_, i) => 2 * i + 16 * (2 * i + 1));
}

/** Zero point of a block, which is numbered as the scales are. */
function zeroPoints(
  tensor: Tensor | undefined,
  table: Tensor,
  codes: Codes,
  scaleWidth: number,
): (i: number) => number {
  if (tensor === undefined) {
    const zero = table.dtype === "u8" ? 2 ** (codes.bits - 1) : 0;
    return () => zero;
  }
  require(!isFloat(table.dtype), () => `needs no zero points for a table of ${table.dtype}`);
  const bytes = tensor.data as Uint8Array;
  if (table.dtype !== "u8") return (i) => codes.values[packedElement(bytes, 0, i, codes.bits)]!;
  const rowBytes = tensor.shape.at(-1) ?? 1;
  return (i) => packedElement(bytes, Math.floor(i / scaleWidth) * rowBytes, i % scaleWidth, codes.bits);
}

/** The block of each element: their scales' shape differs from the table's along the quantised axis only. */
function blockIndex(shape: readonly number[], scales: readonly number[], axis: number, blockSize: number) {
  const inner = elementCount(shape.slice(axis + 1));
  const [length, blocks] = [shape[axis]!, scales[axis]!];
  const block = blockSize === 0 ? length : blockSize;
  const isLegal = scales.length === shape.length && blocks === Math.ceil(length / block);
  require(isLegal, () =>
    `needs ${Math.ceil(length / block)} scales along axis ${axis}, but found [${scales.join(",")}]`);
  const areShared = scales.every((extent, i) => i === axis || extent === 1) && elementCount(scales) === blocks;
  return (element: number): number => {
    const at = Math.floor((Math.floor(element / inner) % length) / block);
    if (areShared) return at;
    return (Math.floor(element / (inner * length)) * blocks + at) * inner + (element % inner);
  };
}

function evaluateGather(ctx: EvaluateContext<typeof ATTRS>): Tensor {
  const { attrs, operand, optional, ints, result } = ctx;
  const [table, scaleTensor] = [operand(DATA), operand(SCALES)];
  const codes = codesOf(table.dtype, attrs.bits);
  const shape = elementShape(table.dtype, table.shape, attrs.bits) as readonly number[];
  const axis = normalAxis(attrs.gather_axis, shape.length, "gather_axis");
  const blockAxis = normalAxis(attrs.quantize_axis, shape.length, "quantize_axis");
  const blockOf = blockIndex(shape, scaleTensor.shape, blockAxis, attrs.block_size);
  const scales = floatsOf(scaleTensor);
  const zeroOf = zeroPoints(optional(ZERO_POINTS), table, codes, scaleTensor.shape.at(-1) ?? 1);
  const dtype = floatDType(scaleTensor.dtype);
  const to = newFloats(dtype, elementCount(result(0).shape));
  const [outer, run, length] = [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis + 1)), shape[axis]!];
  const [bytes, indices] = [table.data as Uint8Array, ints(INDICES)];
  let next = 0;
  for (let i = 0; i < outer; i++) {
    for (const index of indices) {
      const start = (i * length + (index < 0 ? index + length : index)) * run;
      const isInside = index >= -length && index < length;
      for (let j = 0; j < run && isInside; j++) {
        const block = blockOf(start + j);
        const stored = codes.values[packedElement(bytes, 0, start + j, codes.bits)]!;
        to[next + j] = (stored - zeroOf(block)) * scales[block]!;
      }
      next += run;
    }
  }
  return finishFloats(dtype, result(0).shape, to);
}

export const gatherBlockQuantizedOp = defineOp({
  domain: "com.microsoft",
  kind: "GatherBlockQuantized",
  versions: [1],
  traits: ["movement", "compound"],
  attrs: ATTRS,
  operands: [3, 4],
  infer: ({ attrs, operand, shape }) => {
    const { dtype: stored, shape: given } = operand(DATA);
    const { dtype } = operand(SCALES);
    const indices = shape(INDICES);
    if (given === undefined || indices === undefined) return [{ dtype }];
    const table = elementShape(stored, given, attrs.bits);
    const axis = normalAxis(attrs.gather_axis, table.length, "gather_axis");
    normalAxis(attrs.quantize_axis, table.length, "quantize_axis");
    require(stored !== "u8" || axis === 0, () => `needs gather_axis 0 for a table of u8, but found ${axis}`);
    return [{ dtype, shape: [...table.slice(0, axis), ...indices, ...table.slice(axis + 1)] }];
  },
  evaluate: (ctx) => [evaluateGather(ctx)],
  // A difference and a product.
  flops: ({ results }) => 2 * elementCount(results[0]?.shape ?? []),
});
