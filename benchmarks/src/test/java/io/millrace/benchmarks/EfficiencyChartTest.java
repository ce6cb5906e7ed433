package io.millrace.benchmarks;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.millrace.benchmarks.EfficiencyChart.Bar;
import io.millrace.benchmarks.EfficiencyChart.Group;
import io.millrace.benchmarks.EfficiencyChart.Mark;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;

class EfficiencyChartTest {
    private static Document parsed(String svg) throws Exception {
        return DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    }

    private static List<Element> elements(Document document, String tag) {
        var nodes = document.getElementsByTagName(tag);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    private static double number(Element element, String attribute) {
        return Double.parseDouble(element.getAttribute(attribute));
    }

    @Test
    void barsBoundsAndMarksStandAtTheirPart() throws Exception {
        var group = new Group(
                "a net", List.of(new Bar("one", 0.5, 0.75), new Bar("two", 0.25, 0)), List.of(new Mark("peer", 0.1)));
        var document = parsed(EfficiencyChart.of("title", List.of(group)));
        var bars = elements(document, "rect").stream()
                .filter(r ->
                        r.getAttribute("x").equals(String.valueOf(EfficiencyChart.PLOT_LEFT)) && number(r, "y") > 60)
                .map(r -> number(r, "width"))
                .toList();
        assertEquals(List.of(0.5 * EfficiencyChart.PLOT_WIDTH, 0.25 * EfficiencyChart.PLOT_WIDTH), bars);
        double bound = EfficiencyChart.PLOT_LEFT + 0.75 * EfficiencyChart.PLOT_WIDTH;
        assertEquals(
                1,
                elements(document, "line").stream()
                        .filter(l -> number(l, "x1") == bound && number(l, "x2") == bound)
                        .count());
        var mark =
                elements(document, "polygon").getLast().getAttribute("points").split("[ ,]");
        assertEquals(EfficiencyChart.PLOT_LEFT + 0.1 * EfficiencyChart.PLOT_WIDTH, Double.parseDouble(mark[0]), 0.01);
        var texts =
                elements(document, "text").stream().map(Element::getTextContent).toList();
        assertTrue(
                texts.containsAll(List.of("title", "a net", "one", "two", "50.0 %", "25.0 %", "peer 10.0 %")),
                texts.toString());
    }

    @Test
    void nothingReachesBeyondThePicture() throws Exception {
        var bars = List.of(new Bar("one", 1, 1), new Bar("two", 1, 1));
        var groups = IntStream.range(0, 9)
                .mapToObj(i -> new Group("net " + i, bars, List.of()))
                .toList();
        var document = parsed(EfficiencyChart.of("title", groups));
        double height = number(document.getDocumentElement(), "height");
        double width = number(document.getDocumentElement(), "width");
        for (var r : elements(document, "rect")) {
            if (!r.getAttribute("width").endsWith("%")) {
                assertTrue(number(r, "y") + number(r, "height") < height - 20, "above the axis");
                assertTrue(number(r, "x") + number(r, "width") < width);
            }
        }
    }

    @Test
    void textIsEscapedAndNumbersAreShort() throws Exception {
        var svg = new SvgDrawing(10, 20)
                .text(1.0 / 3, 2, 8, SvgDrawing.Anchor.MIDDLE, "#000000", "<a & b>")
                .line(100, 0, 0.5, 10, "#000000", 1)
                .document();
        assertEquals("<a & b>", elements(parsed(svg), "text").getFirst().getTextContent());
        assertTrue(svg.contains("x=\"0.33\"") && svg.contains("x1=\"100\"") && svg.contains("x2=\"0.5\""), svg);
        assertTrue(svg.contains("text-anchor=\"middle\""), svg);
    }
}
