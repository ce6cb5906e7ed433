# A stub of ISE 14.7's command-line tools, the first word of the command line being which: refuses options, files, parts, constraints and pins that are not there
# or not legal. Steps are held in order by the files that they leave.

set here [file dirname [file normalize [info script]]]
source [file join $here parts.tcl]

proc fail {text} {
    puts "ERROR:Stub - $::tool: $text"
    exit 1
}

proc text {file} {
    if {![file isfile $file]} {
        fail "no file $file"
    }
    set in [open $file]
    set text [read $in]
    close $in
    return $text
}

proc write {file text} {
    if {![file isdirectory [file dirname $file]]} {
        fail "no folder [file dirname $file]"
    }
    set out [open $file w]
    puts $out $text
    close $out
}

# Options with a pattern of their values, options without, the number of other words.
proc parse {valued flags count} {
    set options [dict create]
    set rest {}
    for {set i 1} {$i < $::argc} {incr i} {
        set word [lindex $::argv $i]
        if {![string match -* $word]} {
            lappend rest $word
        } elseif {[dict exists $valued $word]} {
            set value [lindex $::argv [incr i]]
            if {![regexp [dict get $valued $word] $value]} {
                fail "$word can't be '$value'"
            }
            dict set options $word $value
        } elseif {$word in $flags} {
            dict set options $word 1
        } else {
            fail "no option $word"
        }
    }
    if {[llength $rest] != $count} {
        fail "[llength $rest] files in place of $count: $rest"
    }
    return [list $options $rest]
}

proc requirePart {name} {
    if {[parts::getOr $::parts::tool $name] ne "ise"} {
        fail "ISE has no part $name"
    }
}

# What a file of an earlier step says: kind and part, and for a netlist top, pads or not and its Verilog.
proc made {file kind} {
    set record [text $file]
    if {[lindex $record 0] ne $kind} {
        fail "$file is no $kind"
    }
    return $record
}

proc xst {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$} -ifn . -ofn .} {} 0] options _
    foreach option {-ifn -ofn} {
        if {![dict exists $options $option]} {
            fail "without $option"
        }
    }
    set legal {
        -ifn . -ifmt {^(mixed|Verilog)$} -ofn . -ofmt {^NGC$} -p . -top {^\w+$} -opt_mode {^(Speed|Area)$} -opt_level {^[012]$}
        -keep_hierarchy {^(No|Yes|Soft)$} -netlist_hierarchy {^(As_Optimized|Rebuilt)$} -shreg_extract {^(YES|NO)$}
        -register_balancing {^(No|Yes|Forward|Backward)$} -iobuf {^(YES|NO)$} -bus_delimiter {^<>$} -hierarchy_separator {^/$}
    }
    set run [dict create]
    set state set
    foreach line [split [string trim [text [dict get $options -ifn]]] "\n"] {
        if {$state eq "set" && [regexp {^set -(tmpdir|xsthdpdir) "([^"]+)"$} $line _ name folder]} {
            if {![file isdirectory $folder]} {
                fail "no folder $folder for -$name"
            }
        } elseif {$state eq "set" && $line eq "run"} {
            set state run
        } elseif {$state eq "run" && [regexp {^(-\w+) (\S+)$} $line _ name value]} {
            if {![dict exists $legal $name]} {
                fail "run has no option $name"
            }
            if {![regexp [dict get $legal $name] $value]} {
                fail "$name can't be $value"
            }
            dict set run $name $value
        } else {
            fail "line of the script: $line"
        }
    }
    foreach name {-ifn -ifmt -ofn -ofmt -p -top} {
        if {![dict exists $run $name]} {
            fail "run without $name"
        }
    }
    requirePart [dict get $run -p]
    set verilog {}
    foreach line [split [string trim [text [dict get $run -ifn]]] "\n"] {
        if {![regexp {^verilog \w+ "([^"]+)"$} $line _ file]} {
            fail "line of the project: $line"
        }
        text $file
        set word [parts::systemVerilog $file]
        if {$word ne ""} {
            fail "$file: XST reads Verilog 2001, which has no $word"
        }
        lappend verilog $file
    }
    if {[catch {parts::ports $verilog [dict get $run -top]} ports]} {
        fail $ports
    }
    set pads [expr {[parts::getOr $run -iobuf] ne "NO"}]
    write [dict get $options -ofn] "report of a stub"
    set nets [parts::nets $verilog [dict get $run -top]]
    write [dict get $run -ofn].ngc [list netlist [dict get $run -p] [dict get $run -top] $pads $ports $nets]
}

