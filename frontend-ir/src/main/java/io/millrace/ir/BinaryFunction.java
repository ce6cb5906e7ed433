package io.millrace.ir;

/** A function of two values, applied element by element. */
public enum BinaryFunction {
    ADD,
    SUB,
    MUL,
    DIV,
    MAX,
    MIN;

    /** The value in double precision; MAX and MIN of a NaN are NaN. */
    public double apply(double left, double right) {
        return switch (this) {
            case ADD -> left + right;
            case SUB -> left - right;
            case MUL -> left * right;
            case DIV -> left / right;
            case MAX -> Math.max(left, right);
            case MIN -> Math.min(left, right);
        };
    }

    /** The value in single precision, rounded once. */
    public float apply(float left, float right) {
        return switch (this) {
            case ADD -> left + right;
            case SUB -> left - right;
            case MUL -> left * right;
            case DIV -> left / right;
            case MAX -> Math.max(left, right);
            case MIN -> Math.min(left, right);
        };
    }
}
