// Functions that JavaScript lacks, in double precision. erf follows the rational approximations of fdlibm's s_erf.c
// (Sun Microsystems 1993, https://www.netlib.org/fdlibm/s_erf.c), error below 1 ULP of a double; evaluated by Horner.

function horner(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]!;
  return sum;
}

// |x| < 0.84375: erf(x) = x + x * PP(x^2) / QQ(x^2)
const PP = [
  1.28379167095512558561e-1, -3.2504210724700149937e-1, -2.84817495755985104766e-2, -5.77027029648944159157e-3,
  -2.37630166566501626084e-5,
];
const QQ = [
  1, 3.97917223959155352819e-1, 6.50222499887672944485e-2, 5.08130628187576562776e-3, 1.32494738004321644526e-4,
  -3.9602282787753681232e-6,
];
// 0.84375 <= |x| < 1.25: erf(x) = ERX + PA(|x| - 1) / QA(|x| - 1)
const ERX = 8.45062911510467529297e-1;
const PA = [
  -2.36211856075265944077e-3, 4.14856118683748331666e-1, -3.72207876035701323847e-1, 3.18346619901161753674e-1,
  -1.10894694282396677476e-1, 3.54783043256182359371e-2, -2.166375594868790843e-3,
];
const QA = [
  1, 1.06420880400844228286e-1, 5.40397917702171048937e-1, 7.18286544141962662868e-2, 1.26171219808761642112e-1,
  1.36370839120290507362e-2, 1.1984499846799107417e-2,
];
// 1.25 <= |x| < 1 / 0.35: erfc(x) = exp(-x^2 - 0.5625 + RA(1/x^2) / SA(1/x^2)) / x
const RA = [
  -9.86494403484714822705e-3, -6.93858572707181764372e-1, -1.05586262253232909814e1, -6.23753324503260060396e1,
  -1.62396669462573470355e2, -1.84605092906711035994e2, -8.12874355063065934246e1, -9.81432934416914548592,
];
const SA = [
  1, 1.96512716674392571292e1, 1.376577541435190426e2, 4.34565877475229228821e2, 6.45387271733267880336e2,
  4.29008140027567833386e2, 1.08635005541779435134e2, 6.57024977031928170135, -6.04244152148580987438e-2,
];
// 1 / 0.35 <= |x| < 6: the same with RB and SB
const RB = [
  -9.86494292470009928597e-3, -7.99283237680523006574e-1, -1.77579549177547519889e1, -1.60636384855821916062e2,
  -6.37566443368389627722e2, -1.02509513161107724954e3, -4.83519191608651397019e2,
];
const SB = [
  1, 3.03380607434824582924e1, 3.25792512996573918826e2, 1.53672958608443695994e3, 3.19985821950859553908e3,
  2.55305040643316442583e3, 4.74528541206955367215e2, -2.24409524465858183362e1,
];

/** Error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.84375) {
    const square = x * x;
    return x + x * (horner(square, PP) / horner(square, QQ));
  }
  const sign = Math.sign(x);
  if (magnitude < 1.25) return sign * (ERX + horner(magnitude - 1, PA) / horner(magnitude - 1, QA));
  if (magnitude >= 6) return sign;
  const inverse = 1 / (x * x);
  const isNear = magnitude < 1 / 0.35;
  const quotient = isNear ? horner(inverse, RA) / horner(inverse, SA) : horner(inverse, RB) / horner(inverse, SB);
  // A part of x with few bits, so that its square is exact and exp sees no rounded argument.
  const head = Math.fround(magnitude);
  const tail = (head - magnitude) * (head + magnitude);
  return sign * (1 - (Math.exp(-head * head - 0.5625) * Math.exp(tail + quotient)) / magnitude);
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** log(1 + exp(x)), written so that exp never overflows. */
export function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction < 0.5) return keepSign(floor, x);
  if (fraction > 0.5) return keepSign(floor + 1, x);
  return keepSign(floor % 2 === 0 ? floor : floor + 1, x);
}

/** Results that round to zero keep the sign of what they came from. */
function keepSign(result: number, x: number): number {
  return result === 0 && x < 0 ? -0 : result;
}

const SQRT_HALF = Math.SQRT1_2;
const TANH_SCALE = Math.sqrt(2 / Math.PI);
const TANH_CUBE = 0.044715; // Hendrycks and Gimpel, arXiv:1606.08415

/** x times the normal distribution function of x. */
export function geluErf(x: number): number {
  return 0.5 * x * (1 + erf(x * SQRT_HALF));
}

/** The tanh approximation of GELU. */
export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(TANH_SCALE * (x + TANH_CUBE * x * x * x)));
}

/** `base` to the power of `exponent` as C's pow has it: JavaScript differs at 1 and -1. */
export function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Infinity) return 1;
  return base ** exponent;
}
