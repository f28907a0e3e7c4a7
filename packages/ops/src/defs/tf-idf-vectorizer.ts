// TfIdfVectorizer: how often each n-gram of a pool occurs in a row of tokens, at the place that the n-gram has in the result. IDF gives its weight where it
// occurs, TFIDF its count times its weight. `weights[i]` belongs to the i-th n-gram of the pool.
import { isInteger, makeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { floats, int, ints, strings, word } from "../attr-spec.ts";
import { forEachNgram, ngramTree } from "../math/ngrams.ts";
import type { Token } from "../math/ngrams.ts";
import { bigintsOf, numbersOf } from "../math/scalars.ts";
import { stringsOf } from "../math/text.ts";
import { defineOp } from "../op-definition.ts";
import { require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

function tokensOf(tensor: Tensor): readonly Token[] {
  if (tensor.dtype === "string") return stringsOf(tensor);
  require(isInteger(tensor.dtype), () => `needs integers or strings, but found ${tensor.dtype}`);
  return tensor.dtype === "i64" ? Array.from(bigintsOf(tensor)) : Array.from(numbersOf(tensor), BigInt);
}

export const tfIdfVectorizerOp = defineOp({
  kind: "TfIdfVectorizer",
  versions: [9],
  attrs: {
    max_gram_length: int(1),
    max_skip_count: int(0),
    min_gram_length: int(1),
    mode: word("TF", "IDF", "TFIDF"),
    ngram_counts: ints(),
    ngram_indexes: ints(),
    pool_int64s: ints(),
    pool_strings: strings(),
    weights: floats(),
  },
  operands: [1, 1],
  infer: ({ attrs, shape }) => {
    const rows = shape(0);
    const places = attrs.ngram_indexes ?? [];
    require(places.length > 0, 'needs attribute "ngram_indexes"');
    require(rows === undefined || rows.length === 1 || rows.length === 2, () =>
      `needs tokens [C] or [N, C], but found ${printShape(rows ?? [])}`);
    const width = places.reduce((most, place) => Math.max(most, place), 0) + 1;
    return [{ dtype: "f32", ...(rows === undefined ? {} : { shape: [...rows.slice(0, -1), width] }) }];
  },
  evaluate: ({ attrs, operand, result }) => {
    const pool = attrs.pool_strings ?? (attrs.pool_int64s ?? []).map(BigInt);
    const [places, weights] = [attrs.ngram_indexes ?? [], attrs.weights];
    const tree = ngramTree(pool, attrs.ngram_counts ?? []);
    const { shape } = result(0);
    const width = shape.at(-1)!;
    const [tokens, extent] = [tokensOf(operand(0)), operand(0).shape.at(-1)!];
    const rows = shape.length === 1 ? 1 : shape[0]!;
    const to = new Float32Array(rows * width);
    const rules = { min: attrs.min_gram_length, max: attrs.max_gram_length, maxSkips: attrs.max_skip_count };
    for (let row = 0; row < rows; row++) {
      forEachNgram(tokens.slice(row * extent, (row + 1) * extent), tree, rules, (position) => {
        const place = places[position];
        require(place !== undefined, () => `needs an index for n-gram ${position}, but found ${places.length} indexes`);
        const weight = attrs.mode === "TF" ? 1 : (weights?.[position] ?? 1);
        const at = row * width + place;
        to[at] = attrs.mode === "IDF" ? weight : to[at]! + weight;
      });
    }
    return [makeTensor("f32", shape, to)];
  },
});
