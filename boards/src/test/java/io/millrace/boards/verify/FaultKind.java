package io.millrace.boards.verify;

/** What is wrong in a planted fault. */
enum FaultKind {
    OPERATOR,
    OFF_BY_ONE,
    LOST_UPDATE,
    DROPPED_RESET,
    WRONG_PAD,
    WEIGHT_ADDRESS,
    TOKEN_COUNT,
    PIPELINE_CONSTANT
}
