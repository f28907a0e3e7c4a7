// RandomNormal: normal with the given mean and deviation (scale), of the shape that an attribute gives.
import { normal, defineRandom } from "../families/random.ts";

export const randomNormalOp = defineRandom("RandomNormal", normal);
