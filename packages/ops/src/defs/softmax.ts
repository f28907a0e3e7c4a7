// Softmax: exp(x) over its sum along an axis. Below opset 13 the axis is 1 unless given, and the sum runs over all axes
// from it on. A row of minus infinity is NaN.
import { defineSoftmax } from "../families/softmax.ts";

export const softmaxOp = defineSoftmax({ kind: "Softmax", finish: (x, max, sum) => Math.exp(x - max) / sum });
