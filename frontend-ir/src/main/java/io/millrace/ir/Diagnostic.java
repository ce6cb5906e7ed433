package io.millrace.ir;

/**
 * One thing the user has to know, in the form every tool of Millrace prints.
 *
 * @param code stable code such as {@code IMP-0213}; {@code millrace explain CODE} tells more
 * @param where the file and layers concerned
 * @param problem what is wrong, with the actual and the allowed value
 * @param remedy what to do about it
 */
public record Diagnostic(String code, SourceRef where, String problem, String remedy) {
    public Diagnostic {
        if (!code.matches("(IMP|QNT|SCH|RTL|SIM|BLD|LNK|CFG)-\\d{4}")) {
            throw new IllegalArgumentException("not a diagnostic code: " + code);
        }
    }

    /** The two-line form: {@code error[CODE] where: problem} and {@code try: remedy}. */
    @Override
    public String toString() {
        return "error[" + code + "] " + where + ": " + problem + "\n  try: " + remedy;
    }
}
