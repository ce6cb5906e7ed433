# Are the compiled classes those of the sources? Sourced by ./millrace in the project's root; POSIX sh.

# Written by the build: absolute, the modules' classes among it.
CLASS_PATH=.millrace/build/cli/classpath

# Prints one line that changes whenever a file that goes into the program changes: contents and names, not times.
sources_sum() {
    find pom.xml */pom.xml */src/main -type f | LC_ALL=C sort | xargs cksum | cksum
}

# Are the launcher's classes those of the present sources ($1, from sources_sum), and is all of its class path there?
is_built() {
    [ -f .millrace/built ] && [ -f "$CLASS_PATH" ] || return 1
    [ "$(cat .millrace/built)" = "$1" ] || return 1
    saved_ifs=$IFS
    IFS=:
    for entry in $(cat "$CLASS_PATH"); do
        if [ ! -e "$entry" ]; then
            IFS=$saved_ifs
            return 1
        fi
    done
    IFS=$saved_ifs
    return 0
}
