// LogSoftmax: logarithm of Softmax, without the intermediate underflow.
import { defineSoftmax } from "../families/softmax.ts";

export const logSoftmaxOp = defineSoftmax({ kind: "LogSoftmax", finish: (x, max, sum) => x - max - Math.log(sum) });
