# Finds a JDK that can build and run Millrace. Sourced by ./millrace and ./verify; POSIX sh.
# No JVM is started to find out: the `release` file in a JDK's folder names its version.
#
#   find_jdk            sets JDK_HOME and returns 0, or sets JDK_REFUSED (one line a JDK, with the reason) and returns 1
#   explain_missing_jdk prints how to get one

# 25.0.0 to 25.0.2 are refused because the build pins [25.0.3,26) and is tested on nothing else.
JDK_WANTED='25.0.3 or a later 25'

# Prints 'ok', or why the JDK in folder $1 won't do.
judge_jdk() {
    judged_version=$(sed -n 's/^JAVA_VERSION="\{0,1\}\([^"]*\)"\{0,1\}.*/\1/p' "$1/release" 2>/dev/null | head -n 1)
    if [ -z "$judged_version" ]; then
        echo 'its release file names no JAVA_VERSION'
        return
    fi
    judged_rest=${judged_version%%[-+_]*}
    judged_major=${judged_rest%%.*}
    judged_rest=${judged_rest#"$judged_major"}
    judged_rest=${judged_rest#.}
    judged_minor=${judged_rest%%.*}
    judged_rest=${judged_rest#"$judged_minor"}
    judged_rest=${judged_rest#.}
    judged_patch=${judged_rest%%.*}
    judged_minor=${judged_minor:-0}
    judged_patch=${judged_patch:-0}
    case "$judged_major$judged_minor$judged_patch" in
        *[!0-9]*) echo "version $judged_version is not understood"; return ;;
    esac
    if [ "$judged_major" -lt 25 ]; then
        echo "version $judged_version is older than 25"
    elif [ "$judged_major" -gt 25 ]; then
        echo "version $judged_version is newer than the 25 that Millrace is built and tested with"
    elif [ "$judged_minor" -eq 0 ] && [ "$judged_patch" -lt 3 ]; then
        echo "version $judged_version is one of 25.0.0 to 25.0.2; Millrace needs the fixes in 25.0.3"
    elif [ ! -x "$1/bin/javac" ]; then
        echo "version $judged_version is a run-time environment without javac, not a JDK"
    elif [ ! -x "$1/bin/java" ]; then
        echo "version $judged_version has no bin/java that may be executed"
    else
        echo ok
    fi
}

# Takes folder $1 if it is a JDK that will do. Folders without a release file are no JDKs and are passed over.
try_jdk() {
    [ -f "$1/release" ] || return 1
    tried_home=$(cd -P "$1" 2>/dev/null && pwd) || return 1
    case "$JDK_TRIED" in *":$tried_home:"*) return 1 ;; esac
    JDK_TRIED="$JDK_TRIED$tried_home:"
    tried_verdict=$(judge_jdk "$tried_home")
    if [ "$tried_verdict" = ok ]; then
        JDK_HOME=$tried_home
        return 0
    fi
    JDK_REFUSED="$JDK_REFUSED  $tried_home: $tried_verdict
"
    return 1
}

# Follows links to the file itself: /usr/bin/java -> /etc/alternatives/java -> /usr/lib/jvm/…/bin/java.
resolve_links() {
    resolved=$1
    while [ -L "$resolved" ]; do
        resolved_link=$(readlink "$resolved")
        case $resolved_link in
            /*) resolved=$resolved_link ;;
            *) resolved=$(dirname "$resolved")/$resolved_link ;;
        esac
    done
    echo "$resolved"
}

find_jdk() {
    JDK_TRIED=:
    JDK_REFUSED=
    JDK_HOME=
    if [ -n "${JAVA_HOME:-}" ]; then
        try_jdk "$JAVA_HOME" && return 0
    fi
    path_java=$(command -v java 2>/dev/null)
    if [ -n "$path_java" ]; then
        try_jdk "$(dirname "$(dirname "$(resolve_links "$path_java")")")" && return 0
    fi
    # MILLRACE_JVM_ROOT stands in for / in tests, so that a machine with other JDKs can be imitated.
    jvm_root=${MILLRACE_JVM_ROOT:-}
    for candidate in "$jvm_root"/usr/lib/jvm/* "$jvm_root"/usr/java/* "$jvm_root"/usr/local/java/* "$jvm_root"/opt/* \
        "$jvm_root"/opt/java/* "$jvm_root"/opt/jdk/* \
        "${HOME:-/nonexistent}"/.sdkman/candidates/java/* "${HOME:-/nonexistent}"/.jdks/* \
        "${HOME:-/nonexistent}"/.asdf/installs/java/* "${HOME:-/nonexistent}"/.local/share/mise/installs/java/* \
        "$jvm_root"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "${HOME:-/nonexistent}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "$jvm_root"/opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        try_jdk "$candidate" && return 0
    done
    return 1
}

explain_missing_jdk() {
    echo "error: no usable JDK found; Millrace needs JDK $JDK_WANTED"
    if [ -n "$JDK_REFUSED" ]; then
        echo "looked at:"
        printf '%s' "$JDK_REFUSED"
    else
        echo "looked at JAVA_HOME, the java on PATH, /usr/lib/jvm, /opt, ~/.sdkman, ~/.jdks and /Library/Java: none there"
    fi
    cat <<'TEXT'
  try one of:
    download Temurin 25 from https://adoptium.net/temurin/releases/?version=25 and unpack it under ~/.jdks or /opt
    Debian or Ubuntu with the Adoptium repository: apt-get install temurin-25-jdk
    SDKMAN:  sdk install java 25.0.3-tem
    macOS:   brew install --cask temurin@25
  then run this again, or set JAVA_HOME to its folder.
TEXT
}
