/** Nesting that every reader of a program follows and every writer keeps to, so that no input can exhaust a call stack. */

/** Operators in operators of an integer expression. */
export const MAX_EXPR_DEPTH = 64;

/** Loops in loops. */
export const MAX_LOOP_DEPTH = 16;
