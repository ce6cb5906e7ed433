# A stub of Vivado in batch mode: runs a script, and refuses every command, option, file, part and pin that is not there or not legal, and steps out of order.
# Commands and options are those of UG835 that a batch build needs; what is not in the tables is refused.

set here [file dirname [file normalize [info script]]]
source [file join $here parts.tcl]

namespace eval stub {
    variable part ""
    variable done {}
    variable verilog {}
    variable constraints {}
    variable top ""
    variable context top
    variable ports {}
    variable locations [dict create]
    variable levels [dict create]
    variable clocks {}
    variable clockNames {}
    variable inXdc 0
    variable ip ""
    variable ipFolder ""
    variable migRead 0
    variable cascades [dict create]
    # Of each command: options with a value, options without, the least and the most of other words, what must be done before.
    variable commands {
        create_project {{-part} {-in_memory -force} 0 2 {}}
        read_verilog {{-library} {-sv} 1 1 {create_project}}
        read_xdc {{-cells -ref} {-unmanaged} 1 1 {create_project}}
        synth_design {{-top -part -mode -flatten_hierarchy -directive} {-no_iobuf} 0 0 {read_verilog read_xdc}}
        create_ip {{-name -vendor -library -module_name -dir -version} {-force} 0 0 {create_project}}
        generate_target {{} {-force} 2 2 {create_ip}}
        synth_ip {{} {-force} 1 1 {generate_target}}
        opt_design {{-directive} {} 0 0 {synth_design}}
        place_design {{-directive} {} 0 0 {opt_design}}
        phys_opt_design {{-directive} {} 0 0 {place_design}}
        route_design {{-directive} {} 0 0 {place_design}}
        write_checkpoint {{} {-force} 1 1 {synth_design}}
        report_utilization {{-file} {-hierarchical} 0 0 {synth_design}}
        report_timing_summary {{-file -delay_type -max_paths} {} 0 0 {route_design}}
        report_power {{-file} {} 0 0 {route_design}}
        report_drc {{-file} {} 0 0 {route_design}}
        get_timing_paths {{-max_paths -nworst} {-setup -hold} 0 0 {route_design}}
        write_bitstream {{} {-force -bin_file} 1 1 {route_design report_drc}}
    }
    variable modes {default out_of_context}
    # Properties by what they belong to: a pattern of their values.
    variable properties {
        port {
            PACKAGE_PIN {^[A-Z]{1,2}[0-9]{1,2}$}
            IOSTANDARD {^[A-Z0-9_]+$}
            SLEW {^(SLOW|FAST)$}
            DRIVE {^(4|8|12|16|24)$}
            PULLTYPE {^(PULLUP|PULLDOWN|KEEPER)$}
        }
        design {
            CFGBVS {^(VCCO|GND)$}
            CONFIG_VOLTAGE {^(1\.5|1\.8|2\.5|3\.3)$}
            BITSTREAM.GENERAL.COMPRESS {^(TRUE|FALSE)$}
        }
        iobank {
            DCI_CASCADE {^\d+( \d+)*$}
        }
        project {
            target_language {^(Verilog|VHDL)$}
        }
        ip {
            CONFIG.XML_INPUT_FILE {^\S+$}
            CONFIG.RESET_BOARD_INTERFACE {^Custom$}
            CONFIG.MIG_DONT_TOUCH_PARAM {^Custom$}
            CONFIG.BOARD_MIG_PARAM {^Custom$}
        }
    }
}

proc stub::fail {text} {
    puts "ERROR: \[Stub\] $text"
    ::stub::realExit 1
}

