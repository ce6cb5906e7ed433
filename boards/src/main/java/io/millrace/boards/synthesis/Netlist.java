package io.millrace.boards.synthesis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The flat netlist of a design as yosys writes it in JSON.
 *
 * @param cells all cells
 * @param names by net of one bit, its name in the source with the bit, where it has one
 */
record Netlist(List<Cell> cells, Map<Integer, String> names) {
    /** Stands for a pin that is a constant. */
    static final int CONSTANT = -1;

    /**
     * A primitive.
     *
     * @param name its instance name
     * @param type the vendor's name
     * @param parameters numbers and texts, as yosys writes them
     * @param inputs by port, the net of each bit, lowest first; {@link #CONSTANT} for constants
     * @param outputs by port, likewise
     */
    record Cell(
            String name,
            String type,
            Map<String, String> parameters,
            Map<String, int[]> inputs,
            Map<String, int[]> outputs) {
        /** A parameter that is a binary number, 0 if it is not there. */
        int number(String parameter) {
            String text = parameters.getOrDefault(parameter, "0");
            return Integer.parseUnsignedInt(text.substring(Math.max(0, text.length() - Integer.SIZE)), 2);
        }
    }

    static Netlist parse(String json, String top) {
        JsonNode module = JsonMapper.shared().readTree(json).get("modules").get(top);
        var cells = new ArrayList<Cell>();
        for (var entry : module.get("cells").properties()) {
            cells.add(cell(entry.getKey(), entry.getValue()));
        }
        var names = new HashMap<Integer, String>();
        for (var entry : module.get("netnames").properties()) {
            if (entry.getValue().get("hide_name").asInt() != 0) {
                continue;
            }
            int[] nets = nets(entry.getValue().get("bits"));
            for (int i = 0; i < nets.length; i++) {
                String name = nets.length == 1 ? entry.getKey() : entry.getKey() + "[" + i + "]";
                names.merge(nets[i], name, Netlist::clearer);
            }
        }
        return new Netlist(cells, names);
    }

    /** Of two names of a net, that of the deeper block: there it is made or kept. */
    private static String clearer(String a, String b) {
        int byDepth = Long.compare(depth(a), depth(b));
        return byDepth != 0 ? byDepth > 0 ? a : b : a.compareTo(b) <= 0 ? a : b;
    }

    private static long depth(String name) {
        return name.chars().filter(c -> c == '.').count();
    }

    private static Cell cell(String name, JsonNode node) {
        var parameters = new HashMap<String, String>();
        for (var p : node.get("parameters").properties()) {
            parameters.put(p.getKey(), p.getValue().asString());
        }
        var inputs = new HashMap<String, int[]>();
        var outputs = new HashMap<String, int[]>();
        for (var port : node.get("connections").properties()) {
            boolean out =
                    node.get("port_directions").get(port.getKey()).asString().equals("output");
            (out ? outputs : inputs).put(port.getKey(), nets(port.getValue()));
        }
        return new Cell(name, node.get("type").asString(), parameters, inputs, outputs);
    }

    private static int[] nets(JsonNode bits) {
        int[] nets = new int[bits.size()];
        for (int i = 0; i < nets.length; i++) {
            nets[i] = bits.get(i).isInt() ? bits.get(i).asInt() : CONSTANT;
        }
        return nets;
    }
}
