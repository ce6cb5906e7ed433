package io.millrace.runtime;

import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import java.util.ArrayList;
import java.util.List;

/** Where a board is, as the user writes it. */
public sealed interface LinkAddress {
    /**
     * {@code sim:} or {@code sim:NAME}: a board within this process.
     *
     * @param name which one; may be empty
     */
    record Sim(String name) implements LinkAddress {
        @Override
        public String toString() {
            return "sim:" + name;
        }
    }

    /** {@code pipe:PROGRAM ARGUMENTS}: a program that speaks on its standard input and output. */
    record Pipe(List<String> command) implements LinkAddress {
        public Pipe {
            command = List.copyOf(command);
            if (command.isEmpty()) {
                throw new IllegalArgumentException("a pipe needs a program");
            }
        }

        @Override
        public String toString() {
            return "pipe:" + String.join(" ", command);
        }
    }

    /** {@code tcp:HOST:PORT}; an IPv6 address in square brackets. */
    record Tcp(String host, int port) implements LinkAddress {
        @Override
        public String toString() {
            return "tcp:" + hostAndPort(host, port);
        }
    }

    /** {@code udp:HOST} or {@code udp:HOST:PORT}: a board on Ethernet; an IPv6 address in square brackets. */
    record Udp(String host, int port) implements LinkAddress {
        /** What boards are built for if nothing else is said. */
        public static final int PORT = 19_794;

        @Override
        public String toString() {
            return "udp:" + hostAndPort(host, port);
        }
    }

    /**
     * {@code uart:DEVICE} or {@code uart:DEVICE@BAUD}: a serial line, eight data bits, no parity, one stop bit, no flow control.
     *
     * @param device path of the device, such as {@code /dev/ttyUSB1}
     * @param baud bits a second
     */
    record Uart(String device, int baud) implements LinkAddress {
        /** What boards are built for if nothing else is said. */
        public static final int BAUD = 3_000_000;

        @Override
        public String toString() {
            return "uart:" + device + "@" + baud;
        }
    }

    /**
     * Reads an address. In {@code pipe:} words are split at blanks; single or double quotes hold a word together.
     *
     * @throws CompileException exit code 2, {@code LNK-0101}
     */
    static LinkAddress parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String rest = colon < 0 ? "" : text.substring(colon + 1);
        return switch (kind) {
            case "sim" -> new Sim(rest);
            case "pipe" -> pipe(text, rest);
            case "tcp" -> tcp(text, rest, kind);
            case "udp" -> udp(text, rest);
            case "uart" -> uart(text, rest);
            default ->
                throw refused(
                        "'" + text + "' is no link this tool knows",
                        "use sim:, pipe:COMMAND, tcp:HOST:PORT, udp:HOST or uart:DEVICE");
        };
    }

    private static Pipe pipe(String text, String rest) {
        List<String> words = words(rest);
        if (words.isEmpty()) {
            throw refused("'" + text + "' names no program", "write pipe:PROGRAM ARGUMENTS, quoted for your shell");
        }
        return new Pipe(words);
    }

    private static String hostAndPort(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    private static Udp udp(String text, String rest) {
        boolean withPort = rest.lastIndexOf(':') > rest.lastIndexOf(']');
        Tcp place = tcp(text, withPort ? rest : rest + ":" + Udp.PORT, "udp");
        return new Udp(place.host, place.port);
    }

    private static Tcp tcp(String text, String rest, String kind) {
        int colon = rest.lastIndexOf(':');
        String host = colon < 0 ? "" : rest.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            throw refused("'" + text + "' has several colons", "write an IPv6 address as " + kind + ":[ADDRESS]:PORT");
        }
        String port = rest.substring(colon + 1);
        if (host.isEmpty()
                || !port.matches("\\d{1,5}")
                || Integer.parseInt(port) < 1
                || Integer.parseInt(port) > 65535) {
            throw refused(
                    "'" + text + "' names no host and port",
                    "write " + kind + ":HOST:PORT, with a port from 1 to 65535");
        }
        return new Tcp(host, Integer.parseInt(port));
    }

    private static Uart uart(String text, String rest) {
        int at = rest.lastIndexOf('@');
        String device = at < 0 ? rest : rest.substring(0, at);
        String baud = at < 0 ? Integer.toString(Uart.BAUD) : rest.substring(at + 1);
        if (device.isBlank() || !baud.matches("[1-9]\\d{2,8}")) {
            throw refused(
                    "'" + text + "' names no device and rate", "write uart:/dev/ttyUSB1 or uart:/dev/ttyUSB1@1000000");
        }
        return new Uart(device, Integer.parseInt(baud));
    }

    private static List<String> words(String text) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (char c : text.toCharArray()) {
            if (quote != 0 ? c == quote : c == '\'' || c == '"') {
                quote = quote != 0 ? 0 : c;
                inWord = true;
            } else if (c == ' ' && quote == 0) {
                if (inWord) {
                    words.add(word.toString());
                }
                word.setLength(0);
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) {
            throw refused("'pipe:" + text + "' has a quote that does not end", "close it with another " + quote);
        }
        if (inWord) {
            words.add(word.toString());
        }
        return words;
    }

    private static CompileException refused(String problem, String remedy) {
        return new CompileException(2, new Diagnostic("LNK-0101", SourceRef.file("link"), problem, remedy));
    }
}
