# Prints how many tests the given Surefire reports count, and each skipped one with its reason; POSIX sh.
# Reads the lines Surefire writes: <testsuite …>, <testcase …> and, inside that, <skipped …>, <failure …>, <error …>.

[ -f "$1" ] || {
    echo 'Tests: no reports, so none ran'
    exit 0
}
awk '
    function attribute(name,    at, rest) {
        at = index($0, " " name "=\"")
        if (at == 0) return ""
        rest = substr($0, at + length(name) + 3)
        return substr(rest, 1, index(rest, "\"") - 1)
    }
    function plain(text) {
        gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text)
        gsub(/&apos;/, "\047", text); gsub(/&#10;/, " ", text); gsub(/&amp;/, "\\&", text)
        return text
    }
    /<testcase / {
        tests++
        place = attribute("classname")
        sub(/.*\./, "", place)
        place = place "." attribute("name")
    }
    /<skipped/ { skipped++; reason = attribute("message"); skips[skipped] = place ": " (reason == "" ? "no reason given" : reason) }
    /<failure/ { failed++; faults[failed + errors] = place ": " attribute("message") }
    /<error/ { errors++; faults[failed + errors] = place ": " attribute("message") }
    END {
        printf "Tests: %d ran, %d failed, %d skipped\n", tests - skipped, failed + errors, skipped
        for (i = 1; i <= failed + errors; i++) print "  failed   " plain(substr(faults[i], 1, 300))
        for (i = 1; i <= skipped; i++) print "  skipped  " plain(substr(skips[i], 1, 300))
    }
' "$@"
