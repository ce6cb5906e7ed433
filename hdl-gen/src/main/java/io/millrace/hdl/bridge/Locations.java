package io.millrace.hdl.bridge;

import spinal.idslplugin.Location;

/** Where in a hardware description the bridge was called. */
final class Locations {
    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
    private static final String BRIDGE = Locations.class.getPackageName();

    private Locations() {}

    /** The innermost frame that describes hardware: outside this package and the generator, or in a module of this package. */
    static Location caller() {
        return WALKER.walk(frames -> frames.filter(frame -> describes(frame.getDeclaringClass()))
                .findFirst()
                .map(frame -> new Located(String.valueOf(frame.getFileName()), frame.getLineNumber()))
                .orElseGet(() -> new Located("unknown", 0)));
    }

    private static boolean describes(Class<?> type) {
        String home = type.getPackageName();
        if (home.equals(BRIDGE)) {
            return type != Hardware.class && Hardware.class.isAssignableFrom(type);
        }
        return !home.startsWith("spinal.") && !home.startsWith("scala.");
    }

    private static final class Located extends Location {
        Located(String file, int line) {
            super(file.endsWith(".java") ? file.substring(0, file.length() - 5) : file, line, 0);
        }

        @Override
        public String toString() {
            return "(" + file() + ".java:" + line() + ")";
        }
    }
}
