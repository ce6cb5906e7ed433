package io.millrace.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.millrace.ir.CompileException;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkAddressTest {
    @Test
    void readsAddresses() {
        assertEquals(new LinkAddress.Sim(""), LinkAddress.parse("sim:"));
        assertEquals(new LinkAddress.Sim("rtl"), LinkAddress.parse("sim:rtl"));
        assertEquals(new LinkAddress.Tcp("board.local", 5000), LinkAddress.parse("tcp:board.local:5000"));
        assertEquals(new LinkAddress.Tcp("::1", 5000), LinkAddress.parse("tcp:[::1]:5000"));
        assertEquals(new LinkAddress.Udp("192.168.1.128", 19_794), LinkAddress.parse("udp:192.168.1.128"));
        assertEquals(new LinkAddress.Udp("board", 5000), LinkAddress.parse("udp:board:5000"));
        assertEquals("udp:[::1]:19794", LinkAddress.parse("udp:[::1]").toString());
        assertEquals("udp:[::1]:7", LinkAddress.parse("udp:[::1]:7").toString());
        assertEquals(new LinkAddress.Uart("/dev/ttyUSB1", 3_000_000), LinkAddress.parse("uart:/dev/ttyUSB1"));
        assertEquals(new LinkAddress.Uart("/dev/tty.b@1", 1_000_000), LinkAddress.parse("uart:/dev/tty.b@1@1000000"));
        assertEquals(
                "uart:/dev/ttyUSB1@3000000",
                LinkAddress.parse("uart:/dev/ttyUSB1").toString());
        assertEquals("tcp:[::1]:5000", LinkAddress.parse("tcp:[::1]:5000").toString());
        assertEquals(
                new LinkAddress.Pipe(List.of("a b", "c", "", "d'e")), LinkAddress.parse("pipe:'a b'  c \"\" \"d'e\""));
    }

    @Test
    void saysHowToWriteThem() {
        for (String bad : List.of(
                "",
                "tcp:",
                "tcp:host",
                "tcp::5000",
                "tcp:host:0",
                "tcp:host:65536",
                "tcp:host:x",
                "tcp:::1:5",
                "udp:",
                "udp::5000",
                "udp:host:0",
                "udp:::1:5",
                "pipe:",
                "pipe: ",
                "pipe:'a",
                "uart:",
                "uart:@1000000",
                "uart:/dev/x@fast",
                "ftp:x")) {
            var e = assertThrows(CompileException.class, () -> LinkAddress.parse(bad), bad);
            assertEquals(2, e.exitCode());
            assertEquals("LNK-0101", e.diagnostics().getFirst().code());
        }
        var e = assertThrows(CompileException.class, () -> LinkAddress.parse("tcp:host"));
        assertEquals(
                "error[LNK-0101] link: 'tcp:host' names no host and port\n"
                        + "  try: write tcp:HOST:PORT, with a port from 1 to 65535",
                e.getMessage());
    }
}
