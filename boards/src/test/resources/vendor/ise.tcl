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
    set cells [memoryCells $verilog [dict get $run -top]]
    write [dict get $run -ofn].ngc [list netlist [dict get $run -p] [dict get $run -top] $pads $ports $nets $cells]
}

# What MIG 3.92 writes below user_design/rtl for Virtex-6, by its module's name: ShepardSiegel/ocpi, coregen/dram_v6_mig39_2/mig_39_2_flist.txt at
# e87874601d12efb4705123b1e6912b5af0e2f105.
set generated {
    controller {arb_mux arb_row_col arb_select bank_cntrl bank_common bank_compare bank_mach bank_queue bank_state col_mach mc rank_cntrl rank_common rank_mach
        round_robin_arb}
    ecc {ecc_buf ecc_dec_fix ecc_gen ecc_merge_enc}
    ip_top {clk_ibuf ddr2_ddr3_chipscope infrastructure iodelay_ctrl mem_intfc memc_ui_top}
    phy {circ_buffer phy_ck_iob phy_clock_io phy_control_io phy_data_io phy_dly_ctrl phy_dm_iob phy_dq_iob phy_dqs_iob phy_init phy_pd phy_pd_top phy_rdclk_gen
        phy_rdctrl_sync phy_rddata_sync phy_rdlvl phy_read phy_top phy_write phy_wrlvl rd_bitslip}
    ui {ui_cmd ui_rd_data ui_top ui_wr_data}
}
set unneeded {clk_ibuf ddr2_ddr3_chipscope iodelay_ctrl}

proc setting {text name} {
    if {![regexp -line "^SET $name = (\\S+)$" $text _ value]} {
        fail "no line SET $name"
    }
    return $value
}

proc coregen {} {
    lassign [parse {-b {\.xco$} -p {\.cgp$}} {-r} 0] options _
    foreach option {-b -p} {
        if {![dict exists $options $option]} {
            fail "without $option"
        }
    }
    set core [text [dict get $options -b]]
    set project [text [dict get $options -p]]
    foreach name {device package speedgrade devicefamily designentry} {
        if {[setting $core $name] ne [setting $project $name]} {
            fail "$name of core and project differ"
        }
    }
    set device [setting $core device]
    requirePart "$device[setting $core speedgrade][setting $core package]"
    if {[setting $core devicefamily] ne "virtex6" || [setting $core designentry] ne "Verilog"} {
        fail "[setting $core devicefamily] in [setting $core designentry]"
    }
    if {![file isdirectory [setting $project workingdirectory]]} {
        fail "no folder [setting $project workingdirectory]"
    }
    if {![regexp -line {^SELECT MIG_Virtex-6_and_Spartan-6 family Xilinx,_Inc\. 3\.92$} $core]} {
        fail "the catalogue has no such core"
    }
    if {![regexp -line {^GENERATE$} $core]} {
        fail "nothing to generate"
    }
    set parameters [dict create]
    foreach line [regexp -all -inline -line {^CSET .*$} $core] {
        if {![regexp {^CSET (component_name|xml_input_file)=(\S+)$} $line _ name value]} {
            fail "parameter '$line'"
        }
        dict set parameters $name $value
    }
    if {[dict size $parameters] != 2} {
        fail "parameters are [dict keys $parameters]"
    }
    set name [dict get $parameters component_name]
    checkMig [text [dict get $parameters xml_input_file]] $name "$device-[setting $core package]/[setting $core speedgrade]"
    dict for {folder modules} $::generated {
        file mkdir $name/user_design/rtl/$folder
        foreach module $modules {
            write $name/user_design/rtl/$folder/$module.v "module $module;\nendmodule"
        }
    }
    write $name/user_design/rtl/ip_top/$name.v "module $name;\nendmodule"
}