# The grammar of UG625 as far as a board top needs it: statements that end with a semicolon.
proc readUcf {file ports nets} {
    set locations [dict create]
    set levels [dict create]
    set groups {}
    set timed {}
    set clocks {}
    set plain [regsub -all -line {#.*$} [text $file] ""]
    if {![regexp {;\s*$} $plain]} {
        fail "$file: the last statement has no semicolon"
    }
    foreach statement [split $plain ";"] {
        set statement [string trim $statement]
        if {$statement eq ""} {
            continue
        }
        if {[regexp {^NET "([^"]+)" (.*)$} $statement _ net rest]} {
            set net [string map {< [ > ]} $net]
            if {$net ni $ports} {
                if {$net ni $nets || ![regexp {^TNM_NET = } $rest]} {
                    fail "$file: the top has no port $net"
                }
                regexp {^TNM_NET = "(\w+)"$} $rest _ group
                lappend groups $group
                continue
            }
            foreach constraint [split $rest "|"] {
                set constraint [string trim $constraint]
                if {[regexp {^LOC = "([A-Z]{1,2}[0-9]{1,2})"$} $constraint _ pin]} {
                    dict set locations $net $pin
                } elseif {[regexp {^IOSTANDARD = ([A-Z0-9_]+)$} $constraint _ standard]} {
                    dict set levels $net $standard
                } elseif {[regexp {^TNM_NET = "(\w+)"$} $constraint _ group]} {
                    lappend groups $group
                    lappend clocks $net
                } elseif {$constraint ni {TIG "SLEW = FAST" "SLEW = SLOW"}} {
                    fail "$file: constraint '$constraint' on $net"
                }
            }
        } elseif {[regexp {^TIMESPEC "(TS_\w+)" = PERIOD "(\w+)" ([0-9.]+) (ns|ps|MHz|kHz)( HIGH 50%)?$} $statement _ name group value]} {
            if {$group ni $groups} {
                fail "$file: $name times a group $group that is not there"
            }
            if {$value <= 0} {
                fail "$file: a period of $value"
            }
            lappend timed $group
        } elseif {[regexp {^TIMESPEC "(TS_\w+)" = FROM "(\w+)" TO "(\w+)" TIG$} $statement _ name from to]} {
            foreach group [list $from $to] {
                if {$group ni $groups} {
                    fail "$file: $name is about a group $group that is not there"
                }
            }
        } else {
            fail "$file: statement '$statement'"
        }
    }
    if {$timed eq ""} {
        fail "$file: no clock is constrained"
    }
    return [list $locations $levels $clocks]
}

proc ngdbuild {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$} -dd . -uc . -p . -nt {^(timestamp|on|off)$}} {} 2] options files
    lassign [made [lindex $files 0] netlist] _ part top pads ports nets
    if {![dict exists $options -uc] || ![dict exists $options -p]} {
        fail "without -uc or -p"
    }
    requirePart [dict get $options -p]
    if {$part ne [dict get $options -p]} {
        fail "a netlist for $part, the part is [dict get $options -p]"
    }
    lassign [readUcf [dict get $options -uc] $ports $nets] locations levels clocks
    if {$pads} {
        set faults [parts::check $part $ports $locations $levels $clocks]
        if {$faults ne ""} {
            fail [join $faults "; "]
        }
    } elseif {[dict size $locations] > 0} {
        fail "pins on a netlist without pads"
    }
    write [lindex $files 1] [list design $part $pads]
}

proc map {} {
    lassign [parse {
        -intstyle {^(ise|xflow|silent)$} -p . -pr {^(off|i|o|b)$} -ol {^(std|high)$} -logic_opt {^(on|off)$} -mt {^(off|2)$} -o .
    } {-w -u} 2] options files
    lassign [made [lindex $files 0] design] _ part pads
    if {![dict exists $options -o] || $part ne [parts::getOr $options -p]} {
        fail "without -o, or for another part than $part"
    }
    if {!$pads && ![dict exists $options -u]} {
        fail "everything is trimmed: without pads map needs -u"
    }
    write [dict get $options -o] [list mapped $part $pads]
    write [lindex $files 1] [list physical $part $pads]
}

proc par {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$} -ol {^(std|high)$} -mt {^(off|2|3|4)$}} {-w} 3] _ files
    lassign [made [lindex $files 0] mapped] _ part pads
    made [lindex $files 2] physical
    write [lindex $files 1] [list routed $part $pads]
}

proc trce {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$} -e {^\d+$} -v {^\d+$} -o {\.twr$} -xml {\.twx$}} {} 2] options files
    made [lindex $files 0] routed
    made [lindex $files 1] physical
    set errors [expr {[info exists ::env(STUB_TIMING_ERRORS)] ? $::env(STUB_TIMING_ERRORS) : 0}]
    write [dict get $options -o] "Timing errors: $errors  Score: $errors  (Setup/Max: $errors, Hold: 0)"
}

proc bitgen {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$}} {-w} 3] _ files
    lassign [made [lindex $files 0] routed] _ _ pads
    made [lindex $files 2] physical
    if {!$pads} {
        fail "no bitstream of a design without pads"
    }
    write [lindex $files 1] "bitstream of a stub"
}

set tool [lindex $argv 0]
if {$tool ni {xst ngdbuild map par trce bitgen}} {
    fail "no such tool"
}
$tool
exit 0
