// Resize: axes made longer or shorter, by scales or to sizes; by nearest elements, linear or cubic filters. Lengths by
// scales are floor(length * scale). Version 10 has operands x and scales, and means coordinates index / scale and, for the
// nearest element, the left one where the axis gets longer and the right one where it gets shorter (not said in its text,
// but in the cases of ONNX 1.5); since version 11 the operands are x, roi, scales and sizes.
import type { Dim, Shape } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { flag, float, ints, word } from "../attr-spec.ts";
import type { AttrValues } from "../attr-spec.ts";
import { resizeFiltered, resizeNearest } from "../families/resize.ts";
import type { Resampling } from "../families/resize.ts";
import { cubicFilter, LINEAR } from "../math/resample.ts";
import type { AxisChange, NearestMode } from "../math/resample.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { normalAxes } from "../shapes.ts";

const ATTRS = {
  mode: word("nearest", "linear", "cubic"),
  coordinate_transformation_mode: word(
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
  ),
  nearest_mode: word("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"),
  cubic_coeff_a: float(-0.75),
  exclude_outside: flag(false),
  extrapolation_value: float(0),
  antialias: flag(false),
  axes: ints(),
  keep_aspect_ratio_policy: word("stretch", "not_larger", "not_smaller"),
};
type Attrs = AttrValues<typeof ATTRS>;

/** Operands besides x, as far as they are known. */
interface Request {
  readonly axes: readonly number[];
  readonly roi: readonly number[];
  readonly scales: readonly number[] | undefined;
  readonly sizes: readonly number[] | undefined;
}

interface RequestSource {
  readonly version: number;
  readonly attrs: Attrs;
  has(index: number): boolean;
  /** An operand's data; undefined if it is not known yet. */
  data(index: number): Tensor | undefined;
}

/** Undefined if an operand that decides the shape is not known yet. */
function requestOf({ version, attrs, has, data }: RequestSource, rank: number): Request | undefined {
  const axes = normalAxes(attrs.axes ?? Array.from({ length: rank }, (_, axis) => axis), rank);
  const read = (index: number): number[] | undefined => {
    const tensor = has(index) ? data(index) : undefined;
    return tensor === undefined || tensor.data.length === 0 ? undefined : Array.from(toFloat64(tensor));
  };
  const [roi, scales, sizes] = version < 11 ? [undefined, read(1), undefined] : [read(1), read(2), read(3)];
  if (scales === undefined && sizes === undefined) return undefined;
  const counts = (scales ?? sizes ?? []).length;
  require(counts === axes.length, () => `needs ${axes.length} scales or sizes, but found ${counts}`);
  return { axes, roi: roi ?? [], scales: sizes === undefined ? scales : undefined, sizes };
}

/** Result elements by operand element along the i-th of the axes that may change. */
function scaleAt({ axes, scales, sizes }: Request, i: number, lengths: readonly number[], attrs: Attrs): number {
  if (scales !== undefined) return scales[i]!;
  const ratios = axes.map((axis, j) => sizes![j]! / lengths[axis]!);
  if (attrs.keep_aspect_ratio_policy === "stretch") return ratios[i]!;
  return attrs.keep_aspect_ratio_policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
}

function changesOf(request: Request, lengths: readonly number[], attrs: Attrs): AxisChange[] {
  const { axes, roi, scales } = request;
  return lengths.map((from, axis): AxisChange => {
    const i = axes.indexOf(axis);
    if (i < 0) return { from, to: from, scale: 1, crop: [0, 1] };
    const scale = scaleAt(request, i, lengths, attrs);
    const to = scales === undefined ? sizeAt(request, i, from * scale, attrs) : Math.floor(from * scale);
    require(to >= 0 && (from > 0 || to === 0), () => `cannot make ${to} elements out of ${from}`);
    return { from, to, scale, crop: [roi[i] ?? 0, roi[i + axes.length] ?? 1] };
  });
}

function sizeAt({ sizes }: Request, i: number, exact: number, attrs: Attrs): number {
  return attrs.keep_aspect_ratio_policy === "stretch" ? sizes![i]! : Math.floor(exact + 0.5);
}

function resizedShape(request: Request, shape: Shape, attrs: Attrs): Shape {
  const isStatic = shape.every((dim) => typeof dim === "number");
  if (isStatic) return changesOf(request, shape, attrs).map(({ to }) => to);
  return shape.map((dim, axis): Dim => {
    const i = request.axes.indexOf(axis);
    if (i < 0 || request.scales?.[i] === 1) return dim;
    if (request.sizes !== undefined && attrs.keep_aspect_ratio_policy === "stretch") return request.sizes[i]!;
    return typeof dim === "number" && request.scales !== undefined ? Math.floor(dim * request.scales[i]!) : "?";
  });
}

export const resizeOp = defineOp({
  kind: "Resize",
  versions: [10, 11, 13, 18, 19],
  attrs: ATTRS,
  operands: [1, 4],
  infer: ({ version, attrs, operand, has, constant }) => {
    const { dtype, shape } = operand(0);
    if (shape === undefined) return [{ dtype }];
    const request = requestOf({ version, attrs, has, data: constant }, shape.length);
    return [{ dtype, shape: request === undefined ? shape.map(() => "?") : resizedShape(request, shape, attrs) }];
  },
  evaluate: ({ version, attrs, operand, has }) => {
    const x = operand(0);
    const request = requestOf({ version, attrs, has, data: operand }, x.shape.length);
    require(request !== undefined, "needs scales or sizes");
    const resampling: Resampling = {
      changes: changesOf(request, x.shape, attrs),
      mode: version < 11 ? "asymmetric" : attrs.coordinate_transformation_mode,
      extrapolation: attrs.extrapolation_value,
    };
    if (attrs.mode === "nearest") {
      const rounding = ({ scale }: AxisChange): NearestMode => (scale < 1 ? "ceil" : "floor");
      return [resizeNearest(x, resampling, version < 11 ? rounding : () => attrs.nearest_mode)];
    }
    const options = { isAntialiased: attrs.antialias, isOutsideExcluded: attrs.exclude_outside };
    return [
      resizeFiltered(x, resampling, attrs.mode === "linear" ? LINEAR : cubicFilter(attrs.cubic_coeff_a), options),
    ];
  },
});
