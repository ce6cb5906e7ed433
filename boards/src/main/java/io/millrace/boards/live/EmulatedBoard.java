package io.millrace.boards.live;

import io.millrace.boards.verilator.LineFaults;
import io.millrace.boards.verilator.VerilatedBoard;
import io.millrace.ir.CompileException;
import io.millrace.ir.Diagnostic;
import io.millrace.ir.SourceRef;
import io.millrace.runtime.LinkAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Pattern;

/**
 * A Verilated board in a process of its own that waits for hosts: on a TCP port of this machine, one at a time, at a UDP port, or behind a pseudo-terminal. Between
 * hosts it goes on: program and state stay. It ends when it is closed, or with this process.
 */
public final class EmulatedBoard implements AutoCloseable {
    private static final int GRACE_MILLIS = 1000;

    private final Process process;
    private final LinkAddress address;

    private EmulatedBoard(Process process, LinkAddress address) {
        this.process = process;
        this.address = address;
    }

    /** The address that runs a board of its own behind standard input and output, for as long as the link is open. */
    public static LinkAddress pipe(VerilatedBoard board) {
        return new LinkAddress.Pipe(board.pipeCommand());
    }

    /**
     * Starts a board.
     *
     * @param port 0 for any free one
     * @throws CompileException exit code 8, {@code LNK-0114}, if it does not start or the port is taken
     */
    public static EmulatedBoard listen(VerilatedBoard board, int port) {
        return start(
                board.tcpCommand(port),
                "port ",
                "tcp:localhost:" + port,
                taken -> new LinkAddress.Tcp("localhost", Integer.parseInt(taken)));
    }

    /**
     * Starts a board that was built for a serial line, behind a pseudo-terminal.
     *
     * @throws CompileException exit code 8, {@code LNK-0114}, if it does not start
     */
    public static EmulatedBoard onTerminal(VerilatedBoard board) {
        return start(
                board.terminalCommand(),
                "pty ",
                "uart:",
                device -> new LinkAddress.Uart(device, LinkAddress.Uart.BAUD));
    }

    /**
     * Starts a board that was built for Ethernet behind a UDP port of this machine.
     *
     * @param port 0 for any free one
     * @throws CompileException exit code 8, {@code LNK-0114}, if it does not start or the port is taken
     */
    public static EmulatedBoard onEthernet(VerilatedBoard board, int port, LineFaults faults) {
        return start(
                board.udpCommand(port, faults),
                "port ",
                "udp:localhost:" + port,
                taken -> new LinkAddress.Udp("127.0.0.1", Integer.parseInt(taken)));
    }

    private static EmulatedBoard start(
            List<String> command, String says, String wanted, Function<String, LinkAddress> address) {
        try {
            var process = new ProcessBuilder(command).redirectErrorStream(true).start();
            String line = firstLine(process);
            if (!line.startsWith(says)) {
                process.destroy();
                throw refused(wanted, line.isEmpty() ? "it ended without a word" : line);
            }
            return new EmulatedBoard(process, address.apply(line.substring(says.length())));
        } catch (IOException e) {
            throw refused(wanted, String.valueOf(e.getMessage()));
        }
    }

    private static String firstLine(Process process) throws IOException {
        BufferedReader reader = process.inputReader(StandardCharsets.US_ASCII);
        String line = reader.readLine();
        return line == null ? "" : line;
    }

    private static CompileException refused(String wanted, String why) {
        return new CompileException(
                8,
                new Diagnostic(
                        "LNK-0114",
                        SourceRef.file(wanted),
                        "the emulated board did not start: " + why,
                        "choose another port, 0 for any free one"));
    }

    /** Where hosts find it. */
    public LinkAddress address() {
        return address;
    }

    /** Resets the board, as its reset button would; the link stays. */
    public void reset() {
        command("reset");
    }

    /** Stops the board's clock: it falls silent. */
    public void halt() {
        command("halt");
    }

    /** Lets its clock run again. */
    public void resume() {
        command("go");
    }

    private void command(String text) {
        try {
            OutputStream out = process.getOutputStream();
            out.write((text + "\n").getBytes(StandardCharsets.US_ASCII));
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the emulated board has ended", e);
        }
    }

    /** What a board on Ethernet has seen of its network: frames, and what befell them. */
    public LineCounts lineCounts() {
        command("report");
        try {
            return LineCounts.parse(firstLine(process));
        } catch (IOException e) {
            throw new UncheckedIOException("the emulated board has ended", e);
        }
    }

    /**
     * Frames on an emulated network in both directions.
     *
     * @param frames those that were sent
     * @param lost of these, those that did not arrive, or damaged
     * @param twice those that arrived twice
     * @param moved those that arrived out of turn
     */
    public record LineCounts(long frames, long lost, long twice, long moved) {
        private static final Pattern TEXT = Pattern.compile("frames (\\d+) lost (\\d+) twice (\\d+) moved (\\d+)");

        static LineCounts parse(String line) {
            var text = TEXT.matcher(line);
            if (!text.matches()) {
                throw new IllegalStateException("the emulated board says: " + line);
            }
            return new LineCounts(
                    Long.parseLong(text.group(1)),
                    Long.parseLong(text.group(2)),
                    Long.parseLong(text.group(3)),
                    Long.parseLong(text.group(4)));
        }
    }

    /** Waits until the board ends by itself, at most so long; returns whether it has. */
    public boolean await(Duration limit) throws InterruptedException {
        return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** What a board that has ended by itself left: its exit code, and its last line if it wrote one. */
    public String lastWords() {
        var words = process.inputReader(StandardCharsets.US_ASCII)
                .lines()
                .reduce((_, last) -> ": " + last)
                .orElse("");
        return "exit code " + process.exitValue() + words;
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(GRACE_MILLIS, TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
