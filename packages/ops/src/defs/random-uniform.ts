// RandomUniform: uniform in [low, high), of the shape that an attribute gives.
import { uniform, defineRandom } from "../families/random.ts";

export const randomUniformOp = defineRandom("RandomUniform", uniform);
