package io.millrace.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SuggestionTest {
    @Test
    void theClosestWordIsMeant() {
        var words = List.of("lenet1", "lenet5", "resnet50");
        assertEquals(Optional.of("lenet5"), Suggestion.closest("lente5", words));
        assertEquals(Optional.of("resnet50"), Suggestion.closest("ResNet-50", words));
        assertEquals(Optional.empty(), Suggestion.closest("mobilenet", words));
        assertEquals("did you mean 'lenet1'? ", Suggestion.didYouMean("lenet1x", words));
        assertEquals("", Suggestion.didYouMean("q", List.of()));
    }

    @Test
    void editsAreCountedAsLevenshteinDid() {
        assertEquals(3, Suggestion.edits("kitten", "sitting"));
        assertEquals(4, Suggestion.edits("", "four"));
        assertEquals(0, Suggestion.edits("same", "same"));
    }
}