# Options and other words of a command, checked against its table.
proc stub::parse {command words} {
    variable commands
    variable done
    lassign [dict get $commands $command] valued flags least most before
    foreach step $before {
        if {$step ni $done} {
            fail "$command before $step"
        }
    }
    set options [dict create]
    set rest {}
    for {set i 0} {$i < [llength $words]} {incr i} {
        set word [lindex $words $i]
        if {![string match -* $word]} {
            lappend rest $word
        } elseif {$word in $flags} {
            dict set options $word 1
        } elseif {$word in $valued} {
            incr i
            if {$i >= [llength $words]} {
                fail "$command $word without a value"
            }
            dict set options $word [lindex $words $i]
        } else {
            fail "$command has no option $word"
        }
    }
    if {[llength $rest] < $least || [llength $rest] > $most} {
        fail "$command with [llength $rest] words: $rest"
    }
    lappend done $command
    return [list $options $rest]
}

proc stub::files {command list} {
    foreach file $list {
        if {![file isfile $file]} {
            fail "$command: no file $file"
        }
    }
}

proc stub::writes {command file} {
    if {![file isdirectory [file dirname $file]]} {
        fail "$command: no folder [file dirname $file]"
    }
    set out [open $file w]
    puts $out "written by a stub"
    close $out
}

proc stub::requirePart {command name} {
    if {[parts::getOr $::parts::tool $name] ne "vivado"} {
        fail "$command: Vivado has no part $name"
    }
}

foreach command [dict keys $stub::commands] {
    proc $command args "stub::run $command \$args"
}

proc stub::run {command words} {
    variable inXdc
    if {$inXdc} {
        fail "$command is no command of a constraint file"
    }
    lassign [parse $command $words] options rest
    switch -- $command {
        create_project {
            if {$::stub::part ne ""} {
                fail "a second create_project"
            }
            if {![dict exists $options -part]} {
                fail "create_project without -part"
            }
            set ::stub::part [dict get $options -part]
            requirePart $command $::stub::part
        }
        read_verilog {
            files $command [lindex $rest 0]
            lappend ::stub::verilog {*}[lindex $rest 0]
        }
        read_xdc {
            files $command $rest
            lappend ::stub::constraints {*}$rest
        }
        synth_design {
            synthesize $options
        }
        write_checkpoint - write_bitstream {
            if {$command eq "write_bitstream" && $::stub::context ne "default"} {
                fail "no bitstream of a design out of context"
            }
            writes $command [lindex $rest 0]
        }
        report_utilization - report_timing_summary - report_power - report_drc {
            if {[dict exists $options -file]} {
                writes $command [dict get $options -file]
            }
        }
        create_ip {
            if {[parts::getOr $options -name] ne "mig_7series" || [parts::getOr $options -vendor] ne "xilinx.com"
                    || [parts::getOr $options -library] ne "ip"} {
                fail "create_ip: the catalogue has no $options"
            }
            set ::stub::ip [parts::getOr $options -module_name]
            if {![file isdirectory [parts::getOr $options -dir]]} {
                fail "create_ip: no folder [parts::getOr $options -dir]"
            }
            set ::stub::ipFolder [file join [dict get $options -dir] $::stub::ip]
            file mkdir $::stub::ipFolder
        }
        generate_target - synth_ip {
            if {[lindex $rest end] ne [list ip $::stub::ip]} {
                fail "$command of '[lindex $rest end]'"
            }
            if {$command eq "generate_target" && [lindex $rest 0] ne "all"} {
                fail "generate_target has no target [lindex $rest 0]"
            }
            if {!$::stub::migRead} {
                fail "$command before the project file of the memory controller"
            }
        }
        get_timing_paths {
            if {[dict exists $options -hold] == [dict exists $options -setup]} {
                fail "get_timing_paths: -setup or -hold"
            }
            return [list path [expr {[dict exists $options -hold] ? "hold" : "setup"}]]
        }
    }
    return ""
}

