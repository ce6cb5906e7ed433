# What the compiled classes were made from. Sourced by ./millrace and ./verify from the project's root; POSIX sh.

MODULES='frontend-ir quantizer scheduler hdl-gen simulator runtime-host boards benchmarks cli'

# Prints one line that changes whenever a file that goes into the program changes: contents and names, not times.
sources_sum() {
    find pom.xml */pom.xml */src/main -type f | LC_ALL=C sort | xargs cksum | cksum
}

# Are the classes those of the present sources ($1, from sources_sum), and is every file of the class path there?
is_built() {
    [ -f .millrace/built ] && [ -f cli/target/classpath ] || return 1
    [ "$(cat .millrace/built)" = "$1" ] || return 1
    for module in $MODULES; do
        [ -d "$module/target/classes" ] || return 1
    done
    saved_ifs=$IFS
    IFS=:
    for entry in $(cat cli/target/classpath); do
        if [ ! -e "$entry" ]; then
            IFS=$saved_ifs
            return 1
        fi
    done
    IFS=$saved_ifs
    return 0
}

# Marks the classes as made from the sources whose sum is $1. Taken before the build, so an edit meanwhile rebuilds.
mark_built() {
    mkdir -p .millrace && printf '%s\n' "$1" > .millrace/built.$$ && mv .millrace/built.$$ .millrace/built
}
