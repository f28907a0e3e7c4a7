// Upsample: the forerunner of Resize, deprecated since version 10, with coordinates index / scale and, for the nearest
// element, the left one. Scales are an operand since version 9, an attribute in version 7, and two attributes for height
// and width in version 1.
import type { Dim } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { float, floats, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { resizeFiltered, resizeNearest } from "../families/resize.ts";
import { LINEAR } from "../math/resample.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";

const ATTRS = {
  mode: word("nearest", "linear", "bilinear"),
  scales: floats(),
  height_scale: float(),
  width_scale: float(),
};

interface ScaleSource {
  readonly version: number;
  readonly attrs: AttrValues<typeof ATTRS>;
  /** An operand's data; undefined if it is not known yet. */
  data(index: number): Tensor | undefined;
}

function scalesOf({ version, attrs, data }: ScaleSource, rank: number): readonly number[] | undefined {
  if (version >= 9) {
    const operand = data(1);
    return operand && checked(Array.from(toFloat64(operand)), rank);
  }
  const { scales, height_scale: height, width_scale: width } = attrs;
  if (scales !== undefined) return checked(scales, rank);
  require(height !== undefined && width !== undefined, 'needs attribute "scales", or "height_scale" and "width_scale"');
  return checked([1, 1, height, width], rank);
}

function checked(scales: readonly number[], rank: number): readonly number[] {
  require(scales.length === rank, () => `needs ${rank} scales, but found ${scales.length}`);
  return scales;
}

export const upsampleOp = defineOp({
  kind: "Upsample",
  versions: [1, 7, 9, 10],
  attrs: ATTRS,
  operands: [1, 2],
  infer: ({ version, attrs, operand, constant }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }];
    const scales = scalesOf({ version, attrs, data: constant }, shape.length);
    const scaled = (dim: Dim, scale: number | undefined): Dim => {
      if (scale === 1) return dim;
      return typeof dim === "number" && scale !== undefined ? Math.floor(dim * scale) : "?";
    };
    return [{ dtype, shape: shape.map((dim, axis) => scaled(dim, scales?.[axis])) }];
  },
  evaluate: ({ version, attrs, operand, result }) => {
    const x = operand(0);
    const scales = scalesOf({ version, attrs, data: operand }, x.shape.length);
    require(scales !== undefined, "needs scales");
    const { shape } = result(0);
    const changes = x.shape.map((from, axis) => ({
      from,
      to: shape[axis]!,
      scale: scales[axis]!,
      crop: [0, 1] as const,
    }));
    const resampling = { changes, mode: "asymmetric" as const, extrapolation: 0 };
    if (attrs.mode === "nearest") return [resizeNearest(x, resampling, () => "floor")];
    return [resizeFiltered(x, resampling, LINEAR, { isAntialiased: false, isOutsideExcluded: false })];
  },
});
