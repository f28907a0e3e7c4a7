// RandomUniformLike: uniform in [low, high), of the operand's shape.
import { uniform, defineRandomLike } from "../families/random.ts";

export const randomUniformLikeOp = defineRandomLike("RandomUniformLike", uniform);