# The generator's project file: elements that close, and what they may say.
proc checkMig {text module target} {
    set open {}
    foreach {_ slash name rest} [regexp -all -inline {<(/?)([A-Za-z]\w*)([^>]*)>} $text] {
        if {$slash eq "/"} {
            if {[lindex $open end] ne $name} {
                fail "</$name> closes <[lindex $open end]>"
            }
            set open [lrange $open 0 end-1]
        } elseif {![string match */ $rest]} {
            lappend open $name
        }
    }
    if {$open ne ""} {
        fail "<[lindex $open end]> is never closed"
    }
    foreach {element legal} [list ModuleName ^$module\$ TargetFPGA ^$target\$ Version {^3\.92$} SystemClock {^(Differential|Single-Ended)$} \
            PinSelectionFlag {^FALSE$} MemoryDevice {^DDR3_SDRAM/SODIMMs/MT4JSF6464HY-1G1$} TimePeriod {^2500$} DataWidth {^64$} RowAddress {^13$} \
            ColAddress {^10$} BankAddress {^3$} MasterBanks {^(25|26|35|36)$} Ordering {^(Strict|Normal)$} \
            UserMemoryAddressMap {^(ROW_BANK|BANK_ROW)_COLUMN$} PortInterface {^NATIVE$} mrCasLatency {^6$} mr2CasWriteLatency {^5$}] {
        if {![regexp "<$element\[^>\]*>(\[^<\]*)</$element>" $text _ value]} {
            fail "no element $element"
        }
        if {![regexp $legal $value]} {
            fail "$element can't be '$value'"
        }
    }
    foreach element {emrMirrorSelection emrCSSelection VccAuxIO PHYRatio} {
        if {[string first "<$element" $text] >= 0} {
            fail "MIG 3.92 has no element $element"
        }
    }
    if {[regexp -all {<Bank SysClk="[01]" Data="[01]" name="(25|26|34|35|36)" Address="[01]" wasso="40" />} $text] != 5} {
        fail "banks of a memory of 64 bits on this device are 25, 26, 34, 35 and 36"
    }
}

