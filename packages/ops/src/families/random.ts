// Ops that fill a tensor with random numbers. ONNX asks for a distribution and leaves the generator open: ours is
// MersenneTwister, and without a `seed` attribute the seed is 0, so that every run gives the same numbers.
import { elementCount } from "@waferc/numerics";
import { float, int, ints } from "../attr-spec.ts";
import type { AttrTable, AttrValues } from "../attr-spec.ts";
import { finishFloats, floatDType, newFloats } from "../math/floats.ts";
import { MersenneTwister } from "../math/mersenne-twister.ts";
import { dtypeAttr } from "../onnx-dtype.ts";
import { defineOp } from "../op-definition.ts";
import type { AnyOpDefinition, StaticType } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export interface Distribution<A extends AttrTable> {
  readonly attrs: A;
  readonly draw: (twister: MersenneTwister, attrs: AttrValues<A>) => number;
}

const UNIFORM_ATTRS = { low: float(0), high: float(1) };
export const uniform: Distribution<typeof UNIFORM_ATTRS> = {
  attrs: UNIFORM_ATTRS,
  draw: (twister, { low, high }) => low + (high - low) * twister.float(),
};

const NORMAL_ATTRS = { mean: float(0), scale: float(1) };
export const normal: Distribution<typeof NORMAL_ATTRS> = {
  attrs: NORMAL_ATTRS,
  draw: (twister, { mean, scale }) => mean + scale * twister.normal(),
};

export const SEED_ATTRS = { seed: float(0) };

function fill({ dtype, shape }: StaticType, seed: number, draw: (twister: MersenneTwister) => number) {
  const twister = new MersenneTwister(seed);
  const to = newFloats(floatDType(dtype), elementCount(shape));
  for (let i = 0; i < to.length; i++) to[i] = draw(twister);
  return finishFloats(floatDType(dtype), shape, to);
}

/** Of the shape in an attribute, f32 unless stated. */
export function defineRandom<A extends AttrTable>(kind: string, { attrs, draw }: Distribution<A>): AnyOpDefinition {
  return defineOp({
    kind,
    versions: [1, 22],
    attrs: { ...SEED_ATTRS, dtype: int(1), shape: ints(), ...attrs },
    operands: [0, 0],
    infer: (ctx) => {
      const { dtype, shape } = ctx.attrs as Named;
      require(shape !== undefined, 'needs attribute "shape"');
      require(shape.every((length) => length >= 0), () => `needs lengths from 0, but found ${printShape(shape)}`);
      return [{ dtype: dtypeAttr(dtype ?? 1), shape }];
    },
    evaluate: ({ attrs: given, result }) => [
      fill(result(0), (given as Named).seed, (twister) => draw(twister, given as unknown as AttrValues<A>)),
    ],
  });
}

/** Of the operand's shape, and of its dtype unless stated. */
export function defineRandomLike<A extends AttrTable>(kind: string, { attrs, draw }: Distribution<A>): AnyOpDefinition {
  return defineOp({
    kind,
    versions: [1, 22],
    traits: ["metadata"],
    attrs: { ...SEED_ATTRS, dtype: int(), ...attrs },
    operands: [1, 1],
    infer: ({ attrs: given, operand }) => {
      const { dtype } = given as Named;
      return [{ dtype: dtype === undefined ? operand(0).dtype : dtypeAttr(dtype), shape: operand(0).shape }];
    },
    evaluate: ({ attrs: given, result }) => [
      fill(result(0), (given as Named).seed, (twister) => draw(twister, given as unknown as AttrValues<A>)),
    ],
  });
}

/** The attributes that all of these ops have, as their generic definitions see them. */
interface Named {
  readonly seed: number;
  readonly dtype?: number;
  readonly shape?: readonly number[];
}
