// RandomNormalLike: normal with the given mean and deviation (scale), of the operand's shape.
import { normal, defineRandomLike } from "../families/random.ts";

export const randomNormalLikeOp = defineRandomLike("RandomNormalLike", normal);