# Cells of the memory controller that constraints may name, by what the sources call the instances on the way: {controller's path, clocks' path}.
proc memoryCells {files top} {
    set all ""
    foreach file $files {
        append all [text $file] "\n"
    }
    if {![regexp "\nmodule millrace_mig \\(.*?\nendmodule" "\n$all" wrapper]} {
        return {}
    }
    dict for {_ modules} $::generated {
        foreach module $modules {
            if {$module ni $::unneeded && ![regexp -line "^module $module;" $all]} {
                fail "no module $module in the files read"
            }
        }
    }
    if {![regexp "\nmodule $top \\(.*?\nendmodule" "\n$all" body] || ![regexp -line {^  millrace_mig (\w+) \($} $body _ memory]
            || ![regexp {memc_ui_top #\(.*?\n  \) (\w+) \(} $wrapper _ controller] || ![regexp {infrastructure #\(.*?\n  \) (\w+) \(} $wrapper _ clocks]} {
        fail "the memory controller is not in the top"
    }
    return [list $memory/$controller/u_mem_intfc/phy_top0 $memory/$clocks]
}

# Where the clocks of read data are made (comments of the constraint files that MIG writes): in cells of a pin that is kept free, a strobe's in its own bank.
proc checkPlaces {file part cells places kept locations} {
    lassign $cells physical clocks
    set known [dict get $parts::pins $part]
    foreach pin $kept {
        if {![dict exists $known $pin]} {
            fail "$file: $part has no I/O pin $pin that is known here"
        }
        dict for {port at} $locations {
            if {$at eq $pin} {
                fail "$file: pin $pin is kept free, and taken by $port"
            }
        }
    }
    dict for {cell _} $places {
        if {![regexp "^$physical/u_phy_read/u_phy_rdclk_gen/(gen_loop_col\[01\].u_(oserdes|odelay|bufr)_rsync|gen_ck_cpt\\\[\[0-7\]\\\].u_(oserdes|odelay)_cpt)$" $cell]
                && $cell ne "$clocks/u_mmcm_adv"} {
            fail "$file: no cell $cell"
        }
    }
    set wanted {}
    for {set i 0} {$i < 2} {incr i} {
        lappend wanted gen_loop_col$i rsync {}
    }
    for {set i 0} {$i < 8} {incr i} {
        lappend wanted "gen_ck_cpt\[$i\]" cpt [lindex [dict get $known [parts::getOr $locations "ddr3_dqs_p\[$i\]"]] 0]
    }
    foreach {group kind bank} $wanted {
        set stem $physical/u_phy_read/u_phy_rdclk_gen/$group
        set serial [parts::getOr $places $stem.u_oserdes_$kind]
        set delay [parts::getOr $places $stem.u_odelay_$kind]
        if {![regexp {^OLOGIC_(X\dY\d+)$} $serial _ site] || $delay ne "IODELAY_$site"} {
            fail "$file: $group is at '$serial' and '$delay'"
        }
        set pin ""
        dict for {name at} $parts::sites {
            if {$at eq $site} {
                set pin $name
            }
        }
        if {$pin ni $kept} {
            fail "$file: $group is in cells of pin '$pin', which is not kept free"
        }
        if {$bank ne "" && [lindex [dict get $known $pin] 0] != $bank} {
            fail "$file: $group is at pin $pin, its strobe in bank $bank"
        }
    }
    for {set i 0} {$i < 2} {incr i} {
        if {![regexp {^BUFR_X[12]Y6$} [parts::getOr $places $physical/u_phy_read/u_phy_rdclk_gen/gen_loop_col$i.u_bufr_rsync]]} {
            fail "$file: the buffer of column $i has no place"
        }
    }
    if {![regexp {^MMCM_ADV_X0Y\d+$} [parts::getOr $places $clocks/u_mmcm_adv]]} {
        fail "$file: the memory's clock manager has no place"
    }
}

# The grammar of UG625 as far as a board top needs it: statements that end with a semicolon.
proc readUcf {file part ports nets cells} {
    set places [dict create]
    set kept {}
    set cascade [dict create]
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
                if {$cells ne "" && $net eq "[lindex $cells 0]/clk_rsync\[?\]" && [regexp {^TNM_NET = "(\w+)"$} $rest _ group]} {
                    lappend groups $group
                    continue
                }
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
        } elseif {[regexp {^TIMESPEC "(TS_\w+)" = FROM "(\w+)" TO "?(\w+)"? ([0-9.]+) ns$} $statement _ name from to _]} {
            foreach group [list $from $to] {
                if {$group ni $groups && $group ne "FFS"} {
                    fail "$file: $name is about a group $group that is not there"
                }
            }
        } elseif {[regexp {^TIMEGRP "(\w+)" = (RISING|FALLING) "(\w+)"$} $statement _ name _ group]} {
            if {$group ni $groups} {
                fail "$file: $name is of a group $group that is not there"
            }
            lappend groups $name
        } elseif {[regexp {^CONFIG DCI_CASCADE = "(\d+)((?: \d+)+)"$} $statement _ master slaves]} {
            foreach slave $slaves {
                # Banks of one column have one first digit here.
                if {$slave / 10 != $master / 10 || $slave == $master} {
                    fail "$file: bank $slave can't follow bank $master"
                }
                dict set cascade $slave $master
            }
        } elseif {[regexp {^CONFIG PROHIBIT = ([A-Z0-9,]+)$} $statement _ pins]} {
            lappend kept {*}[split $pins ,]
        } elseif {[regexp {^INST "([^"]+)" LOC = "(\w+)"$} $statement _ cell place]} {
            dict set places $cell $place
        } elseif {[regexp {^INST "([^"]+)" TNM = "(\w+)"$} $statement _ cell group]} {
            if {$cell ne "[lindex $cells 0]/u_phy_init/u_ff_phy_init_data_sel"} {
                fail "$file: no cell $cell"
            }
            lappend groups $group
        } else {
            fail "$file: statement '$statement'"
        }
    }
    if {$timed eq ""} {
        fail "$file: no clock is constrained"
    }
    if {$cells ne ""} {
        checkPlaces $file $part $cells $places $kept $locations
    } elseif {[dict size $places] > 0 || $kept ne ""} {
        fail "$file: places of a memory that is not there"
    }
    return [list $locations $levels $clocks $cascade]
}

proc ngdbuild {} {
    lassign [parse {-intstyle {^(ise|xflow|silent)$} -dd . -uc . -p . -nt {^(timestamp|on|off)$}} {} 2] options files
    lassign [made [lindex $files 0] netlist] _ part top pads ports nets cells
    if {![dict exists $options -uc] || ![dict exists $options -p]} {
        fail "without -uc or -p"
    }
    requirePart [dict get $options -p]
    if {$part ne [dict get $options -p]} {
        fail "a netlist for $part, the part is [dict get $options -p]"
    }
    lassign [readUcf [dict get $options -uc] $part $ports $nets $cells] locations levels clocks cascade
    if {$pads} {
        set faults [parts::check $part $ports $locations $levels $clocks $cascade]
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
if {$tool ni {coregen xst ngdbuild map par trce bitgen}} {
    fail "no such tool"
}
$tool
exit 0