proc stub::synthesize {options} {
    variable part
    variable top
    variable context
    variable ports
    variable inXdc
    foreach needed {-top -part} {
        if {![dict exists $options $needed]} {
            fail "synth_design without $needed"
        }
    }
    if {[dict get $options -part] ne $part} {
        fail "synth_design for another part than the project's"
    }
    set top [dict get $options -top]
    set context [expr {[dict exists $options -mode] ? [dict get $options -mode] : "default"}]
    if {$context ni $::stub::modes} {
        fail "synth_design has no mode $context"
    }
    if {[catch {parts::ports $::stub::verilog $top} ports]} {
        fail $ports
    }
    set inXdc 1
    foreach file $::stub::constraints {
        if {[catch {uplevel #0 [list source $file]} text]} {
            fail "$file: $text"
        }
    }
    set inXdc 0
    if {$::stub::clocks eq ""} {
        fail "no clock is constrained"
    }
    if {$context eq "default"} {
        set faults [parts::check $part $ports $::stub::locations $::stub::levels $::stub::clocks $::stub::cascades]
        if {$faults ne ""} {
            fail [join $faults "; "]
        }
        if {$::stub::ip ne "" && "synth_ip" ni $::stub::done} {
            fail "synth_design before synth_ip"
        }
        foreach port [dict keys $::stub::locations] {
            if {$port ni $ports} {
                fail "a pin for $port, which is no port of $top"
            }
        }
    } elseif {[dict size $::stub::locations] > 0} {
        fail "pins in a design out of context"
    }
}

# A project file of the memory interface generator: elements that must be there, and pins.
proc stub::readMig {file} {
    variable part
    set path [file join $::stub::ipFolder $file]
    if {![file isfile $path]} {
        fail "no file $path"
    }
    set in [open $path]
    set text [read $in]
    close $in
    set open {}
    foreach {_ close name rest} [regexp -all -inline {<(/?)([A-Za-z][A-Za-z0-9_]*)([^<>]*)>} [regsub -all {<!--[^>]*-->} $text ""]] {
        if {$close ne ""} {
            if {[lindex $open end] ne $name} {
                fail "$file: </$name> closes <[lindex $open end]>"
            }
            set open [lrange $open 0 end-1]
        } elseif {![string match */ $rest]} {
            lappend open $name
        }
    }
    if {$open ne ""} {
        fail "$file: <[lindex $open end]> is never closed"
    }
    foreach {element pattern} {
        ModuleName {^\w+$} TargetFPGA {^xc7\w+-[a-z]+\d+/-\d$} SystemClock {^(No Buffer|Single-Ended|Differential)$} ReferenceClock {^(No Buffer|Use System Clock)$}
        SysResetPolarity {^ACTIVE (LOW|HIGH)$} MemoryDevice {^DDR3_SDRAM/(SODIMMs|Components)/\S+$} TimePeriod {^\d{4}$} PHYRatio {^[24]:1$}
        DataWidth {^(8|16|32|64)$} InputClkFreq {^[0-9.]+$} MemoryVoltage {^1\.(35|5)V$} PortInterface {^AXI$} C0_S_AXI_DATA_WIDTH {^(32|64|128|256|512)$}
        VccAuxIO {^(1\.8|2\.0)V$} InternalVref {^[01]$} dci_cascade {^[01]$}
        C0_S_AXI_ADDR_WIDTH {^\d\d$} C0_S_AXI_ID_WIDTH {^\d+$} mrCasLatency {^\d+$} mr2CasWriteLatency {^\d+$}
    } {
        if {![regexp "<$element\[^<>\]*>(\[^<\]*)</$element>" $text _ value]} {
            fail "$file: no $element"
        }
        if {![regexp $pattern $value]} {
            fail "$file: $element can't be $value"
        }
        set values($element) $value
    }
    if {$values(ModuleName) ne $::stub::ip} {
        fail "$file: it is of $values(ModuleName), not of $::stub::ip"
    }
    if {[string map {"-" "" "/" "-"} [regsub {/-} $values(TargetFPGA) /]] ne $part} {
        fail "$file: it is for $values(TargetFPGA), not for $part"
    }
    set count 0
    foreach {_ auxiliary standard pin port} [regexp -all -inline {<Pin VCCAUX_IO="([A-Z]*)" IOSTANDARD="([A-Z0-9_]+)" PADName="([A-Z]+[0-9]+)" SLEW="[A-Z]*" name="([^"]+)"} $text] {
        set kind [lindex [parts::getOr [dict get $parts::pins $part] $pin] 1]
        set needed [expr {$kind ne "HP" ? "" : $values(VccAuxIO) eq "2.0V" ? "HIGH" : "NORMAL"}]
        if {$kind ne "" && $auxiliary ne $needed} {
            fail "$file: VCCAUX_IO of $port is '$auxiliary', with VccAuxIO of $values(VccAuxIO) in a bank of kind $kind it is '$needed'"
        }
        dict set ::stub::locations $port $pin
        dict set ::stub::levels $port $standard
        incr count
    }
    if {$count < $values(DataWidth)} {
        fail "$file: $count pins for $values(DataWidth) bits"
    }
    set ::stub::migRead 1
}

proc get_ips {name} {
    if {$name ne $::stub::ip} {
        stub::fail "get_ips: no IP $name"
    }
    return [list ip $name]
}

proc get_pins {name} {
    if {"synth_design" ni $::stub::done} {
        stub::fail "get_pins before synth_design"
    }
    if {$name ni {clock_manager/CLKOUT0 clock_manager/CLKOUT2 memory/ui_clk}} {
        stub::fail "get_pins: no pin $name"
    }
    return [list pin $name]
}

proc get_clocks {args} {
    if {[llength $args] == 1} {
        if {[lindex $args 0] ni $::stub::clockNames} {
            stub::fail "get_clocks: no clock [lindex $args 0]"
        }
        return [list clock [lindex $args 0]]
    }
    if {[llength $args] != 2 || [lindex $args 0] ne "-of_objects" || [lindex $args 1 0] ne "pin"} {
        stub::fail "get_clocks $args"
    }
    return [list clock [lindex $args 1 1]]
}

proc set_clock_groups {args} {
    if {[lindex $args 0] ni {-asynchronous -physically_exclusive -logically_exclusive} || [llength $args] < 5} {
        stub::fail "set_clock_groups $args"
    }
    foreach {option object} [lrange $args 1 end] {
        if {$option ne "-group" || [lindex $object 0] ne "clock"} {
            stub::fail "set_clock_groups $option '$object'"
        }
    }
}

proc get_ports {args} {
    if {!$::stub::inXdc} {
        stub::fail "get_ports outside of a constraint file"
    }
    if {[llength $args] != 1} {
        stub::fail "get_ports with [llength $args] words"
    }
    set found {}
    foreach name [lindex $args 0] {
        if {$name ni $::stub::ports} {
            stub::fail "get_ports: $::stub::top has no port $name"
        }
        lappend found $name
    }
    return [list port $found]
}

proc get_iobanks {bank} {
    if {!$::stub::inXdc} {
        stub::fail "get_iobanks outside of a constraint file"
    }
    if {$bank ni [stub::banks]} {
        stub::fail "get_iobanks: $::stub::part has no bank $bank that is known here"
    }
    return [list iobank $bank]
}

proc stub::banks {} {
    return [lsort -unique [lmap entry [dict values [dict get $parts::pins $::stub::part]] {lindex $entry 0}]]
}

# Banks of one column follow their neighbours (UG471).
proc stub::cascade {slaves master} {
    foreach slave $slaves {
        if {$slave ni [banks] || $slave == $master || $slave / 10 != $master / 10} {
            fail "bank $slave can't follow bank $master"
        }
        dict set ::stub::cascades $slave $master
    }
}

proc current_design {} {
    return {design {}}
}

proc current_project {} {
    return {project {}}
}

proc set_property {args} {
    if {[lindex $args 0] eq "-dict"} {
        if {[llength $args] != 3} {
            stub::fail "set_property -dict with [expr {[llength $args] - 1}] words"
        }
        lassign [lrange $args 1 2] pairs object
    } else {
        if {[llength $args] != 3} {
            stub::fail "set_property with [llength $args] words"
        }
        set pairs [lrange $args 0 1]
        set object [lindex $args 2]
    }
    lassign $object kind names
    set legal [parts::getOr $::stub::properties $kind]
    if {$legal eq ""} {
        stub::fail "set_property on '$object'"
    }
    if {[llength $pairs] % 2} {
        stub::fail "set_property: a property without a value in $pairs"
    }
    foreach {property value} $pairs {
        if {![dict exists $legal $property]} {
            stub::fail "a $kind has no property $property"
        }
        if {![regexp [dict get $legal $property] $value]} {
            stub::fail "$property can't be $value"
        }
        foreach name $names {
            switch -- $property {
                CONFIG.XML_INPUT_FILE {stub::readMig $value}
                PACKAGE_PIN {dict set ::stub::locations $name $value}
                IOSTANDARD {dict set ::stub::levels $name $value}
                DCI_CASCADE {stub::cascade $value $name}
            }
        }
    }
}

proc create_clock {args} {
    if {!$::stub::inXdc} {
        stub::fail "create_clock outside of a constraint file"
    }
    set period ""
    set object ""
    for {set i 0} {$i < [llength $args]} {incr i} {
        switch -- [lindex $args $i] {
            -name {lappend ::stub::clockNames [lindex $args [incr i]]}
            -period {set period [lindex $args [incr i]]}
            default {
                if {[string match -* [lindex $args $i]]} {
                    stub::fail "create_clock has no option [lindex $args $i]"
                }
                set object [lindex $args $i]
            }
        }
    }
    if {![string is double -strict $period] || $period <= 0} {
        stub::fail "create_clock: period '$period'"
    }
    if {[lindex $object 0] ne "port"} {
        stub::fail "create_clock on '$object'"
    }
    lappend ::stub::clocks {*}[lindex $object 1]
}

proc set_false_path {args} {
    if {!$::stub::inXdc} {
        stub::fail "set_false_path outside of a constraint file"
    }
    if {[llength $args] % 2 || [llength $args] == 0} {
        stub::fail "set_false_path $args"
    }
    foreach {option object} $args {
        if {$option ni {-from -to -through}} {
            stub::fail "set_false_path has no option $option"
        }
        if {[lindex $object 0] ne "port"} {
            stub::fail "set_false_path on '$object'"
        }
    }
}

proc get_property {property object} {
    if {$property ne "SLACK" || [lindex $object 0] ne "path"} {
        stub::fail "get_property $property of '$object'"
    }
    set slack STUB_SLACK
    return [expr {[info exists ::env($slack)] ? $::env($slack) : 0.1}]
}

rename exit stub::realExit
proc exit {{status 0}} {
    stub::realExit $status
}

# Anything else that is no Tcl.
proc unknown {args} {
    stub::fail "no command [lindex $args 0]"
}

# The command line.
set source ""
for {set i 0} {$i < $argc} {incr i} {
    set word [lindex $argv $i]
    switch -- $word {
        -mode {
            if {[lindex $argv [incr i]] ne "batch"} {
                stub::fail "-mode [lindex $argv $i] waits for a user"
            }
            set batch 1
        }
        -source {set source [lindex $argv [incr i]]}
        -log - -journal {
            if {![file isdirectory [file dirname [lindex $argv [incr i]]]]} {
                stub::fail "no folder for [lindex $argv $i]"
            }
        }
        -nojournal - -nolog {}
        default {stub::fail "vivado has no option $word"}
    }
}
if {![info exists batch]} {
    stub::fail "without -mode batch a window opens"
}
if {![file isfile $source]} {
    stub::fail "no script '$source'"
}
if {[catch {source $source} text]} {
    stub::fail "$source: $text"
}
foreach step {synth_design route_design report_timing_summary report_utilization get_timing_paths} {
    if {$step ni $stub::done} {
        stub::fail "the script ends without $step"
    }
}
if {$stub::context eq "default" && "write_bitstream" ni $stub::done} {
    stub::fail "the script ends without write_bitstream"
}
stub::realExit 0
